"""Visits made at the front door, on a clock that jumps: what the pages record is what the report counts."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select
from starlette.testclient import TestClient

from kb.config import Settings
from kb.db import now
from kb.events.recorder import VISIT_COOKIE
from kb.site.app import create_app
from tickets.deflection.report import Report, report
from tickets.models import Ticket

MORNING = datetime(2026, 5, 4, 9, tzinfo=UTC)
ARTICLE = "---\ntitle: Blink an LED\n---\nConnect the LED to pin 13 and upload the blink sketch to the board.\n"
BROWSER = {"user-agent": "Mozilla/5.0 (test)"}


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MORNING, tick=False) as traveller:
        yield traveller


@pytest.fixture
def site(settings: Settings, clock: time_machine.Traveller) -> Iterator[TestClient]:
    folder = settings.content / "first-steps" / "lights"
    folder.mkdir(parents=True)
    (folder / "blink-an-led.md").write_text(ARTICLE)
    with TestClient(create_app(settings), headers=BROWSER, follow_redirects=False) as client:
        yield client


def known(site: TestClient, *, after: timedelta = timedelta(days=2)) -> Report:
    site.app.state.recorder.flush()
    with site.app.state.database.read() as session:
        return report(session, MORNING - timedelta(days=1), MORNING + timedelta(days=9), MORNING + after)


def outcomes(site: TestClient) -> dict[str, int]:
    return {name: count for name, count in known(site).visits.outcomes.items() if count}


def send_request(site: TestClient, clock: time_machine.Traveller, email: str) -> None:
    page = site.get("/requests/new").text
    nonce = re.search(r'name="nonce" value="([^"]+)"', page)
    assert nonce
    clock.shift(50)
    fields = {"nonce": nonce[1], "email": email, "subject": "It stays dark", "description": "Nothing blinks.", "website": ""}
    assert site.post("/requests", data=fields).status_code == 303


def test_searching_and_finding_nothing_is_giving_up(site: TestClient) -> None:
    assert site.get("/search?q=zzzqqq+xxyyzz").status_code == 200
    assert outcomes(site) == {}, "nothing shows yet that a person asked"
    site.post("/events", json={"kind": "script_ran"})
    assert outcomes(site) == {"gave_up": 1}
    assert known(site).searches.no_result.count == 1


def test_searching_reading_and_leaving(site: TestClient, clock: time_machine.Traveller) -> None:
    site.get("/search?q=blink+led")
    clock.shift(30)
    assert site.post("/events", json={"kind": "search_click", "slug": "blink-an-led", "rank": 1, "query": "blink led"}).status_code == 204
    clock.shift(12)
    site.post("/events", json={"kind": "article_engaged", "slug": "blink-an-led"})
    assert outcomes(site) == {"read_and_left": 1}
    assert known(site).searches.mean_click_position == 1


def test_without_scripts_checking_for_answers_and_reading_one_is_leaving_the_form_after_reading(site: TestClient, clock: time_machine.Traveller) -> None:
    nonce = re.search(r'name="nonce" value="([^"]+)"', site.get("/requests/new").text)
    assert nonce
    clock.shift(40)
    draft = {"nonce": nonce[1], "subject": "Blink an LED", "description": "How?", "check": "1"}
    assert "may answer" in site.post("/requests", data=draft).text
    clock.shift(20)
    site.get("/articles/blink-an-led")
    clock.shift(30)
    site.get("/search?q=blink+led")
    assert outcomes(site) == {"form_left_after_reading": 1}
    assert known(site).visits.inferred_readings == 1


def test_a_request_sent_after_searching_is_a_ticket_tied_by_its_visit(site: TestClient, clock: time_machine.Traveller) -> None:
    site.get("/search?q=blink+led")
    clock.shift(40)
    send_request(site, clock, "ann@example.org")
    clock.shift(60)
    found = known(site)
    assert outcomes(site) == {"ticket": 1}
    assert (found.tickets.tied_by_visit, found.tickets.untied) == (1, 0)
    assert found.tickets.knowledge_first.value == 1.0


def test_a_mail_counts_against_a_later_visit_of_the_same_browser(site: TestClient, clock: time_machine.Traveller) -> None:
    send_request(site, clock, "ann@example.org")
    clock.shift(timedelta(days=3))
    site.cookies.delete(VISIT_COOKIE)
    site.get("/search?q=blink+led")
    database = site.app.state.database
    with database.write() as session:
        first = session.scalars(select(Ticket)).one()
        at = now() + timedelta(hours=5)
        people = {"requester_id": first.requester_id, "submitter_id": first.requester_id}
        session.add(Ticket(subject="Still dark", via="email", salt="s", created_at=at, updated_at=at, **people))
    found = known(site, after=timedelta(days=8))
    assert found.visits.outcomes["ticket"] == found.visits.visits == 2
    assert (found.tickets.tied_by_visit, found.tickets.tied_by_requester) == (1, 1)


@pytest.mark.parametrize("headers", [{"user-agent": "Googlebot/2.1"}, {"sec-purpose": "prefetch;prerender"}, {"cookie": "deskbook_staff=1"}])
def test_bots_prefetches_and_staff_leave_no_visit(site: TestClient, headers: dict[str, str]) -> None:
    site.get("/search?q=blink+led", headers=headers)
    site.get("/requests/new", headers=headers)
    assert known(site).visits.visits == 0


PROGRAMS = ["curl/8.5.0", "Wget/1.21", "kube-probe/1.29", "Go-http-client/2.0", "facebookexternalhit/1.1", "Mozilla/5.0 (compatible; ChatGPT-User/1.0)"]


@pytest.mark.parametrize("agent", [*PROGRAMS, "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/126.0.0.0 Safari/537.36"])
def test_programs_leave_no_visit_though_they_keep_cookies(site: TestClient, agent: str) -> None:
    for path in ("/search?q=blink+led", "/articles/blink-an-led", "/requests/new"):
        site.get(path, headers={"user-agent": agent})
    assert sum(known(site).visits.left_out.values()) == known(site).visits.visits == 0


def test_a_program_that_calls_itself_a_browser_is_none_without_cookies_and_scripts(site: TestClient) -> None:
    for path in ("/search?q=blink+led", "/articles/blink-an-led", "/requests/new"):
        site.get(path)
        site.cookies.clear()
    found = known(site)
    assert (found.visits.visits, found.visits.left_out["unproven"]) == (0, 2)


def test_without_scripts_the_second_page_shows_a_person(site: TestClient, clock: time_machine.Traveller) -> None:
    site.get("/search?q=warp+drive")
    clock.shift(20)
    site.get("/requests/new")
    assert outcomes(site) == {"gave_up": 1}


def test_forging_from_one_browser_changes_one_visit(site: TestClient, clock: time_machine.Traveller) -> None:
    site.get("/requests/new")
    for _ in range(350):
        clock.shift(0.01)
        site.post("/requests/deflections", data={"subject": "Blink", "solved": "blink-an-led"})
        site.post("/articles/blink-an-led/votes", data={"value": "yes"})
        site.post("/events", json={"kind": "search_click", "slug": "blink-an-led", "rank": 1, "query": "blink"})
    found = known(site)
    assert (found.visits.visits, found.tickets_saved) == (0, 0)
    assert found.visits.left_out["automated"] == 1
    assert found.articles == ()


def test_asking_for_headers_only_leaves_no_visit(site: TestClient) -> None:
    site.head("/search?q=blink+led")
    site.head("/requests/new")
    assert known(site).visits.visits == 0


def test_reloading_and_replaying_counts_once(site: TestClient) -> None:
    for _ in range(20):
        site.get("/search?q=blink+led")
        site.get("/requests/new")
        site.post("/events", json={"kind": "article_engaged", "slug": "blink-an-led"})
    found = known(site)
    assert (found.visits.visits, found.searches.intents, found.visits.form_visits) == (1, 1, 1)


def test_typing_records_nothing(site: TestClient) -> None:
    site.get("/search/instant?q=bli")
    assert known(site).visits.visits == 0


def test_a_request_held_for_review_leaves_its_visit_out(site: TestClient, clock: time_machine.Traveller) -> None:
    page = site.get("/requests/new").text
    nonce = re.search(r'name="nonce" value="([^"]+)"', page)
    assert nonce
    clock.shift(50)
    site.post("/requests", data={"nonce": nonce[1], "email": "x@example.org", "subject": "Buy", "description": "Now", "website": "http://spam.example"})
    found = known(site)
    assert (found.visits.visits, found.visits.left_out["held"], found.tickets.held) == (0, 1, 1)
