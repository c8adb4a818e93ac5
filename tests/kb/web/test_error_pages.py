"""Error pages: in the frame of where the reader is, with a way back to where they came from."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from httpx2 import Response
from starlette.requests import Request
from starlette.routing import Route
from starlette.testclient import TestClient

from kb.config import Settings
from kb.db import now
from kb.site.app import create_app
from tests.cast import add_person, sign_in, signed_in
from tickets.creation import NewTicket, create

TICKET = "/desk/tickets/1"
SITE = "http://testserver"


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    """An agent on the desk, with one ticket; a lock is not waited for long, and a form is small."""
    app = create_app(settings.model_copy(update={"database_wait_s": 0.2, "body_max_mb": 1, "attachments_total_mb": 1, "attachment_mb": 1}))
    with TestClient(app, headers={"user-agent": "Mozilla/5.0 (test)"}, follow_redirects=False, raise_server_exceptions=False) as client:
        with app.state.database.write() as session:
            create(session, NewTicket(email="kim@example.com", name="Kim", subject="Smoke", body="It smells."), now=now())
        sign_in(client, add_person(client, "ada@example.com", "agent", "Ada"))
        yield client


def _is_on_desk(answer: Response) -> bool:
    return 'aria-label="Desk"' in answer.text and "Submit a request" not in answer.text


def _ways(answer: Response) -> list[tuple[str, str]]:
    found = re.findall(r'<a class="button[^"]*" href="([^"]*)"[^>]*>([^<]*)</a>', answer.text)
    return [(words, url.replace("&amp;", "&")) for url, words in found]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/desk/there-is-no-such-page", 404),
        ("GET", "/desk/views/nothing", 404),
        ("GET", "/desk/tickets/999", 404),
        ("GET", "/desk/tickets/1/attachments/x/y.png", 404),
        ("GET", "/desk/people", 403),
        ("POST", "/desk", 405),
        ("GET", f"{TICKET}/comments", 405),
        ("POST", f"{TICKET}/follow-up", 409),
        ("GET", "/desk/reports/deflection?from=x", 422),
        ("GET", "/desk/reports/deflection/visits?outcome=x", 400),
        ("GET", "/account/nothing", 404),
    ],
)
def test_an_error_on_the_desk_keeps_its_frame_and_leads_back(client: TestClient, method: str, path: str, status: int) -> None:
    answer = client.request(method, path, headers={"referer": f"{SITE}/desk/views/open?order=newest", "sec-fetch-site": "same-origin"})
    assert (answer.status_code, _is_on_desk(answer)) == (status, True)
    assert ">Ada<" in answer.text
    if status != 422:  # a page of its own
        assert _ways(answer) == [("Back to the view", "/desk/views/open?order=newest"), ("Go to the views", "/desk")]


def test_a_form_that_is_too_large_leads_back_to_its_ticket(client: TestClient) -> None:
    answer = client.post(f"{TICKET}/comments", data={"body": "x"}, files={"files": ("big.bin", b"x" * 3_000_000)})
    assert (answer.status_code, _is_on_desk(answer)) == (413, True)
    assert _ways(answer)[0] == ("Back to ticket #1", TICKET)


def test_a_database_that_is_away_costs_staff_neither_frame_nor_words(client: TestClient, settings: Settings) -> None:
    with closing(sqlite3.connect(settings.data / "deskbook.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        refused = client.post("/desk/notifications", headers={"referer": SITE + TICKET})
        typed = client.post("/account", data={"name": "Words worth keeping"})
        other.execute("ROLLBACK")
    for answer in (refused, typed):
        assert (answer.status_code, _is_on_desk(answer)) == (503, True), answer.text
    assert "Words worth keeping" in typed.text
    assert _ways(refused)[0] == ("Back to ticket #1", TICKET)


def test_what_breaks_on_the_desk_is_told_to_an_admin_not_written_to_oneself(client: TestClient) -> None:
    def broken(request: Request) -> Response:
        raise RuntimeError(request.url.path)

    client.app.router.routes.insert(0, Route("/desk/broken", broken))
    answer = client.get("/desk/broken")
    assert (answer.status_code, "tell an admin" in answer.text, _is_on_desk(answer)) == (500, True, True)


@pytest.mark.parametrize("role", ["customer", None])
def test_the_frame_of_the_desk_is_for_staff_alone(client: TestClient, role: str | None) -> None:
    browser = signed_in(client, "kim@example.org", role) if role else TestClient(client.app, headers={"user-agent": "Mozilla/5.0 (test)"})
    for path in ("/desk/there-is-no-such-page", "/account/nothing"):
        answer = browser.get(path, follow_redirects=False)
        assert (answer.status_code, _is_on_desk(answer)) == (404, False)


@pytest.mark.parametrize(
    "referer",
    [
        "https://evil.example/desk",
        "http://testserver.evil.example/desk",
        "//evil.example",
        "http://testserver//evil.example",
        "javascript:alert(1)",
        "http://testserver/\\evil",
        "x" * 5000,
        f"{SITE}/desk/gone",
    ],
)
def test_a_way_back_never_leads_to_another_site_or_to_the_page_itself(client: TestClient, referer: str) -> None:
    answer = client.get("/desk/gone", headers={"referer": referer})
    assert _ways(answer) == [("Go to the views", "/desk")]


def test_readers_of_the_help_centre_get_a_way_back_too(client: TestClient) -> None:
    reader = TestClient(client.app, headers={"user-agent": "Mozilla/5.0 (test)"})
    answer = reader.get("/articles/nothing", headers={"referer": f"{SITE}/search?q=a&page=2"})
    assert [words for words, _ in _ways(answer)] == ["Go back", "Go to the help centre", "Submit a request"]
    assert _ways(answer)[0][1] == "/search?q=a&page=2"
    assert [words for words, _ in _ways(reader.get("/articles/nothing"))] == ["Go to the help centre", "Submit a request"]
