"""The desk's cast: an agent, an admin, and tickets to work on."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from httpx2 import Response
from pydantic import SecretStr
from starlette.testclient import TestClient

from kb.accounts.models import User
from kb.config import Settings
from kb.db import now
from kb.site.app import create_app
from tests.cast import add_person, sign_in
from tickets import queries
from tickets.access import SYSTEM
from tickets.creation import NewTicket, create
from tickets.models import Comment, Ticket
from tickets.nonce import new_nonce

OpenTicket = Callable[..., int]
Refused = Callable[[Response], str]
Write = Callable[..., Response]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def client(request: pytest.FixtureRequest, settings: Settings) -> Iterator[TestClient]:
    """The desk on SQLite, and once more on PostgreSQL."""
    if request.param == "postgres":
        settings = settings.model_copy(update={"database_url": SecretStr(request.getfixturevalue("postgres_url"))})
    app = create_app(settings)
    with TestClient(app, headers={"user-agent": "Mozilla/5.0 (test)"}, follow_redirects=False) as client:
        yield client


@pytest.fixture
def agent(client: TestClient) -> User:
    """Ada, an agent; `client` is signed in as her."""
    user = add_person(client, "ada@example.com", "agent", "Ada")
    sign_in(client, user)
    return user


@pytest.fixture
def opened(client: TestClient) -> OpenTicket:
    """Opens a ticket of Alice's, with what is named changed; its number."""

    def opened(**changes: Any) -> int:
        wanted: dict[str, Any] = {"email": "alice@example.com", "name": "Alice", "subject": "The printer is on fire", "body": "It smells.\nWhat now?"}
        moment = changes.pop("at", now())
        with client.app.state.database.write() as session:
            return create(session, NewTicket(**(wanted | changes)), now=moment).id

    return opened


@pytest.fixture
def stored(client: TestClient) -> Callable[[int], Ticket]:
    """The ticket as it is stored now."""

    def stored(number: int) -> Ticket:
        with client.app.state.database.read() as session:
            ticket = queries.ticket(session, SYSTEM, number)
        assert ticket is not None
        return ticket

    return stored


@pytest.fixture
def comments(client: TestClient) -> Callable[[int], list[Comment]]:
    """The ticket's comments, notes too."""

    def comments(number: int) -> list[Comment]:
        with client.app.state.database.read() as session:
            return list(queries.comments(session, SYSTEM, number))

    return comments


@pytest.fixture
def write(client: TestClient, stored: Callable[[int], Ticket]) -> Write:
    """Sends the composer of a ticket as its page shows it now, with what is named changed; `to` is another button than Send."""

    def write(number: int, body: str, *files: tuple[str, bytes], query: str = "", to: str = "comments", **changes: Any) -> Response:
        data = {"nonce": new_nonce(client.app.state.secret_key, now()), "version": str(stored(number).version), "kind": "public", "body": body} | changes
        return client.post(f"/desk/tickets/{number}/{to}{query}", data=data, files=[("files", file) for file in files] or None)

    return write


@pytest.fixture
def refused(client: TestClient) -> Refused:
    """Follows the way back to the page, which says why the form was not sent."""

    def refused(answer: Response) -> str:
        assert answer.status_code == 303, answer.status_code
        assert "problem=1" in answer.headers["location"]
        page = client.get(answer.headers["location"])
        assert page.status_code == 200
        assert "There is a problem" in page.text
        return page.text

    return refused
