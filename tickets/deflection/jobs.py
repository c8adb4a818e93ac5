"""The worker's jobs for the report: count days every hour, and delete events that are counted."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from kb.config import Settings
from kb.db import Database, now
from kb.events.queries import DELETED_AT_ONCE, day_to_forget, delete_events_before
from kb.jobs.outbox import enqueue
from kb.jobs.queries import has_waiting
from kb.jobs.worker import Handler, Job
from tickets.deflection.days.day import midnight
from tickets.deflection.days.queries import delete_oldest_visits
from tickets.deflection.days.stored_days import FORGOTTEN, Pace, first_unsettled, refresh
from tickets.deflection.queries import first_record

KIND = "report.count_days"
AT_ONCE = Pace(budget_s=5.0, reuse=timedelta(minutes=50), cheap_ms=-1)
"""Mails wait no longer than that; what is left goes on in the next job."""
FULL = 0.9
"""Share of `events_max` from which the oldest days are forgotten early."""


def ask_to_count(session: Session, moment: datetime) -> None:
    """Has the days counted that are due, unless that is waiting to be done already."""
    if not has_waiting(session, KIND):
        enqueue(session, KIND, {}, now=moment)


def handlers(database: Database) -> Mapping[str, Handler]:
    """Kind of job → what does it."""

    def count_days(_job: Job) -> None:
        moment = now()
        with database.read() as session:
            first = first_record(session)
        if first is not None and refresh(database, first.date(), moment.date(), moment, AT_ONCE):
            with database.write() as session:
                enqueue(session, KIND, {}, now=moment)

    return {KIND: count_days}


def forget_events(session: Session, settings: Settings, moment: datetime) -> None:
    """Deletes events past their retention, or of the oldest days when the log is nearly full: those the report has counted for good."""
    wanted = max(moment.date() - timedelta(days=settings.event_retention_days), day_to_forget(session, int(settings.events_max * FULL)))
    unsettled = first_unsettled(session, moment)
    until = midnight(min(wanted, unsettled - FORGOTTEN) if unsettled else wanted)
    delete_events_before(session, until)
    delete_oldest_visits(session, until, DELETED_AT_ONCE)
