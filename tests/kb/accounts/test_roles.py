"""Roles as data: admins make their own by ticking permissions, nobody hands out more than they have, and what is ticked holds at once."""

import re

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from kb.accounts import people, roles
from kb.accounts.audit_log.models import AuditRecord
from kb.accounts.models import StoredRole, User
from kb.accounts.permissions import PERMISSIONS, Permission, known
from kb.db import Database, now
from tests.cast import add_person, sign_in, signed_in

EVERYTHING = frozenset(Permission)


def make_role(client: TestClient, name: str, *permissions: str) -> str:
    """A role of one's own; its slug."""
    with client.app.state.database.write() as session:
        return roles.create(session, name, known(permissions), EVERYTHING).slug


def _stored(client: TestClient, name: str) -> StoredRole | None:
    with client.app.state.database.read() as session:
        return session.scalars(select(StoredRole).where(StoredRole.name == name)).one_or_none()


def _records(client: TestClient, kind: str) -> list[str]:
    with client.app.state.database.read() as session:
        return list(session.scalars(select(AuditRecord.detail).where(AuditRecord.kind == kind).order_by(AuditRecord.id)))


@pytest.fixture
def admin(client: TestClient) -> User:
    user = add_person(client, "boss@example.com", "admin", "Boss")
    sign_in(client, user)
    return user


@pytest.mark.usefixtures("admin")
def test_a_role_is_created_given_edited_and_deleted(client: TestClient) -> None:
    assert client.post("/desk/roles", data={"name": " Team  lead ", "permission": ["reply", "see_reports", "fly"]}).status_code == 303
    role = _stored(client, "Team lead")
    assert role is not None
    assert role.permissions == ["reply", "see_reports"]
    browser = signed_in(client, "kim@example.com", role.slug, "Kim")
    assert browser.get("/desk/reports/deflection").status_code == 200
    assert "Team lead" in client.get("/desk/people").text

    assert client.post(f"/desk/roles/{role.slug}", data={"name": "Lead", "permission": ["reply"]}).status_code == 303
    assert browser.get("/desk").headers["location"].startswith("/sign-in")  # a session outlives no change of rights
    sign_in(browser, _user(client, "kim@example.com"))
    assert browser.get("/desk/reports/deflection").status_code == 403

    assert client.post(f"/desk/roles/{role.slug}/deletion").status_code == 422
    assert client.post(f"/desk/people/{_user(client, 'kim@example.com').id}/role", data={"role": "light"}).status_code == 303
    assert client.post(f"/desk/roles/{role.slug}/deletion").status_code == 303
    assert _stored(client, "Lead") is None
    assert _records(client, "role_created") == ["“Team lead”: reply, see_reports"]
    assert _records(client, "role_edited") == ["from “Team lead”: reply, see_reports to “Lead”: reply"]
    assert _records(client, "role_deleted") == ["“Lead”: reply"]
    assert _records(client, "role_changed") == ["from “Lead” to light"]


@pytest.mark.usefixtures("admin")
@pytest.mark.parametrize("name", ["", " \u200b ", "x" * 61, "Agent", "light AGENT", "taken"])
def test_a_name_that_is_empty_too_long_or_taken_is_refused_with_what_was_ticked(client: TestClient, name: str) -> None:
    make_role(client, "Taken")
    answer = client.post("/desk/roles", data={"name": name, "permission": ["reply"]})
    assert answer.status_code == 422
    assert re.search(r'value="reply" checked', answer.text)


@pytest.mark.usefixtures("admin")
def test_the_page_of_roles_says_in_words_what_each_allows(client: TestClient) -> None:
    make_role(client, "<b>Lead</b>", "manage_keys")
    page = client.get("/desk/roles").text
    assert "&lt;b&gt;Lead&lt;/b&gt;" in page
    assert all(words.label in page for words in PERMISSIONS.values())
    assert re.search(r'value="see_reports" checked', client.get("/desk/roles/new?like=agent").text)


@pytest.mark.usefixtures("admin")
@pytest.mark.parametrize("slug", ["admin", "agent", "light", "customer"])
def test_built_in_roles_stay_as_they_are(client: TestClient, slug: str) -> None:
    assert client.post(f"/desk/roles/{slug}", data={"name": "Mine", "permission": ["reply"]}).status_code == 422
    assert client.post(f"/desk/roles/{slug}/deletion").status_code == 422
    assert "checkbox" not in client.get(f"/desk/roles/{slug}").text


