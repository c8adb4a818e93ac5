"""The request form for readers of a translation: articles, links and what is recorded are those of their language."""

import pytest
from starlette.testclient import TestClient

from kb.articles.catalog.library import Library
from kb.config import Settings
from kb.events.models import Event
from tests.tickets.conftest import Send, fields
from tests.tickets.requests.test_open_a_request import rows
from tickets.models import Ticket, TicketArticle

FILES = {
    "printer.md": "title: Put out a burning printer\n---\nPull the plug.",
    "printer.es.md": "title: Apagar una impresora en llamas\n---\nDesenchufe la impresora.",
    "scanner.md": "title: Clean the scanner\n---\nUse a soft cloth. It is part of the impresora.",
}
BEFORE = {"referer": "http://testserver/es/articles/printer"}


@pytest.fixture(autouse=True)
def library(settings: Settings, client: TestClient) -> Library:
    folder = settings.content / "hardware"
    folder.mkdir(parents=True)
    for name, text in FILES.items():
        (folder / name).write_text(f"---\n{text}\n", encoding="utf-8")
    held = client.app.state.library = Library(settings.content)
    client.app.state.searcher.sync(held.catalog)
    return held


def test_suggestions_are_in_the_readers_language_and_others_are_marked(client: TestClient) -> None:
    listed = client.get("/requests/suggestions?q=mi+impresora&locale=es").text
    assert 'data-suggestion="printer" lang="es"' in listed
    assert 'href="/es/articles/printer"' in listed
    assert 'data-suggestion="scanner" lang="en"' in listed
    assert listed.count('<span class="other-language">English</span>') == 1
    assert "Desenchufe" in client.get("/requests/suggestions/printer?locale=es").text
    assert "Pull the plug" in client.get("/requests/suggestions/printer").text


def test_the_form_keeps_the_language_of_the_page_that_led_to_it(client: TestClient) -> None:
    page = client.get("/requests/new", headers=BEFORE).text
    assert fields(page)["locale"] == "es"
    assert '<a href="/es/articles/printer" data-read="printer">Apagar una impresora en llamas</a>' in page
    for before in ("http://testserver/search?q=x&locale=es", "http://testserver/es/"):
        assert fields(client.get("/requests/new", headers={"referer": before}).text)["locale"] == "es"
    for before in ("http://elsewhere/es/articles/printer", "http://testserver/fr/articles/printer", "http://[", "es"):
        assert fields(client.get("/requests/new", headers={"referer": before}).text)["locale"] == "en"
    checked = client.post("/requests", data=fields(client.get("/requests/new?locale=es").text) | {"subject": "mi impresora", "check": "1"}).text
    assert "Desenchufe" in checked
    assert fields(checked)["locale"] == "es"


def test_what_solved_it_is_recorded_in_the_version_that_was_shown(client: TestClient, library: Library) -> None:
    form = fields(client.get("/requests/new?locale=es").text) | {"subject": "mi impresora"}
    page = client.post("/requests/deflections", data=form | {"solved": "printer"})
    assert '<a href="/es/articles/printer">Apagar una impresora en llamas</a>' in page.text
    [event] = [event for event in rows(client, Event) if event.kind == "deflect_confirmed"]
    assert (event.digest, event.locale) == (library.catalog.translated["es"].articles["printer"].digest, "es")


def test_a_request_knows_the_language_it_was_written_in(client: TestClient, send: Send) -> None:
    send(locale="es", article="printer")
    [ticket], [article] = rows(client, Ticket), rows(client, TicketArticle)
    assert (ticket.locale, article.title) == ("es", "Apagar una impresora en llamas")
