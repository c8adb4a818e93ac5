"""The report as it is read: from stored days, with what is due counted first, and parts of days from the raw events."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

from kb.config import Settings
from kb.db import Database, now
from tickets.deflection.days import DEFINITIONS, count_day, midnight, spans
from tickets.deflection.period import Period, parse_period
from tickets.deflection.queries import count_solved, spared_by_stored_views
from tickets.deflection.rates import Rate
from tickets.deflection.report import Report, make_report, report
from tickets.deflection.stored_days import Pace, day_counts, refresh
from tickets.deflection.stored_queries import stored_counts
from tickets.deflection.ticketing import Avoidable, newest
from tickets.deflection.totals import DayCounts, Totals


def pace(settings: Settings) -> Pace:
    """Return how much a reader of the report waits for at once."""
    return Pace(settings.report_wait_s, timedelta(minutes=settings.report_reuse_minutes))


def run(database: Database, settings: Settings, first: str | None, last: str | None, as_of: str | None = None) -> Report:
    """The report on the days from `first` to `last`, both included; see `parse_period`. Raises BadPeriod."""
    period = parse_period(first, last, as_of, now())
    if as_of is None:
        return read_report(database, settings, period)
    with database.read() as session:
        return report(session, period.start, period.end, period.as_of, cost_per_ticket=settings.cost_per_ticket)


def read_report(database: Database, settings: Settings, period: Period, *, in_full: bool = True) -> Report:
    """The report on `period` as known now, or a little earlier where days that are not over are costly to count.

    Without articles and searches unless wanted `in_full`.
    """
    due = refresh(database, period.first_day, period.last_day, period.as_of, pace(settings))
    totals, as_of, older = Totals(), period.as_of, None
    with database.read() as session:
        for stored in stored_counts(session, period.first_day, period.last_day, in_full=in_full):
            if not _is_whole(period, stored.day):
                continue
            totals.add(day_counts(stored))
            if not stored.is_closed:
                as_of = min(as_of, stored.as_of)
            if stored.definitions != DEFINITIONS:
                older = stored.day
        for begin, until in _parts_of_days(period):
            totals.add(DayCounts.of(begin.date(), count_day(session, begin, until, period.as_of)))
        until = min(period.end, period.as_of)
        spared = spared_by_stored_views(session, period.start, until)
        avoidable = Avoidable(Rate(len(spared), count_solved(session, period.start, until)), newest(spared))
    found = make_report(totals, period.start, period.end, as_of, avoidable, settings.cost_per_ticket)
    return replace(found, days_due=len(due), older_until=older)


def _is_whole(period: Period, day: date) -> bool:
    return period.start <= midnight(day) and midnight(day + timedelta(days=1)) <= period.end


def _parts_of_days(period: Period) -> Iterator[tuple[datetime, datetime]]:
    """The beginning and the end of the period where they are no whole days, as times typed exactly may be."""
    return ((begin, until) for begin, until in spans(period.start, min(period.end, period.as_of)) if not _is_whole(period, begin.date()))
