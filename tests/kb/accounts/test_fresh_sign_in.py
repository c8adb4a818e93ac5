"""Sensitive acts ask a session whose proof is old to confirm who it is, and then go on with what was typed."""

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from sqlalchemy import select
from starlette.testclient import TestClient

from kb.accounts.audit_log.models import AuditRecord
from kb.accounts.authentication import passwords
from kb.accounts.authentication.links import make_link, path
from kb.accounts.models import ApiKey, User
from kb.accounts.people import first_admin
from kb.db import now
from kb.jobs.models import OutboxJob
from tests.cast import add_person, sign_in

pytestmark = pytest.mark.at_noon

PASSWORD = "four unrelated words"
SENSITIVE = [
    ("/desk/people", {"email": "kim@example.com", "name": "Kim & “Co” <b>", "role": "agent"}),
    ("/desk/people/2/role", {"role": "admin"}),
    ("/desk/people/2/disablement", {}),
    ("/desk/people/2/enablement", {}),
    ("/desk/people/2/invitation", {}),
    ("/desk/api-keys", {"name": "Shop", "scope": "write"}),
    ("/account/password", {"password": "a quiet harbour"}),
    ("/account/address", {"email": "other@example.com"}),
]

CHANGES_NO_PERSON = ("/desk/people/2/enablement", "/desk/people/2/invitation", "/account/address")


@pytest.fixture
def admin(client: TestClient) -> User:
    """An admin with a password; nobody is signed in yet."""
    user = add_person(client, "boss@example.com", "admin")
    with client.app.state.database.write() as session:
        session.get_one(User, user.id).password_hash = passwords.hash_password(PASSWORD)
    add_person(client, "ada@example.com", "agent")
    return user


@pytest.fixture
def old_session(client: TestClient, admin: User) -> Iterator[Any]:
    """The admin in `client`, who signed in 61 minutes ago and has been busy since."""
    with time_machine.travel("2026-05-01T08:00:00Z", tick=False) as clock:
        sign_in(client, admin)
        for _ in range(3):
            clock.shift(20 * 60 + 20)
            assert client.get("/account").status_code == 200
        yield clock


def _everything(client: TestClient) -> list[tuple[object, ...]]:
    with client.app.state.database.read() as session:
        people = [(user.email, user.role, user.is_active, user.password_hash) for user in session.scalars(select(User).order_by(User.id))]
        return [*people, *((key.name, key.revoked_at) for key in session.scalars(select(ApiKey)))]


def _hidden(page: str) -> dict[str, str]:
    return {name: html.unescape(value) for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)}


@pytest.mark.usefixtures("old_session")
@pytest.mark.parametrize(("address", "form"), SENSITIVE)
def test_a_sensitive_act_asks_first_and_changes_nothing(client: TestClient, address: str, form: dict[str, str]) -> None:
    before = _everything(client)
    asked = client.post(address, data=form)
    assert (asked.status_code, "Confirm it&#39;s you" in asked.text or "Confirm it’s you" in asked.text) == (403, True)
    assert asked.headers["cache-control"] == "no-store"
    assert _hidden(asked.text) == form
    assert _everything(client) == before


@pytest.mark.usefixtures("old_session")
@pytest.mark.parametrize(("address", "form"), SENSITIVE)
def test_the_right_password_lets_the_act_go_on_with_what_was_typed(client: TestClient, address: str, form: dict[str, str]) -> None:
    before = _everything(client)
    typed = _hidden(client.post(address, data=form).text)
    answer = client.post(address, data=typed | {"confirm_password": PASSWORD})
    assert answer.status_code in (200, 303)
    assert (_everything(client) != before) == (address not in CHANGES_NO_PERSON)
    with client.app.state.database.read() as session:
        assert "identity_confirmed" in list(session.scalars(select(AuditRecord.kind)))


@pytest.mark.usefixtures("old_session")
def test_a_wrong_password_asks_again_and_keeps_what_was_typed(client: TestClient) -> None:
    form = {"name": "Shop", "scope": "read"}
    for wrong in ("wrong", "", "x" * 2000):
        answer = client.post("/desk/api-keys", data=form | {"confirm_password": wrong})
        assert (answer.status_code, _hidden(answer.text)) == (422, form)
        assert "The password is wrong" in answer.text
    with client.app.state.database.read() as session:
        assert session.scalars(select(ApiKey)).all() == []
        failures = [(row.person, row.detail) for row in session.scalars(select(AuditRecord).where(AuditRecord.kind == "sign_in_failed"))]
    assert failures == [("boss@example.com", "wrong password while confirming")]


@pytest.mark.usefixtures("old_session")
def test_confirming_by_password_is_limited_like_signing_in(client: TestClient) -> None:
    for _ in range(20):
        client.post("/desk/api-keys", data={"confirm_password": "guess"})
    answer = client.post("/desk/api-keys", data={"name": "Shop", "scope": "read", "confirm_password": PASSWORD})
    assert "too many attempts" in answer.text
    with client.app.state.database.read() as session:
        assert session.scalars(select(ApiKey)).all() == []


