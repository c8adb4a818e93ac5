"""The worker's job that indexes the tickets there were before, and brings rows in step that are not: the newest first, a few at a time."""

import time
from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from kb.db import Database, now
from kb.jobs.outbox import enqueue
from kb.jobs.queries import has_waiting
from kb.jobs.worker import Handler, Job
from kb.text.whole_number import LARGEST
from tickets.search.content_queries import numbers_below, oldest_number
from tickets.search.index_queries import PUBLIC, delete_orphans, stored
from tickets.search.index_rows import index_tickets

KIND = "tickets.index"
BATCH = 100
AT_ONCE_S = 5.0
"""Mails wait no longer than that; what is left goes on in the next job."""


def handlers(database: Database) -> Mapping[str, Handler]:
    """Kind of job → what does it."""

    def index(job: Job) -> None:
        ends = time.monotonic() + AT_ONCE_S
        below = int(job.payload.get("below", LARGEST))
        while below:
            below, _wrong = index_batch(database, below)
            if below and time.monotonic() > ends:
                with database.write() as session:
                    enqueue(session, KIND, {"below": below}, now=now())
                return

    return {KIND: index}


def ask_to_index(session: Session, moment: datetime) -> None:
    """Have all tickets indexed where the oldest one is not yet: the index is filled from the newest on."""
    oldest = oldest_number(session)
    if oldest is not None and not stored(session, PUBLIC, [oldest]) and not has_waiting(session, KIND):
        enqueue(session, KIND, {}, now=moment)


def index_batch(database: Database, below: int) -> tuple[int, int]:
    """Bring the next tickets below this number in step; return where to go on, 0 at the end, and how many rows were wrong."""
    with database.read() as session:
        ticket_ids = numbers_below(session, below, BATCH)
    if not ticket_ids:
        return 0, 0
    with database.write() as session:
        wrong = index_tickets(session, ticket_ids)
    return ticket_ids[-1], wrong


def repair(database: Database, progress: Callable[[int], None]) -> int:
    """Compare every ticket with its rows in the index, correct them, and return how many were wrong."""
    below, wrong, done = LARGEST, 0, 0
    while below:
        below, found = index_batch(database, below)
        wrong, done = wrong + found, done + BATCH
        progress(done)
    with database.write() as session:
        return wrong + delete_orphans(session)


def is_indexing(session: Session) -> bool:
    """Return whether tickets are still to be indexed."""
    return has_waiting(session, KIND)
