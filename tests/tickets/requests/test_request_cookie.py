"""A browser that sent requests without an account finds them under My requests."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from kb.config import Settings
from kb.events.recorder import VISIT_COOKIE, VISITOR_COOKIE
from kb.site.app import create_app
from tests.cast import signed_in
from tests.tickets.conftest import ALICE, Send
from tickets.models import Ticket
from tickets.nonce import new_nonce


def _send(client: TestClient, subject: str, **more: str) -> str:
    """The tracking path of a request that `client` sends."""
    nonce = new_nonce(client.app.state.secret_key, datetime.now(UTC) - timedelta(minutes=1))
    answer = client.post("/requests", data=ALICE | {"subject": subject, "nonce": nonce} | more)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("?")[0]


def _listed(client: TestClient) -> list[str]:
    return re.findall(r'<td><a href="[^"]*" dir="auto">([^<]*)</a>', client.get("/requests").text)


def test_the_browser_that_sent_a_request_lists_it_and_no_other_does(client: TestClient) -> None:
    path = _send(client, "Broken lamp")
    page = client.get("/requests")
    assert "Broken lamp" in page.text
    assert path in page.text
    assert page.headers["cache-control"] == "no-store"
    assert _listed(TestClient(client.app)) == []


def test_the_cookie_is_kept_from_scripts_and_sent_to_requests_only(client: TestClient) -> None:
    nonce = new_nonce(client.app.state.secret_key, datetime.now(UTC) - timedelta(minutes=1))
    answer = client.post("/requests", data=ALICE | {"nonce": nonce})
    (cookie,) = [cookie for cookie in answer.headers.get_list("set-cookie") if cookie.startswith("deskbook_requests=")]
    assert {"HttpOnly", "Path=/requests", "SameSite=lax", f"Max-Age={90 * 86400}"} <= set(cookie.split("; "))
    assert "deskbook_requests" not in client.get("/").request.headers.get("cookie", "")


def test_the_newest_are_kept_up_to_the_limit(client: TestClient) -> None:
    for number in range(12):
        _send(client, f"Request {number}", email=f"alice{number}@example.com")
    assert _listed(client) == [f"Request {number}" for number in range(11, 1, -1)]


def test_a_request_sent_twice_is_listed_once(client: TestClient, send: Send) -> None:
    send()
    send()
    assert len(_listed(client)) == 1


@pytest.mark.parametrize("value", ["", "1-" + "0" * 32, "x", ".".join(["1-" + "0" * 32] * 1000), "1-%00", "../../etc", "99999999999999999999-" + "0" * 32])
def test_a_cookie_that_was_made_up_lists_nothing(client: TestClient, value: str) -> None:
    _send(client, "Broken lamp")
    stranger = TestClient(client.app, headers={"cookie": f"deskbook_requests={value}"})
    assert stranger.get("/requests").status_code == 200
    assert _listed(stranger) == []


def test_a_link_that_was_revoked_is_not_listed(client: TestClient) -> None:
    _send(client, "Broken lamp")
    with client.app.state.database.write() as session:
        session.execute(update(Ticket).values(salt="another"))
    assert _listed(client) == []


def test_removing_the_list_asks_first_and_names_the_requests(client: TestClient) -> None:
    path = _send(client, "Broken lamp")
    assert 'href="/requests/remembered/removal"' in client.get("/requests").text
    asked = client.get("/requests/remembered/removal")
    assert (asked.status_code, asked.headers["cache-control"]) == (200, "no-store")
    assert re.findall(r"<li>.*#(\d+).*<bdi>(.*)</bdi>", asked.text) == [("1", "Broken lamp")]
    assert _listed(client) == ["Broken lamp"]
    client.post("/requests/remembered/removal")
    assert "were removed from this browser" in client.get("/requests?forgotten=1").text
    assert client.get(path).status_code == 200


def test_a_browser_without_requests_is_not_asked_about_any(client: TestClient) -> None:
    assert client.get("/requests/remembered/removal").headers["location"] == "/requests"


def test_my_requests_shows_the_number_of_each_on_every_screen(client: TestClient) -> None:
    _send(client, "Broken lamp")
    row = client.get("/requests").text.partition("<tbody>")[2].partition("</tbody>")[0]
    assert '<td class="soft">#1</td>' in row


def test_the_list_is_removed_from_the_browser_and_the_request_stays(client: TestClient) -> None:
    path = _send(client, "Broken lamp")
    assert client.post("/requests/remembered/removal").headers["location"] == "/requests?forgotten=1"
    assert _listed(client) == []
    assert client.get(path).status_code == 200


def test_what_is_sent_while_signed_in_stays_in_the_account_only(client: TestClient) -> None:
    alice = signed_in(client, "alice@example.com", "customer")
    _send(alice, "Broken lamp")
    assert _listed(alice) == ["Broken lamp"]
    alice.post("/sign-out")
    assert _listed(alice) == []


def test_what_was_sent_before_signing_in_is_listed_beside_the_account(client: TestClient) -> None:
    alice = signed_in(client, "alice@example.com", "customer")
    alice_cookies = dict(alice.cookies)
    alice.cookies.clear()
    _send(alice, "For myself")
    _send(alice, "For Bob", email="bob@example.com")
    for name, value in alice_cookies.items():
        alice.cookies.set(name, value)
    assert _listed(alice) == ["For myself", "For Bob"]


def test_nothing_is_remembered_where_the_setting_says_so(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"remembered_requests": 0}))
    with TestClient(app, headers={"user-agent": "Mozilla/5.0 (test)"}, follow_redirects=False) as client:
        _send(client, "Broken lamp")
        assert "deskbook_requests" not in client.cookies
        assert _listed(client) == []


def test_a_browser_with_cookies_of_before_sends_a_request_to_a_site_that_records_nothing(settings: Settings) -> None:
    with TestClient(create_app(settings.model_copy(update={"record_events": False})), follow_redirects=False) as client:
        for cookie in (VISIT_COOKIE, VISITOR_COOKIE):
            client.cookies.set(cookie, "a" * 32)
        assert client.get(_send(client, "Broken lamp")).status_code == 200