@pytest.mark.usefixtures("old_session")
def test_a_mailed_link_opened_in_the_same_browser_lets_the_act_go_on(client: TestClient, admin: User) -> None:
    form = {"name": "Shop", "scope": "read"}
    waiting = client.post("/desk/api-keys", data=form | {"confirm_link": "1"})
    assert "boss@example.com" in waiting.text
    assert _hidden(waiting.text) == form
    with client.app.state.database.read() as session:
        (job,) = session.scalars(select(OutboxJob))
    assert (job.kind, job.payload) == ("mail.sign_in_link", {"email": "boss@example.com", "language": "en", "next": "/account/confirmed"})
    early = client.post("/desk/api-keys", data=form | {"confirm_continue": "1"})
    assert (early.status_code, "haven’t confirmed yet" in early.text) == (422, True)
    with client.app.state.database.write() as session:
        link = path(make_link(session, admin, now(), target=job.payload["next"]))
    assert client.post(link).headers["location"] == "/account/confirmed"
    assert client.get("/account/confirmed").status_code == 200
    assert "Your new key" in client.post("/desk/api-keys", data=form | {"confirm_continue": "1"}).text


def test_a_proof_holds_for_as_long_as_the_setting_says(client: TestClient, old_session: Any) -> None:
    assert client.post("/desk/api-keys", data={"name": "One", "scope": "read", "confirm_password": PASSWORD}).status_code == 200
    old_session.shift(25 * 60)
    assert client.post("/desk/api-keys", data={"name": "Two", "scope": "read"}).status_code == 200
    for _ in range(2):
        old_session.shift(20 * 60)
        client.get("/account")
    assert client.post("/desk/api-keys", data={"name": "Three", "scope": "read"}).status_code == 403


@pytest.mark.usefixtures("old_session")
@pytest.mark.parametrize(
    ("address", "form", "words"),
    [
        ("/desk/people", {"email": "Kim@Example.com", "role": "agent"}, "add kim@example.com as an agent"),
        ("/desk/people", {"email": "", "role": "emperor"}, "add a person"),
        ("/desk/people/2/role", {"role": "admin"}, "make ada@example.com an admin"),
        ("/desk/people/2/role", {"role": "emperor"}, "change the role of ada@example.com"),
        ("/desk/people/999/role", {"role": "customer"}, "make this person a customer"),
        ("/desk/people/2/disablement", {}, "disable ada@example.com, who can then no longer sign in"),
        ("/desk/people/2/enablement", {}, "let ada@example.com sign in again"),
        ("/desk/people/2/invitation", {}, "send another invitation to ada@example.com"),
        ("/desk/api-keys", {"name": "Shop <b>", "email": "ada@example.com"}, "create the API key “Shop &lt;b&gt;” for ada@example.com"),
        ("/desk/api-keys", {}, "create an API key"),
        ("/account/password", {"password": "a quiet harbour"}, "save a new password"),
        ("/account/address", {"email": "other@example.com"}, "change your email address to other@example.com"),
    ],
)
def test_the_page_names_the_act_and_leads_back_without_it(client: TestClient, address: str, form: dict[str, str], words: str) -> None:
    for more in ({}, {"confirm_password": "wrong"}, {"confirm_link": "1"}, {"confirm_continue": "1"}):
        page = client.post(address, data=form | more).text
        assert f"You’re about to <strong>{words}</strong>." in page
        assert "quiet harbour" not in page.replace('value="a quiet harbour"', "")
        back = re.findall(r'href="([^"]*)">Cancel</a>', page)
        assert back == ["/account" if address.startswith("/account") else "/desk/api-keys" if "keys" in address else "/desk/people"]


@pytest.mark.parametrize("has_password", [True, False])
def test_no_link_is_offered_where_no_mail_arrives(client: TestClient, has_password: bool) -> None:
    with client.app.state.database.write() as session:
        first = first_admin(session, now())
        assert first is not None
        first.password_hash = passwords.hash_password(PASSWORD) if has_password else None
    with time_machine.travel("2026-05-01T08:00:00Z", tick=False) as clock:
        sign_in(client, first)
        for _ in range(3):
            clock.shift(20 * 60 + 20)
            client.get("/account")
        page = client.post("/desk/api-keys", data={"name": "Shop", "scope": "read"}).text
        assert "confirm_link" not in page
        assert ("confirm_password" in page) == has_password
        assert "deskbook user sign-in-link admin@localhost" in page
        refused = client.post("/desk/api-keys", data={"name": "Shop", "scope": "read", "confirm_link": "1"})
        assert (refused.status_code, "can’t send a link" in refused.text) == (422, True)
        with client.app.state.database.write() as session:
            assert session.scalars(select(OutboxJob)).all() == []
            link = path(make_link(session, session.get_one(User, first.id), now()))
        client.post(link)
        assert "Your new key" in client.post("/desk/api-keys", data={"name": "Shop", "scope": "read", "confirm_continue": "1"}).text


@pytest.mark.usefixtures("old_session")
def test_a_name_is_changed_without_asking(client: TestClient) -> None:
    assert client.post("/account", data={"name": "Boss"}).status_code == 303


def test_an_agent_is_refused_before_being_asked(client: TestClient, admin: User) -> None:
    with time_machine.travel("2026-05-01T08:00:00Z", tick=False) as clock:
        sign_in(client, add_person(client, "kim@example.com", "agent"))
        clock.shift(2 * 3600)
        for address, form in SENSITIVE[:6]:
            answer = client.post(address, data=form)
            assert (answer.status_code, "Confirm" in answer.text) == (403, False)
