"""One's own sessions: listed in words, and ended one by one or all."""

import re

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from kb.accounts.audit_log.models import AuditRecord
from kb.accounts.authentication.browser_name import browser_name
from kb.accounts.authentication.links import make_link, path
from kb.accounts.models import SignInSession, User
from kb.db import now
from tests.cast import add_person, sign_in

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:142.0) Gecko/20100101 Firefox/142.0"
CHROME = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Mobile Safari/537.36"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
EDGE = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36 Edg/139.0.0.0"


def _browser(client: TestClient, user: User, agent: str) -> TestClient:
    browser = TestClient(client.app, headers={"user-agent": agent}, follow_redirects=False)
    sign_in(browser, user)
    return browser


def _endings(page: str) -> dict[str, str]:
    """Browser in words → the address of its “Sign out”."""
    found = re.findall(r'action="(/account/sessions/\w+/revocation)"[^>]*><button[^>]*aria-label="Sign out ([^,]+),', page)
    return {words: address for address, words in found}


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        (CHROME, "Chrome on Android"),
        (SAFARI, "Safari on iPhone"),
        (EDGE, "Edge on macOS"),
        ("curl/8.5.0", "curl"),
        ("", "Unknown browser"),
        ("<script>alert(1)</script>" * 100, "Unknown browser"),
    ],
)
def test_a_browser_is_named_in_words(agent: str, words: str) -> None:
    assert browser_name(agent) == words


def test_all_browsers_are_listed_and_this_one_is_marked(client: TestClient) -> None:
    user = add_person(client, "ada@example.com")
    here = _browser(client, user, FIREFOX)
    _browser(client, user, CHROME)
    _browser(client, add_person(client, "eve@example.com"), SAFARI)
    page = here.get("/account").text
    assert list(_endings(page)) == ["Firefox on Windows", "Chrome on Android"]
    assert re.findall(r"<strong>([^<]+)</strong> <span class=\"badge accent\">This browser", page) == ["Firefox on Windows"]


def test_one_browser_is_signed_out_and_the_others_stay(client: TestClient) -> None:
    user = add_person(client, "ada@example.com")
    here, phone, laptop = (_browser(client, user, agent) for agent in (FIREFOX, CHROME, EDGE))
    answer = here.post(_endings(here.get("/account").text)["Chrome on Android"])
    assert answer.headers["location"] == "/account?saved=session#sessions"
    assert [browser.get("/account").status_code for browser in (here, phone, laptop)] == [200, 303, 200]


def test_signing_out_this_browser_in_the_list_leads_home(client: TestClient) -> None:
    here = _browser(client, add_person(client, "ada@example.com"), FIREFOX)
    answer = here.post(_endings(here.get("/account").text)["Firefox on Windows"])
    assert answer.headers["location"] == "/"
    assert "deskbook_session" not in here.cookies
    assert here.get("/account").status_code == 303


@pytest.mark.parametrize(("form", "stays"), [({"keep": "this"}, True), ({}, False)])
def test_everywhere_else_or_everywhere_is_signed_out(client: TestClient, form: dict[str, str], stays: bool) -> None:
    user = add_person(client, "ada@example.com")
    here, phone = _browser(client, user, FIREFOX), _browser(client, user, CHROME)
    stranger = _browser(client, add_person(client, "eve@example.com"), SAFARI)
    here.post("/account/sessions/revocation", data=form)
    assert here.get("/account").status_code == (200 if stays else 303)
    assert phone.get("/account").status_code == 303
    assert stranger.get("/account").status_code == 200
    with client.app.state.database.read() as session:
        found = session.scalars(select(AuditRecord).where(AuditRecord.kind == "sessions_ended")).one()
    assert (found.actor, found.detail) == ("ada@example.com", "all others (1)" if stays else "all (2)")


def test_nobody_ends_a_session_of_somebody_else(client: TestClient) -> None:
    here = _browser(client, add_person(client, "ada@example.com"), FIREFOX)
    other = _browser(client, add_person(client, "eve@example.com"), SAFARI)
    theirs = _endings(other.get("/account").text)["Safari on iPhone"]
    assert here.post(theirs).status_code == 404
    for odd in ("x", "%25", "_" * 16, "0" * 16, "a" * 5000):
        assert here.post(f"/account/sessions/{odd}/revocation").status_code == 404
    assert other.get("/account").status_code == 200


def test_the_page_holds_nothing_that_opens_a_session(client: TestClient) -> None:
    here = _browser(client, add_person(client, "ada@example.com"), FIREFOX)
    page = here.get("/account").text
    assert here.cookies["deskbook_session"] not in page
    with client.app.state.database.read() as session:
        assert session.scalars(select(SignInSession.token_hash)).one() not in page


def test_a_new_password_ends_other_sessions_and_earlier_links(client: TestClient) -> None:
    user = add_person(client, "ada@example.com")
    here, phone = _browser(client, user, FIREFOX), _browser(client, user, CHROME)
    with client.app.state.database.write() as session:
        link = path(make_link(session, user, now()))
    assert here.post("/account/password", data={"password": "a quiet harbour"}).status_code == 303
    assert (here.get("/account").status_code, phone.get("/account").status_code) == (200, 303)
    assert client.get(link).status_code == 410
    assert client.post(link).status_code == 410


@pytest.mark.parametrize("act", ["role", "disablement"])
def test_a_new_role_or_a_lock_out_ends_sessions_and_links_at_once(client: TestClient, act: str) -> None:
    boss = _browser(client, add_person(client, "boss@example.com", "admin"), FIREFOX)
    ada = add_person(client, "ada@example.com")
    phone = _browser(client, ada, CHROME)
    with client.app.state.database.write() as session:
        link = path(make_link(session, ada, now()))
    assert boss.post(f"/desk/people/{ada.id}/{act}", data={"role": "admin"}).status_code == 303
    assert phone.get("/account").status_code == 303
    assert client.post(link).status_code == 410
