"""Store days: each is counted when it is over, after a week, and when something came late."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from time import monotonic
from typing import Any

from sqlalchemy.orm import Session

from kb.db import Database
from tickets.deflection.days.day import DEFINITIONS, count_day, midnight
from tickets.deflection.days.late_events import late_days
from tickets.deflection.days.months import sum_up_months
from tickets.deflection.days.queries import first_stored, mark_stale, store_day, stored_days
from tickets.deflection.days.totals import Counts
from tickets.deflection.queries import count_events, first_record, newest_ticket
from tickets.deflection.visits.clusters import cluster_key
from tickets.deflection.visits.outcomes import Judged, second_look_at
from tickets.deflection.visits.traits import bits

FORGOTTEN = timedelta(days=2)
QUIET_AT_ONCE = 100
"""Days without visits that are stored together: each transaction waits for the disk."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How much is counted at once."""

    budget_s: float
    """Counting ends after the day at which this is over."""
    reuse: timedelta
    """How old the counts of days that are not over may be when counting them is costly."""
    cheap_ms: int = 300
    """Counting them is not costly when it took no longer."""
    events: int | None = None
    """Counting ends before the day whose events exceed this, all counted days together; None: it never ends for that."""


def refresh(database: Database, first: date, last: date, as_of: datetime, pace: Pace) -> list[date]:
    """Counts and stores what is due of the days from `first` to `last`, at least one that is not too busy; the days that are still due, oldest first."""
    ends, events = monotonic() + pace.budget_s, pace.events
    _mark_late(database)
    with database.read() as session:
        due = _due(session, first, min(last, as_of.date()), as_of, pace)
    quiet: list[CountedDay] = []
    while due:
        if events is not None and (events := events - _events(database, due[-1], events)) < 0:
            break
        counted = count(database, due.pop(), as_of)
        if counted.visits or len(quiet) > QUIET_AT_ONCE:
            store(database, [counted])
        else:
            quiet.append(counted)
        if monotonic() > ends:
            break
    store(database, quiet)
    if not due:
        sum_up_months(database, first, last, as_of)
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


@dataclass(frozen=True, slots=True)
class CountedDay:
    """A day that was counted, as it is stored."""

    row: Mapping[str, Any]
    visits: Sequence[Mapping[str, Any]]
    first_views: Mapping[str, datetime]


def count(database: Database, day: date, as_of: datetime) -> CountedDay:
    """Counts one day from the raw events."""
    begun, visits = monotonic(), list[dict[str, Any]]()
    start, end = midnight(day), midnight(day + timedelta(days=1))
    with _snapshot(database) as session:
        newest_id = newest_ticket(session)
        counted = count_day(session, start, end, as_of, lambda judged: visits.append(_visit_row(judged)) if judged.outcome else None)
    counts = Counts.of(day, counted)
    row = {
        "day": day,
        "definitions": DEFINITIONS,
        "as_of": as_of,
        "is_closed": counted.is_closed,
        "is_stale": False,
        "took_ms": round((monotonic() - begun) * 1000),
        "newest_ticket": newest_id,
        "held": counted.held,
        "counts": counts.to_json(),
        "articles": counts.articles,
        "clusters": counts.clusters,
        "requesters": counts.requesters,
    }
    return CountedDay(row, visits, counted.first_views)


def store(database: Database, days: Iterable[CountedDay]) -> None:
    """Stores counted days, in one transaction."""
    with database.write() as session:
        for day in days:
            store_day(session, day.row, day.visits, day.first_views)


def count_and_store(database: Database, day: date, as_of: datetime) -> None:
    """Counts one day from the raw events and stores it."""
    store(database, [count(database, day, as_of)])


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


def _events(database: Database, day: date, most: int) -> int:
    """Return the number of events of the day, or one more than `most` where there are more."""
    with database.read() as session:
        return count_events(session, midnight(day), midnight(day + timedelta(days=1)), most + 1)


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
