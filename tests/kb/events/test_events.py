"""`POST /events`: what a page may report, and everything it may not."""

import json
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from kb.events.models import Event, Kind
from kb.events.recorder import VISIT_COOKIE, VISITOR_COOKIE

VISITOR, VISIT = "a" * 32, "b" * 32


@dataclass
class Article:
    digest: str = "d1"
    commit: str | None = "c1"
    locale: str = "en"


@dataclass
class Library:
    catalog: Any = field(default_factory=lambda: SimpleNamespace(articles={"blink": Article(), "wifi": Article()}, locale="en", translated={}))


@pytest.fixture
def page(client: TestClient) -> TestClient:
    """A browser that has visited a page, on a site with two articles."""
    client.app.state.library = Library()
    client.cookies.set(VISITOR_COOKIE, VISITOR)
    client.cookies.set(VISIT_COOKIE, VISIT)
    return client


def stored(client: TestClient) -> list[Event]:
    client.app.state.recorder.flush()
    with client.app.state.database.read() as session:
        return list(session.scalars(select(Event).order_by(Event.id)))


def test_reading_is_recorded_with_the_version_that_was_read(page: TestClient) -> None:
    answer = page.post("/events", json={"kind": "article_engaged", "slug": "blink"})
    assert answer.status_code == 204
    [event] = stored(page)
    assert (event.kind, event.slug, event.digest, event.commit) == ("article_engaged", "blink", "d1", "c1")
    assert (event.visitor, event.visit) == (VISITOR, VISIT)


def test_the_version_that_the_page_showed_wins_over_the_present_one(page: TestClient) -> None:
    page.post("/events", json={"kind": "article_engaged", "slug": "blink", "digest": "0ld".replace("l", "1")})
    [event] = stored(page)
    assert (event.digest, event.commit) == ("01d", None)


def test_the_version_in_the_readers_language_is_the_one_that_was_read(page: TestClient) -> None:
    spanish = SimpleNamespace(articles={"blink": Article("d2", "c2", "es"), "wifi": Article()})
    page.app.state.library.catalog.translated = {"es": spanish}
    page.post("/events", json={"kind": "article_engaged", "slug": "blink", "digest": "d2"})
    page.post("/events", json={"kind": "search_click", "slug": "blink", "locale": "es"})
    page.post("/events", json={"kind": "search_click", "slug": "wifi", "locale": "es"})
    page.post("/events", json={"kind": "search_click", "slug": "blink", "locale": "fr"})
    read, *chosen = [(event.digest, event.commit, event.locale) for event in stored(page)]
    assert read == ("d2", "c2", "es")
    assert chosen == [("d2", "c2", "es"), ("d1", "c1", "es"), ("d1", "c1", "en")]


def test_a_beacon_sent_as_text_is_read_too(page: TestClient) -> None:
    body = json.dumps({"kind": "search_click", "slug": "wifi", "rank": 2, "query": "wi fi for ann@example.org"})
    answer = page.post("/events", content=body, headers={"content-type": "text/plain;charset=UTF-8", "sec-fetch-site": "same-origin"})
    assert answer.status_code == 204
    [event] = stored(page)
    assert (event.rank, event.query) == (2, "wi fi for [email]")


def test_suggestions_are_recorded_with_what_was_shown(page: TestClient) -> None:
    page.post("/events", json={"kind": "suggest_shown", "query": "led", "hits": ["blink", "wifi"]})
    page.post("/events", json={"kind": "form_abandoned"})
    shown, left = stored(page)
    assert (shown.hits, shown.hit_count) == (["blink", "wifi"], 2)
    assert left.kind == "form_abandoned"


def test_a_report_prolongs_the_visit(page: TestClient) -> None:
    cookies = page.post("/events", json={"kind": "form_abandoned"}).headers.get_list("set-cookie")
    assert any(cookie.startswith(f"{VISIT_COOKIE}={VISIT}") for cookie in cookies)


