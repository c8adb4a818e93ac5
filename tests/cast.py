"""The cast: people in the database, how they sign in at the front door, and what they do with tickets."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from kb.accounts import people
from kb.accounts.authentication import links
from kb.accounts.models import User
from kb.db import Database, now
from tickets import queries
from tickets.access import SYSTEM, link_holder, person
from tickets.comment import NewComment
from tickets.models import Audit
from tickets.update import Update, apply


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


def change(
    session: Session, number: int, changes: dict[str, Any], user: User | None = None, *, version: int | None = None, at: datetime | None = None
) -> Audit:
    """`user`, or Deskbook itself, sets fields of the ticket."""
    return apply(session, number, Update(changes), actor=person(user) if user else SYSTEM, via="web", version=version, now=at or now())


def agent_writes(
    session: Session,
    number: int,
    body: str,
    user: User,
    *,
    is_public: bool = True,
    changes: dict[str, Any] | None = None,
    at: datetime | None = None,
    **more: Any,
) -> Audit:
    """`user` replies, or with `is_public=False` adds a note; `more` are fields of NewComment."""
    return apply(session, number, Update(changes or {}, NewComment(body, is_public, **more)), actor=person(user), via="web", now=at or now())


def customer_writes(session: Session, number: int, body: str, *, at: datetime | None = None) -> Audit:
    """The requester writes on the page of the request."""
    ticket = queries.ticket(session, SYSTEM, number)
    assert ticket is not None
    return apply(session, number, Update(comment=NewComment(body)), actor=link_holder(ticket), via="web", now=at or now())
