"""The cast: people in the database, and how they sign in at the front door."""

from starlette.testclient import TestClient

from kb.accounts import links, people
from kb.accounts.models import User
from kb.db import Database, now


def add_person(client: TestClient, email: str, role: str = "agent", name: str = "") -> User:
    """A person of the app that `client` talks to."""
    database: Database = client.app.state.database
    with database.write() as session:
        return people.add_user(session, email, name, role, now())


def sign_in(client: TestClient, user: User) -> None:
    """Signs `client` in as `user` by a one-time link."""
    database: Database = client.app.state.database
    with database.write() as session:
        token = links.make_link(session, user, now())
    answer = client.post(links.path(token))
    assert answer.status_code == 303, answer.text


def signed_in(client: TestClient, email: str, role: str = "agent", name: str = "") -> TestClient:
    """Another browser at the same app, signed in as a new person."""
    browser = TestClient(client.app, headers={"user-agent": "Mozilla/5.0 (test)"}, follow_redirects=False)
    sign_in(browser, add_person(client, email, role, name))
    return browser
