"""One's own account."""

import pytest
from starlette.testclient import TestClient

from kb.accounts.authentication import passwords
from kb.accounts.models import User
from tests.cast import add_person, sign_in


def _stored(client: TestClient, user: User) -> User:
    with client.app.state.database.read() as session:
        return session.get_one(User, user.id)


def test_a_password_is_set_and_then_opens_the_desk(client: TestClient) -> None:
    user = add_person(client, "ada@example.com")
    sign_in(client, user)
    assert client.post("/account/password", data={"password": "a quiet harbour"}).headers["location"] == "/account?saved=password"
    assert passwords.verify("a quiet harbour", _stored(client, user).password_hash)
    assert "Your password was saved" in client.get("/account?saved=password").text


def test_other_browsers_are_signed_out_by_a_new_password(client: TestClient) -> None:
    user = add_person(client, "ada@example.com")
    sign_in(client, user)
    other = TestClient(client.app, follow_redirects=False, headers={"user-agent": "Mozilla/5.0"})
    sign_in(other, user)
    client.post("/account/password", data={"password": "a quiet harbour"})
    assert other.get("/account").status_code == 303
    assert client.get("/account").status_code == 200


def test_bad_passwords_are_refused_with_the_reason(client: TestClient) -> None:
    user = add_person(client, "ada.lovelace@example.com")
    sign_in(client, user)
    for password, reason in [("short", "at least 8"), ("x" * 1001, "at most 1000"), ("aaaaaaaaaa", "too easy")]:
        answer = client.post("/account/password", data={"password": password})
        assert answer.status_code == 422
        assert reason in answer.text
    assert _stored(client, user).password_hash is None


@pytest.mark.parametrize(
    "password", ["password", "Passw0rd!", "12345678", "qwertyuiop", "abcdefgh", "trustno1", "ada.lovelace", "Lovelace1", "deskbook1", "19841984"]
)
def test_a_password_that_many_have_or_that_tells_of_its_owner_is_too_easy(client: TestClient, password: str) -> None:
    user = add_person(client, "ada.lovelace@example.com", name="Ada Lovelace")
    sign_in(client, user)
    answer = client.post("/account/password", data={"password": password})
    assert (answer.status_code, "too easy to guess" in answer.text) == (422, True)
    assert _stored(client, user).password_hash is None


@pytest.mark.parametrize(
    "password", ["a quiet harbour", "7hs9dkq2", "zebra-lamp", "x\x00 y\ud800 lamp zebra".encode("utf-8", "replace").decode(), "correct horse battery " * 40]
)
def test_a_password_of_unrelated_words_or_chance_is_taken(client: TestClient, password: str) -> None:
    sign_in(client, add_person(client, "ada@example.com"))
    assert client.post("/account/password", data={"password": password}).status_code == 303


def test_fields_that_are_not_offered_change_nothing(client: TestClient) -> None:
    user = add_person(client, "ada@example.com")
    sign_in(client, user)
    client.post("/account", data={"name": "Ada", "email": "root@example.com", "role": "admin", "id": "1", "is_verified": "1"})
    stored = _stored(client, user)
    assert (stored.name, stored.email, stored.role) == ("Ada", "ada@example.com", "agent")
