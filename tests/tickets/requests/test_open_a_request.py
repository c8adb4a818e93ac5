"""The request form, from empty page to tracking page."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase
from starlette.testclient import TestClient

from kb.accounts.models import User
from kb.events.models import Event
from kb.jobs.models import OutboxJob
from tests.cast import add_person, signed_in
from tests.tickets.conftest import ALICE, Send, fields
from tickets.models import Attachment, Audit, Comment, Ticket

pytestmark = pytest.mark.at_noon


def rows(client: TestClient, model: type[DeclarativeBase]) -> list[Any]:
    client.app.state.recorder.flush()
    with client.app.state.database.read() as session:
        return list(session.execute(select(model).order_by(*model.__table__.primary_key)).scalars())


def test_the_form_is_prefilled_from_the_search_that_led_to_it(client: TestClient) -> None:
    page = client.get("/requests/new?subject=paper+jam")
    assert page.status_code == 200
    assert 'value="paper jam"' in page.text
    assert [event.kind for event in rows(client, Event)] == ["form_open"]


def test_the_form_knows_who_is_signed_in_and_nobody_else(client: TestClient) -> None:
    bob = signed_in(client, "bob@example.com", role="customer", name="Bob")
    assert 'value="bob@example.com"' in bob.get("/requests/new").text
    assert "bob@example.com" not in client.get("/requests/new").text


def test_a_request_becomes_a_ticket_with_its_message_and_mail(client: TestClient, send: Send) -> None:
    answer = send(name="Alice")
    assert answer.status_code == 303
    assert re.fullmatch(r"/requests/1-[0-9a-f]{32}\?sent=1", answer.headers["location"])
    [ticket], [comment], [user] = rows(client, Ticket), rows(client, Comment), rows(client, User)
    assert (ticket.subject, ticket.status, ticket.requester_id) == (ALICE["subject"], "new", user.id)
    assert (comment.body, comment.is_public, user.email, ticket.requester_name) == (ALICE["description"], True, "alice@example.com", "Alice")
    assert [job.kind for job in rows(client, OutboxJob)] == ["mail.request_received"]
    assert [type(event).__name__ for audit in rows(client, Audit) for event in audit.events] == ["Created", "Commented", "Notified"]
    [event] = rows(client, Event)
    assert (event.kind, event.ticket_id, event.user_id) == ("ticket_created", ticket.id, user.id)


def test_the_page_after_sending_says_the_number_and_the_private_link(client: TestClient, send: Send) -> None:
    link = send().headers["location"]
    page = client.get(link)
    assert page.status_code == 200
    assert "Your request was sent" in page.text
    assert "<strong>#1</strong>" in page.text
    assert "http://127.0.0.1:8000" + link.partition("?")[0] in page.text
    assert "It smells.<br>" in page.text


@pytest.mark.parametrize("spelling", [" Alice@Example.com ", "ALICE@EXAMPLE.COM"])
def test_an_address_in_another_spelling_is_the_same_requester(client: TestClient, send: Send, spelling: str) -> None:
    send()
    page = client.get("/requests/new")
    client.post("/requests", data=ALICE | {"email": spelling, "description": "Another one", "nonce": fields(page.text)["nonce"]})
    assert len(rows(client, User)) == 1
    assert len(rows(client, Ticket)) == 2


@pytest.mark.parametrize("known", ["", "Kim Doe"])
def test_a_name_typed_by_somebody_unproved_stays_with_the_request(client: TestClient, known: str) -> None:
    add_person(client, "kim@example.com", "customer", known)
    page = client.get("/requests/new")
    answer = client.post("/requests", data=ALICE | {"email": "kim@example.com", "name": "A Stranger", "nonce": fields(page.text)["nonce"]})
    assert [user.name for user in rows(client, User)] == [known]
    assert [ticket.requester_name for ticket in rows(client, Ticket)] == ["A Stranger"]
    tracked = client.get(answer.headers["location"]).text
    assert "A Stranger" in tracked
    assert "Kim Doe" not in tracked


def test_the_same_form_sent_again_is_the_same_ticket(client: TestClient, send: Send) -> None:
    first, second = send(), send()
    assert first.headers["location"] == second.headers["location"]
    assert len(rows(client, Ticket)) == 1
    assert len(rows(client, OutboxJob)) == 1


@pytest.mark.parametrize(
    "changes", [{"subject": "The printer is out now"}, {"description": "It burns."}, {"email": "bob@example.com"}, {"name": "Alice"}, {"category": ""}]
)
def test_the_same_form_with_other_words_loses_neither(client: TestClient, send: Send, changes: dict[str, str]) -> None:
    is_same = changes == {"category": ""}
    first, second, again = send(), send(**changes), send(**changes)
    assert (first.headers["location"] == second.headers["location"]) is is_same
    assert second.headers["location"] == again.headers["location"], "each text is one request, however often it is sent"
    assert "Your request was sent" in client.get(second.headers["location"]).text
    assert len(rows(client, Ticket)) == (1 if is_same else 2)
    if "description" in changes:
        assert [comment.body for comment in rows(client, Comment)] == [ALICE["description"], "It burns."]


def test_the_same_form_with_another_file_loses_neither(client: TestClient, send: Send) -> None:
    first, second = send(("a.txt", b"one")), send(("a.txt", b"two"))
    assert first.headers["location"] != second.headers["location"]
    assert send(("a.txt", b"one")).headers["location"] == first.headers["location"]
    assert [file.size for file in rows(client, Attachment)] == [3, 3]


def test_files_kept_with_the_form_go_with_each_text_sent_from_it(client: TestClient, send: Send) -> None:
    [kept] = re.findall(r'name="kept" value="([^"]+)"', send(("a.txt", b"one"), subject="").text)
    first, second = send(kept=kept), send(kept=kept, description="Another text")
    assert first.headers["location"] != second.headers["location"]
    assert {file.ticket_id for file in rows(client, Attachment)} == {1, 2}
    for page in (first, second):
        assert "a.txt" in client.get(page.headers["location"]).text


def test_a_form_filled_again_by_the_back_button_is_the_same_request(client: TestClient) -> None:
    def send(browser: TestClient, *files: tuple[str, bytes], **changes: str) -> str:
        nonce = fields(browser.get("/requests/new").text)["nonce"]
        answer = browser.post("/requests", data=ALICE | {"nonce": nonce} | changes, files=[("files", file) for file in files] or None)
        return answer.headers["location"]

    stranger = TestClient(client.app, headers={"user-agent": "Mozilla/5.0 (test)"}, follow_redirects=False)
    first = send(client)
    assert send(client) == first
    assert send(client, ("a.txt", b"one")) != first, "a file was added"
    assert send(client, description="Other words") != first
    assert send(stranger) != first, "another browser learns no link by guessing the words"
    assert len(rows(client, Ticket)) == 4


def test_ten_retries_at_once_make_one_ticket(client: TestClient, send: Send) -> None:
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: send(), range(10)))
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert len(rows(client, Ticket)) == 1


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("subject", "", "Enter a subject"),
        ("subject", "   ", "Enter a subject"),
        ("subject", "\u200b\u200d\ufeff", "Enter a subject"),
        ("subject", "x" * 201, "but can have 200"),
        ("description", "\n\t ", "Describe what you need"),
        ("description", "x" * 64_001, "but can have 64,000"),
        ("email", "", "Enter your email address"),
        ("email", "a@b\nBcc:x", "Enter one full email address"),
        ("email", '"a b"@c.de', "Enter one full email address"),
        ("email", "a@[127.0.0.1]", "Enter one full email address"),
        ("email", "a@127.0.0.1", "Enter one full email address"),
        ("email", "a" * 300 + "@example.com", "Enter one full email address"),
        ("email", "alice@example.org)bob@evil.example", "Enter one full email address"),
        ("email", "a@example.com, b@example.com", "Enter one full email address"),
        ("category", "no-such-shelf", "Select a category from the list"),
        ("name", "x" * 121, "longer than 120"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_all_that_was_typed_stays(client: TestClient, send: Send, field: str, value: str, says: str) -> None:
    answer = send(**{field: value})
    assert answer.status_code == 422
    assert "<title>Error: " in answer.text
    assert f'href="#field-{field}">{says}' in answer.text or re.search(rf'href="#field-{field}">[^<]*{re.escape(says)}', answer.text)
    kept = "What now?" if field != "description" else ALICE["subject"]
    assert kept in answer.text
    assert rows(client, Ticket) == []


def test_an_address_with_an_international_domain_is_stored_in_ascii(client: TestClient, send: Send) -> None:
    assert send(email="jörg@bücher.example").status_code == 422
    assert send(email="jorg@bücher.example").status_code == 303
    assert [user.email for user in rows(client, User)] == ["jorg@xn--bcher-kva.example"]


def test_markup_in_every_field_is_shown_as_text(client: TestClient, send: Send) -> None:
    evil = '<script>alert(1)</script><img src=x onerror="alert(1)">'
    page = client.get(send(subject=evil, description=evil, name=evil).headers["location"])
    assert "<script>alert" not in page.text
    assert "<img" not in page.text
    assert "&lt;script&gt;" in page.text


def test_nul_and_lone_surrogates_are_left_out(client: TestClient, send: Send) -> None:
    assert send(subject="a\x00b", description="c\x00d").status_code == 303
    assert rows(client, Ticket)[0].subject == "ab"


@pytest.mark.parametrize("nonce", [None, "", "0" * 32, "f" * 32 + ".1700000000." + "0" * 32])
def test_a_form_that_is_not_ours_comes_back_with_the_text_kept(client: TestClient, send: Send, nonce: str | None) -> None:
    answer = send(nonce=nonce)
    assert answer.status_code == 403
    assert "What now?" in answer.text
    again = client.post("/requests", data=ALICE | {"nonce": fields(answer.text)["nonce"]})
    assert again.status_code == 303
    assert len(rows(client, Ticket)) == 1


def test_a_filled_trap_is_accepted_and_held_for_review_without_mail(client: TestClient, send: Send) -> None:
    answer = send(website="http://spam.example")
    assert answer.status_code == 303
    assert client.get(answer.headers["location"]).status_code == 200
    [ticket] = rows(client, Ticket)
    assert "only machines" in ticket.suspended_reason
    assert rows(client, OutboxJob) == []


def test_a_form_sent_within_two_seconds_is_held_for_review(client: TestClient) -> None:
    with time_machine.travel(datetime.now(UTC), tick=False):
        page = client.get("/requests/new")
        assert client.post("/requests", data=ALICE | fields(page.text)).status_code == 303
    assert "two seconds" in rows(client, Ticket)[0].suspended_reason


def test_a_person_may_be_quicker_than_that(client: TestClient) -> None:
    page = client.get("/requests/new")
    client.post("/requests", data=ALICE | fields(page.text), headers={"sec-fetch-user": "?1"})
    assert rows(client, Ticket)[0].suspended_reason is None


def test_a_post_from_another_site_is_refused(client: TestClient, nonce: str) -> None:
    answer = client.post("/requests", data=ALICE | {"nonce": nonce}, headers={"origin": "https://evil.example"})
    assert answer.status_code == 403
    assert rows(client, Ticket) == []