@pytest.mark.usefixtures("admin")
@pytest.mark.parametrize("slug", ["nobody", "x" * 200, "%00", "a%20b", "ä"])
def test_a_role_that_is_not_there_is_not_found(client: TestClient, slug: str) -> None:
    assert client.get(f"/desk/roles/{slug}").status_code == 404
    assert client.post(f"/desk/roles/{slug}", data={"name": "x"}).status_code == 404
    assert client.post(f"/desk/roles/{slug}/deletion").status_code == 404


def test_nobody_hands_out_more_than_they_have(client: TestClient, admin: User) -> None:
    lead = make_role(client, "Lead", "manage_people", "reply", "write_notes")
    keys = make_role(client, "Keys", "manage_keys")
    browser = signed_in(client, "lead@example.com", lead)
    other = add_person(client, "other@example.com", "customer")
    agent = add_person(client, "ada@example.com", "agent")

    assert browser.post("/desk/people", data={"email": "evil@example.com", "role": "admin"}).status_code == 422
    assert browser.post("/desk/people", data={"email": "evil@example.com", "role": keys}).status_code == 422
    for role in ("admin", "agent", keys):
        assert browser.post(f"/desk/people/{other.id}/role", data={"role": role}).status_code == 422
    for person in (admin, agent):
        assert browser.post(f"/desk/people/{person.id}/role", data={"role": "customer"}).status_code == 422
        assert browser.post(f"/desk/people/{person.id}/disablement").status_code == 422
    assert browser.post("/desk/roles", data={"name": "Mine", "permission": ["manage_keys"]}).status_code == 422
    assert browser.post(f"/desk/roles/{keys}", data={"name": "Keys", "permission": []}).status_code == 422
    assert browser.post(f"/desk/roles/{keys}/deletion").status_code == 422
    me = _user(client, "lead@example.com")
    assert browser.post(f"/desk/people/{me.id}/role", data={"role": "admin"}).status_code == 422
    assert _user(client, "lead@example.com").role == lead
    assert {_user(client, name).role for name in ("other@example.com", "evil@example.com") if _find(client, name)} == {"customer"}

    assert browser.post(f"/desk/people/{other.id}/role", data={"role": lead}).status_code == 303


def test_no_key_does_more_than_who_makes_it(client: TestClient, admin: User) -> None:
    browser = signed_in(client, "keys@example.com", make_role(client, "Keys", "manage_keys"))
    for email in (admin.email, add_person(client, "ada@example.com").email):
        assert browser.post("/desk/api-keys", data={"name": "x", "scope": "write", "email": email}).status_code == 422
    answer = browser.post("/desk/api-keys", data={"name": "x", "scope": "write", "email": add_person(client, "c@example.com", "customer").email})
    assert answer.status_code == 200
    assert "dk_" in answer.text


def test_the_desk_shows_only_rooms_that_one_may_enter(client: TestClient) -> None:
    shown = {
        role: set(re.findall(r'<a href="(/desk/(?:reports|people|api-keys|audit-log))"', signed_in(client, f"{number}@example.com", role).get("/desk").text))
        for number, role in enumerate(("light", "agent", "admin", make_role(client, "Keys", "manage_keys"), make_role(client, "Log", "read_audit_log")))
    }
    assert list(shown.values()) == [{"/desk/reports"}, {"/desk/reports"}, {"/desk/reports", "/desk/people"}, {"/desk/api-keys"}, {"/desk/audit-log"}]


def test_the_last_admin_stays_whoever_else_manages_people(client: TestClient, admin: User) -> None:
    everything = signed_in(client, "all@example.com", make_role(client, "Everything", *EVERYTHING))
    assert everything.post(f"/desk/people/{admin.id}/disablement").status_code == 422
    assert everything.post(f"/desk/people/{admin.id}/role", data={"role": "agent"}).status_code == 422


def test_roles_are_the_same_on_both_databases(database: Database) -> None:
    with database.write() as session:
        role = roles.create(session, "Lead", known(["reply", "see_reports"]), EVERYTHING)
        person = people.add_user(session, "kim@example.com", "Kim", role.slug, now())
        with pytest.raises(roles.RoleRefused):
            roles.create(session, "LEAD", frozenset(), EVERYTHING)
    with database.read() as session:
        found = session.get_one(User, person.id)
        assert found.permissions == {Permission.REPLY, Permission.SEE_REPORTS}
        assert [one.slug for one in roles.all_roles(session)] == ["admin", "agent", "light", role.slug, "customer"]


def _find(client: TestClient, email: str) -> User | None:
    with client.app.state.database.read() as session:
        return people.find(session, email)


def _user(client: TestClient, email: str) -> User:
    user = _find(client, email)
    assert user is not None
    return user
