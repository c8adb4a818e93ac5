"""What an update of a ticket costs: statements and milliseconds of one transaction, beside two rows committed through the bare ORM."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from kb.accounts import people
from kb.accounts.models import User
from kb.db import Database, now
from kb.migrations import migrate
from tests import services
from tests.bench.filing import rows_per_second
from tests.cast import agent_writes, change
from tickets.creation import NewTicket, create

TIMES = 100
"""Updates of each kind in one round."""
STAFF = 3
Act = Callable[[Session, int, int], Any]


def measure(_content: Path, _seconds: float, rounds: int) -> None:
    """Prints the table for SQLite and PostgreSQL."""
    print(f"\nOne update of a ticket, {STAFF} agents who hear of it, {TIMES} a round (the bare ORM: a ticket and its first message)")
    with tempfile.TemporaryDirectory() as folder:
        _table("SQLite", f"sqlite:///{folder}/updates.sqlite", rounds)
    with services.postgres_cluster() as cluster:
        _table("PostgreSQL", cluster.create("updates"), rounds)


def _table(name: str, url: str, rounds: int) -> None:
    database = Database(url)
    migrate(database)
    with database.write() as session:
        ada, bob, _ = (people.add_user(session, f"agent{number}@example.com", f"Agent {number}", "agent", now()) for number in range(STAFF))
    bare = [1000 / rows_per_second(database, ada.id) for _ in range(rounds)]
    for label, act in _acts(ada, bob).items():
        figures = [_round(database, act, number) for number in range(rounds)]
        took = [milliseconds for milliseconds, _ in figures]
        ratio = median(one / other for one, other in zip(took, bare, strict=True))
        print(f"  {name + ': ' + label:<44} {figures[0][1]:>3} statements {median(took):8.2f} ms  {ratio:5.2f} × the bare ORM", flush=True)
    database.close()


def _acts(ada: User, bob: User) -> dict[str, Act]:
    def file(session: Session, _ticket_id: int, number: int) -> None:
        create(session, NewTicket(email=f"{perf_counter()}-{number}@example.com", subject="Smoke", body="What now?"), now=now())

    def reply(session: Session, ticket_id: int, number: int) -> None:
        changes = {"status": ("pending", "hold")[number % 2], "priority": ("high", "low")[number % 2], "assignee_id": (ada.id, bob.id)[number % 2]}
        agent_writes(session, ticket_id, f"Reply {perf_counter()}", ada, changes=changes)

    def one_field(session: Session, ticket_id: int, number: int) -> None:
        change(session, ticket_id, {"priority": ("urgent", "normal")[number % 2]}, ada)

    return {"filing": file, "a reply with three changes": reply, "one field": one_field}


def _round(database: Database, act: Act, round_number: int) -> tuple[float, int]:
    """Milliseconds of one update, and the most statements that one ran, without transaction brackets."""
    with database.write() as session:
        filed = create(session, NewTicket(email=f"round{round_number}@example.com", subject="Smoke", body="What now?"), now=now())
    counts = [0]

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        counts[-1] += not statement.startswith("BEGIN")

    event.listen(database.engine, "before_cursor_execute", note)
    began = perf_counter()
    for number in range(TIMES):
        with database.write() as session:
            act(session, filed.id, number)
        counts.append(0)
    took = (perf_counter() - began) * 1000 / TIMES
    event.remove(database.engine, "before_cursor_execute", note)
    return took, max(counts)
