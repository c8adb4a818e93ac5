"""Sums of whole months, so that a year is read as eleven sums and some days."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from kb.db import Database
from tickets.deflection.days.day import DEFINITIONS, midnight
from tickets.deflection.days.queries import StoredDay, stored_counts, stored_days, stored_months, write_month
from tickets.deflection.days.totals import Counts, Totals
from tickets.deflection.visits.outcomes import second_look_at


def months(first: date, last: date) -> Iterator[tuple[date, date]]:
    """The first and last day of each month that lies within the days from `first` to `last`."""
    begin = first if first.day == 1 else _next(first)
    while (end := _next(begin) - timedelta(days=1)) <= last:
        yield begin, end
        begin = _next(begin)


def sum_up_months(database: Database, first: date, last: date, as_of: datetime) -> None:
    """Sums up the months from `first` to `last` that can be and are not yet."""
    with database.read() as session:
        known = {row.month for row in stored_months(session, first, last, in_full=False)}
        rows = {row.day: row for row in stored_days(session, first, last)}
    for begin, end in months(first, last):
        days = [rows.get(begin + timedelta(days=day)) for day in range((end - begin).days + 1)]
        if begin not in known and all(row is not None and _is_settled(row, as_of) for row in days):
            _sum_up(database, begin, end)


def _sum_up(database: Database, begin: date, end: date) -> None:
    totals = Totals()
    # One transaction that locks the days: whoever counts one of them again meanwhile deletes this sum afterwards.
    with database.write() as session:
        for row in stored_counts(session, begin, end, in_full=True, is_locking=True):
            totals.add(Counts.from_json(row.counts, row.articles, row.clusters, row.requesters))
        counts = totals.counts()
        write_month(
            session,
            month=begin,
            definitions=DEFINITIONS,
            counts=counts.to_json(),
            articles=counts.articles,
            clusters=counts.clusters,
            requesters=counts.requesters,
        )


def _is_settled(row: StoredDay, as_of: datetime) -> bool:
    second = second_look_at(midnight(row.day))
    return row.is_closed and not row.is_stale and row.definitions == DEFINITIONS and second <= row.as_of <= as_of


def _next(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)
