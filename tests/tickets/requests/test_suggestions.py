"""Articles offered beside the form, and the visit that one of them ends."""

import re

import pytest
from starlette.testclient import TestClient

from kb.articles.catalog.library import Library
from kb.config import Settings
from kb.events.models import Event
from tests.tickets.conftest import ALICE, Send, fields
from tests.tickets.requests.test_open_a_request import rows
from tickets.models import Ticket, TicketArticle

PRINTER = "---\ntitle: Put out a burning printer\n---\nPull the plug.\n\n## Then use sand {#subject}\n\nNever water on a [printer](#subject).\n"
DRAFT = "---\ntitle: Printer secrets\ndraft: true\n---\nDRAFT-7f3a printer\n"


@pytest.fixture(autouse=True)
def _library(settings: Settings, client: TestClient) -> None:
    folder = settings.content / "hardware" / "printers"
    folder.mkdir(parents=True)
    (folder / "put-out-a-burning-printer.md").write_text(PRINTER)
    (folder / "printer-secrets.md").write_text(DRAFT)
    library = Library(settings.content)
    client.app.state.library = library
    client.app.state.searcher.sync(library.catalog)


def kinds(client: TestClient) -> list[str]:
    return [event.kind for event in rows(client, Event)]


def test_articles_that_may_answer_are_listed_while_typing_and_nothing_is_recorded(client: TestClient) -> None:
    answer = client.get("/requests/suggestions?q=my+printer+burn")
    assert 'data-suggestion="put-out-a-burning-printer"' in answer.text
    assert "DRAFT" not in answer.text
    assert "<html" not in answer.text
    assert kinds(client) == []


def test_each_is_asked_for_as_a_settled_search(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    searcher, asked = client.app.state.searcher, []
    monkeypatch.setattr(searcher, "search", lambda query: asked.append(query) or type(searcher).search(searcher, query))
    assert "data-suggestion=" in client.get("/requests/suggestions?q=my+printer+burn").text
    assert [query.is_typing for query in asked] == [False]


def test_what_was_read_before_is_not_offered_again(client: TestClient) -> None:
    answer = client.get("/requests/suggestions?q=my+printer+burn&read=put-out-a-burning-printer&read=unknown")
    assert "data-suggestion" not in answer.text
    page = client.get("/requests/new?article=put-out-a-burning-printer&subject=burning+printer").text
    checked = client.post("/requests", data=fields(page) | {"subject": "burning printer", "check": "1"}).text
    assert "You’ve read" in checked
    assert "data-suggestion=" not in checked


@pytest.mark.parametrize("query", ["", "q=", "q=+", "q=%00", "q=%ff", "q=x", "q=" + "printer+" * 2000, "q=<script>alert(1)</script>"])
def test_any_words_get_a_fragment(client: TestClient, query: str) -> None:
    answer = client.get(f"/requests/suggestions?{query}")
    assert answer.status_code == 200
    assert "<script>" not in answer.text


def test_an_article_opens_inside_the_form_without_taking_its_ids(client: TestClient) -> None:
    answer = client.get("/requests/suggestions/put-out-a-burning-printer")
    assert "Pull the plug." in answer.text
    assert not re.search(r"\sid=", answer.text)
    assert 'href="/articles/put-out-a-burning-printer#' in answer.text


@pytest.mark.parametrize("slug", ["printer-secrets", "nothing", "..%2f..%2fetc%2fpasswd"])
def test_what_is_not_public_does_not_open(client: TestClient, slug: str) -> None:
    assert client.get(f"/requests/suggestions/{slug}").status_code == 404
    assert client.post("/requests/deflections", data={"solved": slug}).status_code == 422
    assert kinds(client) == []


def test_without_scripts_the_form_comes_back_with_answers_and_all_that_was_typed(client: TestClient, send: Send) -> None:
    answer = send(("log.txt", b"x"), check="1", subject="Burning printer")
    assert answer.status_code == 200
    assert 'data-suggestion="put-out-a-burning-printer"' in answer.text
    assert "What now?" in answer.text
    assert "log.txt" in answer.text
    assert rows(client, Ticket) == []
    assert kinds(client) == ["suggest_shown"]


def test_this_solved_it_ends_the_visit_and_can_be_taken_back(client: TestClient, nonce: str) -> None:
    data = ALICE | {"nonce": nonce, "solved": "put-out-a-burning-printer"}
    answer = client.post("/requests/deflections", data=data)
    assert "Glad that helped" in answer.text
    assert rows(client, Ticket) == []
    again = client.post("/requests/deflections/withdrawal", data=data)
    assert "What now?" in again.text
    assert kinds(client) == ["deflect_confirmed", "deflect_withdrawn"]
    assert len({event.visit for event in rows(client, Event)}) == 1


def test_the_article_that_led_here_goes_along_with_the_ticket(client: TestClient, nonce: str) -> None:
    page = client.get("/requests/new?article=put-out-a-burning-printer&category=hardware")
    assert "You’ve read" in page.text
    assert '<option value="hardware" selected>' in page.text
    client.post("/requests", data=ALICE | {"nonce": nonce, "article": "put-out-a-burning-printer", "category": "hardware"})
    [read] = rows(client, TicketArticle)
    assert (read.relation, read.slug, read.title) == ("read", "put-out-a-burning-printer", "Put out a burning printer")
    assert read.digest
    assert rows(client, Ticket)[0].category == "hardware"


def test_the_article_page_one_came_from_counts_without_being_named(client: TestClient) -> None:
    page = client.get("/requests/new", headers={"referer": "http://testserver/articles/put-out-a-burning-printer"})
    assert "You’ve read" in page.text
    for elsewhere in ("http://evil.example/articles/put-out-a-burning-printer", "http://testserver/articles/" + "x" * 3000, "http://testserver/articles/%00"):
        assert "You’ve read" not in TestClient(client.app).get("/requests/new", headers={"referer": elsewhere}).text
    assert [event.slug for event in rows(client, Event)][:1] == ["put-out-a-burning-printer"]


@pytest.mark.parametrize("query", ["article=" + "x" * 5000, "article=%00", "subject=" + "x" * 5000, "subject=%ff%00", "category=%3Cscript%3E"])
def test_any_address_of_the_form_opens_it(client: TestClient, query: str) -> None:
    assert client.get(f"/requests/new?{query}").status_code == 200
    assert kinds(client) == ["form_open"]


def test_articles_opened_earlier_in_the_visit_go_along_too(client: TestClient, nonce: str) -> None:
    client.get("/requests/new")
    recorder = client.app.state.recorder
    visit = rows(client, Event)[0]
    with client.app.state.database.write() as session:
        session.add(
            Event(at=visit.at, kind="article_view", visit=visit.visit, visitor=visit.visitor, slug="put-out-a-burning-printer", digest="d1", commit="c1")
        )
    recorder.flush()
    assert "Put out a burning printer" in client.get("/requests/new").text
    client.post("/requests", data=ALICE | {"nonce": nonce})
    [read] = rows(client, TicketArticle)
    assert (read.digest, read.commit) == ("d1", "c1")


def test_an_unknown_article_named_in_the_form_is_left_out(client: TestClient, send: Send) -> None:
    assert send(article="no-such-article").status_code == 303
    assert rows(client, TicketArticle) == []