@pytest.mark.parametrize(
    "kind", [kind for kind in Kind if kind not in ("article_engaged", "search_click", "suggest_shown", "suggest_click", "form_abandoned", "script_ran")]
)
def test_what_the_server_knows_itself_cannot_be_reported(page: TestClient, kind: Kind) -> None:
    assert page.post("/events", json={"kind": kind, "slug": "blink"}).status_code == 400
    assert stored(page) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"article_engaged"',
        b"[" * 8000,
        b"\xff\xfe",
        b'{"kind": "article_engaged"}',
        b'{"kind": ["article_engaged"], "slug": "blink"}',
        b'{"kind": "article_engaged", "slug": 7}',
        b'{"kind": "article_engaged", "slug": ""}',
        b'{"kind": "article_engaged", "slug": "blink", "locale": "../x"}',
        b'{"kind": "article_engaged", "slug": "blink", "locale": ["es"]}',
        b'{"kind": "article_engaged", "slug": "a b"}',
        b'{"kind": "article_engaged", "slug": "blink", "digest": "<script>"}',
        b'{"kind": "search_click", "slug": "blink", "rank": 0}',
        b'{"kind": "search_click", "slug": "blink", "rank": true}',
        b'{"kind": "search_click", "slug": "blink", "rank": NaN}',
        b'{"kind": "search_click", "slug": "blink", "rank": 1e400}',
        b'{"kind": "search_click", "slug": "blink", "rank": ' + b"9" * 5000 + b"}",
        b'{"kind": "search_click", "slug": "blink", "query": {}}',
        b'{"kind": "suggest_shown", "hits": "blink"}',
        b'{"kind": "suggest_shown", "hits": [1]}',
    ],
)
def test_what_cannot_be_read_is_refused(page: TestClient, body: bytes) -> None:
    assert page.post("/events", content=body).status_code == 400
    assert stored(page) == []


def test_strange_characters_are_stored_as_every_database_takes_them(page: TestClient) -> None:
    assert page.post("/events", content=b'{"kind": "search_click", "slug": "blink", "query": "a\\u0000b\\ud800"}').status_code == 204
    [event] = stored(page)
    assert event.query == "ab?"


def test_too_much_is_refused(page: TestClient) -> None:
    assert page.post("/events", json={"kind": "form_abandoned", "query": "x" * 9000}).status_code == 413


def test_an_article_that_does_not_exist_is_not_recorded(page: TestClient) -> None:
    assert page.post("/events", json={"kind": "article_engaged", "slug": "gone"}).status_code == 204
    assert page.post("/events", json={"kind": "suggest_shown", "hits": ["blink", "gone"]}).status_code == 204
    assert stored(page) == []


def test_a_report_from_another_site_is_refused(page: TestClient) -> None:
    answer = page.post("/events", json={"kind": "form_abandoned"}, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert stored(page) == []


def test_other_methods_are_refused(page: TestClient) -> None:
    assert page.get("/events").status_code == 405
    assert page.head("/events").status_code == 405


@pytest.mark.parametrize("headers", [{"user-agent": "Googlebot/2.1"}, {"sec-purpose": "prefetch"}, {"cookie": f"{VISITOR_COOKIE}={VISITOR}; deskbook_staff=1"}])
def test_bots_prefetches_and_staff_leave_no_trace(page: TestClient, headers: dict[str, str]) -> None:
    assert page.post("/events", json={"kind": "form_abandoned"}, headers=headers).status_code == 204
    assert stored(page) == []


def test_a_script_without_cookies_leaves_no_trace(page: TestClient) -> None:
    page.cookies.clear()
    answer = page.post("/events", json={"kind": "article_engaged", "slug": "blink"})
    assert answer.status_code == 204
    assert "set-cookie" not in answer.headers
    assert stored(page) == []


def test_a_visitor_reports_a_bounded_number_of_times(page: TestClient) -> None:
    for _ in range(400):
        assert page.post("/events", json={"kind": "article_engaged", "slug": "blink"}).status_code == 204
    assert len(stored(page)) == page.app.state.settings.events_per_visitor_hour == 300


def test_a_page_says_once_in_a_visit_that_its_script_ran(page: TestClient) -> None:
    for _ in range(5):
        assert page.post("/events", json={"kind": "script_ran"}).status_code == 204
    assert [event.kind for event in stored(page)] == ["script_ran"]
