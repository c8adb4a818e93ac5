"""The admin's pages: people and API keys."""

import re

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from kb.accounts import people
from kb.accounts.authentication import api_keys
from kb.accounts.models import ApiKey, User
from kb.db import now
from kb.jobs.models import OutboxJob
from tests.cast import add_person, sign_in


@pytest.fixture
def admin(client: TestClient) -> User:
    user = add_person(client, "boss@example.com", "admin", "Boss")
    sign_in(client, user)
    return user


def _user(client: TestClient, email: str) -> User:
    with client.app.state.database.read() as session:
        user = people.find(session, email)
    assert user is not None
    return user


@pytest.mark.usefixtures("admin")
def test_an_agent_is_added_and_listed(client: TestClient) -> None:
    answer = client.post("/desk/people", data={"email": "Ada@Example.com", "name": "Ada <b>", "role": "agent"})
    assert answer.status_code == 303
    page = client.get("/desk/people").text
    assert "ada@example.com" in page
    assert "Ada &lt;b&gt;" in page
    assert "ada@example.com" not in client.get("/desk/people?q=zzz%00").text


@pytest.mark.usefixtures("admin")
@pytest.mark.parametrize(
    ("path", "room"),
    [
        ("/desk", "Views"),
        ("/desk/views/all", "Views"),
        ("/desk/reports/deflection", "Reports"),
        ("/desk/people", "People"),
        ("/desk/api-keys", "People"),
        ("/account", ""),
    ],
)
def test_the_desk_marks_the_room_one_is_in(client: TestClient, path: str, room: str) -> None:
    marked = re.findall(r'<a href="/desk[a-z/]*" aria-current="[a-z]+">(\w+)</a>', client.get(path).text)
    assert "".join(marked) == room


@pytest.mark.usefixtures("admin")
def test_a_bad_person_is_refused_with_what_was_typed(client: TestClient) -> None:
    for email, role in [("nobody", "agent"), ("a@b.example", "owner"), ("boss@example.com", "agent"), ("a@b\r\nBcc: x", "agent")]:
        answer = client.post("/desk/people", data={"email": email, "name": "Kept name", "role": role})
        assert answer.status_code == 422
        assert "Kept name" in answer.text


def test_a_customer_may_be_raised_and_nobody_else_added_twice(client: TestClient, admin: User) -> None:
    customer = add_person(client, "eve@example.com", "customer")
    client.post("/desk/people", data={"email": "eve@example.com", "name": "Eve", "role": "agent"})
    raised = _user(client, "eve@example.com")
    assert (raised.id, raised.role, raised.name) == (customer.id, "agent", "Eve")


def test_the_last_admin_stays(client: TestClient, admin: User) -> None:
    assert client.post(f"/desk/people/{admin.id}/disablement").status_code == 422
    assert client.post(f"/desk/people/{admin.id}/role", data={"role": "agent"}).status_code == 422
    add_person(client, "second@example.com", "admin")
    assert client.post(f"/desk/people/{admin.id}/role", data={"role": "agent"}).status_code == 303
    assert client.get("/desk/people").headers["location"].startswith("/sign-in")


@pytest.mark.usefixtures("admin")
def test_disabling_locks_out_and_enabling_lets_in(client: TestClient) -> None:
    agent = add_person(client, "ada@example.com")
    assert client.post(f"/desk/people/{agent.id}/disablement").status_code == 303
    assert not _user(client, "ada@example.com").is_active
    client.post(f"/desk/people/{agent.id}/enablement")
    assert _user(client, "ada@example.com").is_active
    assert client.post("/desk/people/999/disablement").status_code == 404
    assert client.get("/desk/people?page=999999999999").status_code == 200


@pytest.mark.usefixtures("admin")
def test_a_key_is_shown_once_and_revoked(client: TestClient) -> None:
    answer = client.post("/desk/api-keys", data={"name": "Shop", "scope": "read"})
    secret = answer.text.partition('<code class="secret">')[2].partition("<")[0]
    database = client.app.state.database
    with database.read() as session:
        key = api_keys.check_key(session, secret)
        assert key is not None
        assert key.key_hash != secret
    assert secret not in client.get("/desk/api-keys").text
    asked = client.get(f"/desk/api-keys/{key.id}/revocation")
    assert "Revoke the key “<bdi>Shop</bdi>”?" in asked.text
    with database.read() as session:
        assert api_keys.check_key(session, secret) is not None
    assert "The key was revoked." in client.get(client.post(f"/desk/api-keys/{key.id}/revocation").headers["location"]).text
    assert client.get(f"/desk/api-keys/{key.id}/revocation").headers["location"] == "/desk/api-keys"
    assert client.get("/desk/api-keys/999/revocation").status_code == 404
    with database.read() as session:
        assert api_keys.check_key(session, secret) is None
        assert session.scalars(select(ApiKey)).one().revoked_at is not None
    assert client.post("/desk/api-keys", data={"name": "", "scope": "read"}).status_code == 422
    assert client.post("/desk/api-keys", data={"name": "x", "scope": "root"}).status_code == 422


@pytest.mark.usefixtures("admin")
def test_the_page_with_a_new_key_loaded_again_makes_no_second_key(client: TestClient) -> None:
    [once] = re.findall(r'name="once" value="([^"]+)"', client.get("/desk/api-keys").text)
    form = {"name": "Shop", "scope": "read", "once": once}
    assert client.post("/desk/api-keys", data=form).status_code == 200
    again = client.post("/desk/api-keys", data=form)
    assert again.headers["location"] == "/desk/api-keys?made=1"
    assert "no second key was created" in client.get(again.headers["location"]).text
    with client.app.state.database.read() as session:
        assert len(session.scalars(select(ApiKey)).all()) == 1


@pytest.mark.usefixtures("admin")
def test_a_key_is_made_for_whoever_is_named_and_they_are_told(client: TestClient) -> None:
    kim = add_person(client, "kim@example.com", "customer", "Kim")
    page = client.post("/desk/api-keys", data={"name": "Kim's shop", "scope": "write", "email": "Kim@Example.com"}).text
    assert '<code class="secret">' in page
    assert "<bdi>Kim</bdi>" in page
    with client.app.state.database.read() as session:
        assert session.scalars(select(ApiKey)).one().user_id == kim.id
        assert [job.payload["email"] for job in session.scalars(select(OutboxJob)) if job.kind == "mail.key_made"] == ["kim@example.com"]
    for email in ("", "nobody@example.com", "no address"):
        answer = client.post("/desk/api-keys", data={"name": "Kept words", "scope": "write", "email": email})
        assert answer.status_code == 422
        assert "Kept words" in answer.text
    client.post(f"/desk/people/{kim.id}/disablement")
    assert client.post("/desk/api-keys", data={"name": "Shop", "scope": "read", "email": "kim@example.com"}).status_code == 422


def test_a_key_ends_with_its_owner(client: TestClient, admin: User) -> None:
    database = client.app.state.database
    with database.write() as session:
        _, secret = api_keys.make_key(session, "Shop", "write", admin, now())
        session.get_one(User, admin.id).is_active = False
    with database.read() as session:
        assert api_keys.check_key(session, secret) is None


def test_the_first_admin_is_made_once_and_only_until_one_has_signed_in(client: TestClient) -> None:
    database = client.app.state.database
    with database.write() as session:
        first = people.first_admin(session, now())
        again = people.first_admin(session, now())
    assert first is not None
    assert again is not None
    assert first.id == again.id
    sign_in(client, first)
    with database.write() as session:
        assert people.first_admin(session, now()) is None
