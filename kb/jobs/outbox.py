"""Putting work into the outbox, in the transaction that causes it."""

import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from kb.jobs import queries

BELL = threading.Event()
"""Rings in this process when a job was committed. A hint that saves the wait: workers also look every second."""


def enqueue(session: Session, kind: str, payload: dict[str, Any], *, ticket_id: int | None = None, now: datetime) -> None:
    """Stores a job that is due at once and exists only if the transaction is committed. `payload` is JSON and holds no secrets."""
    queries.store(session, kind=kind, payload=payload, ticket_id=ticket_id, created_at=now, due_at=now, attempts=0)
    session.info["has_work"] = True


def enqueue_all(session: Session, jobs: Sequence[tuple[str, dict[str, Any]]], *, ticket_id: int | None = None, now: datetime) -> None:
    """Store jobs, each a kind with its payload, in one statement, as `enqueue` does."""
    if jobs:
        same = {"ticket_id": ticket_id, "created_at": now, "due_at": now, "attempts": 0}
        queries.store_all(session, [same | {"kind": kind, "payload": payload} for kind, payload in jobs])
        session.info["has_work"] = True


@event.listens_for(Session, "after_commit")
def _ring(session: Session) -> None:
    if session.info.pop("has_work", False):
        BELL.set()
