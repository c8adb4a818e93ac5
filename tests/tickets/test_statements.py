"""How many statements an update costs: it must not grow with those who hear of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text
from starlette.testclient import TestClient

from kb.accounts import people
from kb.accounts.models import User
from kb.db import Database, now
from tests.cast import agent_writes, change, customer_writes
from tests.tickets.conftest import Send
from tickets import queries
from tickets.access import SYSTEM
from tickets.creation import NewTicket, create
from tickets.update import TicketChanged

BRACKETS = ("BEGIN", "COMMIT", "ROLLBACK")


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements that are run inside the block, without transaction brackets."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if not statement.startswith(BRACKETS):
            seen.append(" ".join(statement.split()))

    event.listen(database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(database.engine, "before_cursor_execute", note)


@pytest.fixture
def staffed(database: Database) -> Callable[[int], list[User]]:
    """That many agents, as they are named."""

    def staffed(count: int) -> list[User]:
        with database.write() as session:
            return [people.add_user(session, f"agent{number}@example.com", f"Agent {number}", "agent", now()) for number in range(count)]

    return staffed


def filed(database: Database, email: str = "alice@example.com") -> int:
    with database.write() as session:
        return create(session, NewTicket(email=email, subject="Smoke", body="What now?"), now=now()).id


def run(database: Database, act: Callable[..., Any], *arguments: Any, **more: Any) -> list[str]:
    """What `act` runs in a transaction of its own."""
    with counted(database) as seen, database.write() as session:
        act(session, *arguments, **more)
    return seen


def test_a_reply_with_three_changes_is_one_update_of_the_ticket_and_ten_statements_at_most(database: Database, staffed: Callable[[int], list[User]]) -> None:
    ada, bob = staffed(2)
    changes = {"status": "pending", "priority": "high", "assignee_id": bob.id}
    seen = run(database, agent_writes, filed(database), "Pull the plug.", ada, changes=changes)
    assert len(seen) <= 10, seen
    assert len([statement for statement in seen if statement.startswith("UPDATE tickets")]) == 1
    assert len([statement for statement in seen if statement.startswith("INSERT INTO outbox_jobs")]) == 1, "to the requester and to Bob"


def test_a_request_from_a_new_visitor_is_nine_statements(client: TestClient, send: Send) -> None:
    send()
    client.cookies.clear()
    with counted(client.app.state.database) as seen:
        assert send(description="Another one.", email="bob@example.com").status_code == 303
    stored = [statement for statement in seen if "events" not in statement or "ticket_id" in statement]  # the visits are stored by a thread of their own
    assert len(stored) <= 9, stored


@pytest.mark.parametrize("act", ["file", "reply"])
def test_twenty_who_hear_of_it_cost_no_more_statements_than_two(database: Database, staffed: Callable[[int], list[User]], act: str) -> None:
    def costs() -> int:
        if act == "file":
            with counted(database) as seen:
                filed(database, f"{now().timestamp()}@example.com")
            return len(seen)
        return len(run(database, customer_writes, filed(database), "Are you there?"))

    staffed(2)
    few = costs()
    with database.write() as session:
        for number in range(18):
            people.add_user(session, f"more{number}@example.com", "", "agent", now())
    assert costs() == few <= 12  # two of them write the message into the search, for everybody and for staff


def test_one_field_is_three_statements(database: Database, staffed: Callable[[int], list[User]]) -> None:
    [ada] = staffed(1)
    seen = run(database, change, filed(database), {"priority": "high"}, ada)
    assert [statement.partition(" ")[0] for statement in seen] == ["SELECT", "UPDATE", "INSERT"]


def test_who_hears_of_a_request_is_found_without_reading_every_customer(database: Database) -> None:
    asked = str(queries.NOTIFIED.compile(database.engine, compile_kwargs={"literal_binds": True}))
    with database.read() as session:
        if not database.is_sqlite:
            session.execute(text("SET LOCAL enable_seqscan = off"))  # with a handful of rows it would be quicker to read them all
        plan = " ".join(str(row) for row in session.execute(text(f"EXPLAIN {'QUERY PLAN ' if database.is_sqlite else ''}{asked}")))
    assert "ix_users_staff" in plan


def test_a_reply_that_is_sent_ahead_is_whole_and_a_change_that_was_made_meanwhile_is_refused(database: Database, staffed: Callable[[int], list[User]]) -> None:
    ada, bob = staffed(2)
    ticket_id = filed(database)
    with database.write(is_pipelined=True) as session:
        first = agent_writes(session, ticket_id, "Pull the plug.", ada, changes={"status": "pending", "assignee_id": bob.id, "tags": ["smoke"]})
    with database.write(is_pipelined=True) as session:
        second = customer_writes(session, ticket_id, "It stopped.")
    assert [audit.version for audit in (first, second)] == [2, 3]
    with database.read() as session:
        stored = queries.ticket(session, SYSTEM, ticket_id)
        assert stored is not None
        assert (stored.version, stored.status, stored.assignee_id, [tag.name for tag in stored.tags]) == (3, "open", bob.id, ["smoke"])
        assert [comment.body for comment in queries.comments(session, SYSTEM, ticket_id)][1:] == ["Pull the plug.", "It stopped."]
        assert [audit.events for audit in queries.audits(session, ticket_id)][1:] == [first.events, second.events]
    with pytest.raises(TicketChanged), database.write(is_pipelined=True) as session:
        change(session, ticket_id, {"status": "solved"}, ada, version=1)
