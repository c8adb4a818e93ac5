"""Read the report from stored days; what is due is counted first, and parts of days come from the raw events."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from kb.config import Settings
from kb.db import Database, now
from tickets.deflection.days.day import DEFINITIONS, count_day, midnight, spans
from tickets.deflection.days.months import months
from tickets.deflection.days.queries import stored_counts, stored_months
from tickets.deflection.days.stored_days import Pace, refresh
from tickets.deflection.days.totals import Counts, Totals
from tickets.deflection.figures.rates import Rate
from tickets.deflection.figures.ticket_metrics import Avoidable, newest
from tickets.deflection.jobs import ask_to_count
from tickets.deflection.period import Period, parse_period
from tickets.deflection.queries import count_solved, spared_by_stored_views
from tickets.deflection.report import Report, make_report, report

DAY = timedelta(days=1)


def pace(settings: Settings) -> Pace:
    """Return how much a reader of the report waits for at once."""
    return Pace(settings.report_wait_s, timedelta(minutes=settings.report_reuse_minutes))


def count_due_days(database: Database, settings: Settings, period: Period) -> list[date]:
    """Count what a reader can wait for, and ask the worker for the rest; return the days of the rest, oldest first."""
    quick = replace(pace(settings), events=settings.report_events_at_once)
    due = refresh(database, period.first_day, period.last_day, period.as_of, quick)
    if due:
        with database.write() as session:
            ask_to_count(session, now())
    return due


def run(database: Database, settings: Settings, first: str | None, last: str | None, as_of: str | None = None) -> Report:
    """The report on the days from `first` to `last`, both included; see `parse_period`. Raises BadPeriod."""
    period = parse_period(first, last, as_of, now())
    if as_of is None:
        due = refresh(database, period.first_day, period.last_day, period.as_of, pace(settings))
        return replace(read_stored_days(database, settings, period), days_due=len(due))
    with database.read() as session:
        return report(session, period.start, period.end, period.as_of, cost_per_ticket=settings.cost_per_ticket)


def read_report(database: Database, settings: Settings, period: Period, *, in_full: bool = True) -> Report:
    """The report on `period` as known now, or a little earlier where days that are not over are costly to count.

    Without articles and searches unless wanted `in_full`.
    """
    due = count_due_days(database, settings, period)
    return replace(read_stored_days(database, settings, period, in_full=in_full), days_due=len(due))


def read_stored_days(database: Database, settings: Settings, period: Period, *, in_full: bool = True) -> Report:
    """Return the report on `period` from the days that are stored."""
    totals, as_of, older = Totals(), period.as_of, None
    first, last = _whole_days(period)
    with database.read() as session:
        summed = {row.month: row for row in stored_months(session, first, last, in_full=in_full)}
        ends = {begin: end for begin, end in months(first, last) if begin in summed}
        for month in (summed[begin] for begin in ends):
            totals.add(Counts.from_json(month.counts, month.articles, month.clusters, month.requesters))
            older = older if month.definitions == DEFINITIONS else ends[month.month]
        for begin, end in _between(first, last, ends):
            for day in stored_counts(session, begin, end, in_full=in_full):
                totals.add(Counts.from_json(day.counts, day.articles, day.clusters, day.requesters))
                as_of = as_of if day.is_closed else min(as_of, day.as_of)
                older = older if day.definitions == DEFINITIONS else max(day.day, older or day.day)
        for start, until in _parts_of_days(period):
            totals.add(Counts.of(start.date(), count_day(session, start, until, period.as_of)))
        until = min(period.end, period.as_of)
        spared = spared_by_stored_views(session, period.start, until)
        avoidable = Avoidable(Rate(len(spared), count_solved(session, period.start, until)), newest(spared))
    found = make_report(totals, period.start, period.end, as_of, avoidable, settings.cost_per_ticket)
    return replace(found, older_until=older)


def _whole_days(period: Period) -> tuple[date, date]:
    """The first and the last day that belong to the period as a whole; the last is before the first when there is none."""
    first = period.first_day if period.start == midnight(period.first_day) else period.first_day + DAY
    last = period.last_day if period.end == midnight(period.last_day + DAY) else period.last_day - DAY
    return first, last


def _between(first: date, last: date, ends: Mapping[date, date]) -> Iterator[tuple[date, date]]:
    """The days from `first` to `last` that lie before, between and after the months in `ends`, as ranges."""
    for begin, end in sorted(ends.items()):
        if first < begin:
            yield first, begin - DAY
        first = end + DAY
    if first <= last:
        yield first, last


def _parts_of_days(period: Period) -> Iterator[tuple[datetime, datetime]]:
    """The beginning and the end of the period where they are no whole days, as times typed exactly may be."""
    first, last = _whole_days(period)
    return ((start, until) for start, until in spans(period.start, min(period.end, period.as_of)) if not first <= start.date() <= last)
