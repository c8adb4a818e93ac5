"""My requests: the customer searches them, filters by status, and pages through them."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from kb.config import Settings
from kb.db import now
from kb.site.app import create_app
from tests.cast import change, signed_in
from tickets.creation import NewTicket, create

File = Callable[..., int]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def client(request: pytest.FixtureRequest, settings: Settings) -> Iterator[TestClient]:
    if request.param == "postgres":
        settings = settings.model_copy(update={"database_url": SecretStr(request.getfixturevalue("postgres_url"))})
    with TestClient(create_app(settings), headers={"user-agent": "Mozilla/5.0 (test)"}, follow_redirects=False) as client:
        yield client


@pytest.fixture
def alice(client: TestClient) -> TestClient:
    """Alice's browser; she is signed in."""
    return signed_in(client, "alice@example.com", "customer")


@pytest.fixture
def file(client: TestClient) -> File:
    """Files a request; its number."""

    def file(subject: str, status: str = "new", email: str = "alice@example.com") -> int:
        with client.app.state.database.write() as session:
            number = create(session, NewTicket(email=email, name="", subject=subject, body="Help."), now=now() - timedelta(hours=1)).id
            if status != "new":
                change(session, number, {"status": status})
        return number

    return file


def _listed(browser: TestClient, query: str = "") -> list[str]:
    return re.findall(r'<td><a href="/requests/\d+-\w+" dir="auto">([^<]*)</a>', browser.get(f"/requests{query}").text)


def test_requests_are_filtered_by_what_became_of_them(alice: TestClient, file: File) -> None:
    for status in ("new", "open", "pending", "hold", "solved", "closed"):
        file(f"It is {status}", status)
    assert len(_listed(alice)) == 6
    assert _listed(alice, "?status=open") == ["It is hold", "It is pending", "It is open", "It is new"]
    assert _listed(alice, "?status=solved") == ["It is closed", "It is solved"]
    assert 'aria-current="page">Solved</a>' in alice.get("/requests?status=solved").text


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("größe", ["Größe falsch"]),
        ("GRÖß", ["Größe falsch"]),
        ("100%25", ["100% off"]),
        ("_", ["snake_case"]),
        ("OTHERS", ["1000 others"]),
        ("%E2%80%8B", None),
        ("x", []),
    ],
)
def test_requests_are_searched_by_their_subject(alice: TestClient, file: File, typed: str, found: list[str] | None) -> None:
    subjects = ["Größe falsch", "100% off", "snake_case", "1000 others"]
    for subject in subjects:
        file(subject)
    file("Größe von Bob", email="bob@example.com")
    assert _listed(alice, f"?q={typed}") == (list(reversed(subjects)) if found is None else found)


def test_a_request_is_found_by_its_number_and_nobody_elses_is(alice: TestClient, file: File) -> None:
    mine, foreign = file("Mine"), file("Foreign", email="bob@example.com")
    assert _listed(alice, f"?q=%23{mine}") == _listed(alice, f"?q={mine}") == ["Mine"]
    assert _listed(alice, f"?q={foreign}") == []


def test_a_search_without_a_result_says_so_and_leads_back(alice: TestClient, file: File) -> None:
    file("Mine")
    page = alice.get("/requests?q=<b>&status=open").text
    assert "No requests match" in page
    assert 'value="&lt;b&gt;"' in page
    assert '<a class="button" href="/requests">Show all requests</a>' in page


def test_older_requests_keep_the_filter(alice: TestClient, file: File) -> None:
    for number in range(52):
        file(f"Printer {number}")
    file("Something else")
    page = alice.get("/requests?q=printer&status=open").text
    [older] = re.findall(r'href="([^"]+)">Show older requests', page)
    assert _listed(alice, older.replace("&amp;", "&").removeprefix("/requests")) == ["Printer 1", "Printer 0"]


@pytest.mark.parametrize("query", ["?status=nonsense", "?status=", "?before=x", "?q=%00", "?q=" + "x" * 5000, "?status=open&status=solved"])
def test_a_strange_filter_is_no_fault(alice: TestClient, file: File, query: str) -> None:
    file("Mine")
    assert alice.get(f"/requests{query}").status_code == 200


def test_whoever_is_not_signed_in_sees_no_filter(client: TestClient) -> None:
    assert 'name="status"' not in client.get("/requests?q=x&status=open").text
