"""Stored days: each is counted once it is over, again after a week, and again when something came late."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from time import monotonic
from typing import Any

from sqlalchemy.orm import Session

from kb.db import Database
from tickets.deflection import sums
from tickets.deflection.clusters import cluster_key
from tickets.deflection.days import DEFINITIONS, Day, count_day, midnight
from tickets.deflection.figures import VisitTally
from tickets.deflection.late import late_days
from tickets.deflection.outcomes import Judged, second_look_at
from tickets.deflection.queries import first_record, newest_ticket
from tickets.deflection.reading import ArticleTally
from tickets.deflection.searching import SearchTally
from tickets.deflection.stored_queries import StoredCounts, first_stored, mark_stale, store_day, stored_days
from tickets.deflection.ticketing import TicketTally, newest
from tickets.deflection.totals import DayCounts
from tickets.deflection.traits import bits

FORGOTTEN = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Pace:
    """How much is counted at once."""

    budget_s: float
    """Counting ends after the day at which this is over."""
    reuse: timedelta
    """How old the counts of days that are not over may be when counting them is costly."""
    cheap_ms: int = 300
    """Counting them is not costly when it took no longer."""


def refresh(database: Database, first: date, last: date, as_of: datetime, pace: Pace) -> list[date]:
    """Counts and stores what is due of the days from `first` to `last`, at least one; the days that are still due, oldest first."""
    ends = monotonic() + pace.budget_s
    _mark_late(database)
    with database.read() as session:
        due = _due(session, first, min(last, as_of.date()), as_of, pace)
    while due:
        count_and_store(database, due.pop(), as_of)
        if monotonic() > ends:
            break
    return sorted(due)


def first_unsettled(session: Session, as_of: datetime) -> date | None:
    """The oldest day whose events may still be needed, since it is not counted for good; None when there is nothing to count."""
    begin = first_record(session)
    if begin is None:
        return None
    settled = {row.day for row in stored_days(session, begin.date(), as_of.date()) if row.is_closed and row.as_of >= second_look_at(midnight(row.day))}
    return next(day for day in _days(begin.date(), as_of.date() + timedelta(days=1)) if day not in settled)


def days_of_log(session: Session, first: date, last: date) -> list[date]:
    """The days from `first` to `last` that can be counted: those with all the events around them, oldest first."""
    begin = first_record(session)
    if begin is None:
        return []
    since = begin.date()
    stored = first_stored(session)
    if stored is not None and stored < since:
        since += FORGOTTEN  # Events of the time before were there and are forgotten, and the first days follow on them.
    return list(_days(max(first, since), last))


def count_and_store(database: Database, day: date, as_of: datetime) -> Day:
    """Counts one day from the raw events and stores it."""
    begun, visits = monotonic(), list[dict[str, Any]]()
    with _snapshot(database) as session:
        newest_id = newest_ticket(session)
        counted = count_day(
            session, midnight(day), midnight(day + timedelta(days=1)), as_of, lambda judged: visits.append(_visit_row(judged)) if judged.outcome else None
        )
    row = {
        "day": day,
        "definitions": DEFINITIONS,
        "as_of": as_of,
        "is_closed": counted.is_closed,
        "is_stale": False,
        "took_ms": round((monotonic() - begun) * 1000),
        "newest_ticket": newest_id,
        "held": counted.held,
        "counts": _counts(counted),
        "articles": sums.to_json(counted.articles),
        "clusters": counted.clusters.to_json(),
        "requesters": counted.requesters,
    }
    with database.write() as session:
        store_day(session, row, visits, counted.first_views)
    return counted


def day_counts(stored: StoredCounts) -> DayCounts:
    """The counts of a stored day, ready to be added up."""
    counts = stored.counts
    matures_at = counts["first_matures_at"]
    return DayCounts(
        day=stored.day,
        visits=sums.from_json(VisitTally, counts["visits"]),
        searches=sums.from_json(SearchTally, counts["searches"]),
        tickets=sums.from_json(TicketTally, counts["tickets"]),
        knowledge_first=tuple(counts["knowledge_first"]),
        first_matures_at=datetime.fromisoformat(matures_at) if matures_at else None,
        articles=sums.from_json(ArticleTally, stored.articles),
        clusters=[(key, *numbers, tickets, queries) for key, *numbers, tickets, queries in stored.clusters],
        requesters=stored.requesters,
    )


def _due(session: Session, first: date, last: date, as_of: datetime, pace: Pace) -> list[date]:
    rows = {row.day: row for row in stored_days(session, first, last)}
    countable = set(days_of_log(session, first, last))
    is_costly = sum(row.took_ms for row in rows.values() if not row.is_closed) > pace.cheap_ms
    wait = pace.reuse if is_costly else timedelta(0)

    def is_due_soon(day: date) -> bool:
        """Days that were never counted, or wrongly, come before those that may only have gone on."""
        row = rows.get(day)
        return row is None or row.is_stale or row.definitions != DEFINITIONS

    def is_due(day: date) -> bool:
        row = rows.get(day)
        if row is None:
            return True
        if not row.is_closed:
            return row.is_stale or row.definitions != DEFINITIONS or row.as_of + wait < as_of
        is_outdated = row.is_stale or row.definitions != DEFINITIONS or row.as_of < second_look_at(midnight(day)) <= as_of
        return is_outdated and day in countable

    begin = first_record(session)
    due = [day for day in _days(max(first, begin.date()), last) if is_due(day)] if begin else []
    return sorted(due, key=lambda day: (is_due_soon(day), day))


def _mark_late(database: Database) -> None:
    with database.read() as session:
        late = late_days(session)
    if late:
        with database.write() as session:
            mark_stale(session, late)


def _days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += timedelta(days=1)


def _counts(day: Day) -> dict[str, Any]:
    return {
        "visits": sums.to_json(day.visits),
        "searches": sums.to_json(day.searches),
        "tickets": sums.to_json(day.tickets),
        "knowledge_first": list(newest(day.knowledge_first)),
        "first_matures_at": day.first_matures_at.isoformat() if day.first_matures_at else None,
    }


def _visit_row(judged: Judged) -> dict[str, Any]:
    visit = judged.visit
    keys = {cluster_key(intent.query) for intent in visit.intents if intent.is_settled and not intent.degraded}
    return {
        "started_at": visit.started_at,
        "visitor": visit.visitor,
        "ended_at": visit.ended_at,
        "outcome": str(judged.outcome),
        "traits": bits(judged),
        "slugs": _lines({reading.slug for reading in visit.readings}),
        "searches": _lines(keys),
        "tickets": [ticket.id for ticket in judged.tickets],
    }


def _lines(words: Iterable[str]) -> str:
    return "\n".join(["", *sorted(words), ""])


@contextmanager
def _snapshot(database: Database) -> Iterator[Session]:
    """A session for reading that sees one state of the database, whatever is stored meanwhile."""
    with database.read() as session:
        if not database.is_sqlite:
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        yield session
