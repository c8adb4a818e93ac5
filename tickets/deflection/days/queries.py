"""Read and write stored days."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, cast

from sqlalchemy import Table, delete, func, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from tickets.deflection.days.day import midnight
from tickets.deflection.models import FirstView, ReportDay, ReportMonth, ReportVisit

ROWS_AT_ONCE = 1000
_DAYS, _MONTHS, _VISITS, _VIEWS = (cast(Table, model.__table__) for model in (ReportDay, ReportMonth, ReportVisit, FirstView))


class StoredDay(NamedTuple):
    """What is asked of a stored day before it is used."""

    day: date
    definitions: str
    as_of: datetime
    is_closed: bool
    is_stale: bool
    took_ms: int
    newest_ticket: int
    held: list[int]


class StoredCounts(NamedTuple):
    """The counts of a stored day; `articles` and `clusters` are empty unless asked for."""

    day: date
    definitions: str
    as_of: datetime
    is_closed: bool
    counts: dict[str, Any]
    requesters: list[int]
    articles: dict[str, Any]
    clusters: list[Any]


class StoredMonth(NamedTuple):
    """The sum of a month; `articles` and `clusters` are empty unless asked for."""

    month: date
    definitions: str
    counts: dict[str, Any]
    requesters: list[int]
    articles: dict[str, Any]
    clusters: list[Any]


def stored_days(session: Session, first: date, last: date) -> list[StoredDay]:
    """The stored days from `first` to `last`, oldest first."""
    columns = [getattr(ReportDay, name) for name in StoredDay._fields]
    inside = select(*columns).where(ReportDay.day >= first, ReportDay.day <= last).order_by(ReportDay.day)
    return [StoredDay._make(row) for row in session.execute(inside)]


def stored_counts(session: Session, first: date, last: date, *, in_full: bool, is_locking: bool = False) -> list[StoredCounts]:
    """The counts of the stored days from `first` to `last`, oldest first; with their articles and searches when wanted `in_full`."""
    names = StoredCounts._fields if in_full else StoredCounts._fields[:-2]
    inside = select(*(getattr(ReportDay, name) for name in names)).where(ReportDay.day >= first, ReportDay.day <= last).order_by(ReportDay.day)
    inside = inside.with_for_update(read=True) if is_locking else inside
    return [StoredCounts._make((*row, *(() if in_full else ({}, [])))) for row in session.execute(inside)]


def stored_months(session: Session, first: date, last: date, *, in_full: bool) -> list[StoredMonth]:
    """The months that were summed up and begin between `first` and `last`, oldest first; whether all their days do is for the caller to ask."""
    names = StoredMonth._fields if in_full else StoredMonth._fields[:-2]
    inside = select(*(getattr(ReportMonth, name) for name in names)).where(ReportMonth.month >= first, ReportMonth.month <= last).order_by(ReportMonth.month)
    return [StoredMonth._make((*row, *(() if in_full else ({}, [])))) for row in session.execute(inside)]


def write_month(session: Session, **values: Any) -> None:
    """Stores the sum of a month, unless it is there."""
    insert = (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert
    session.connection().execute(insert(_MONTHS).values(**values).on_conflict_do_nothing(index_elements=["month"]))


def store_day(session: Session, row: Mapping[str, Any], visits: Sequence[Mapping[str, Any]], first_views: Mapping[str, datetime]) -> bool:
    """Stores a day in place of what was stored of it; False when something newer is there already."""
    insert = (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert
    values = insert(_DAYS).values(**row)
    renewed = {column.key: values.excluded[column.key] for column in _DAYS.c if column.key != "day"}
    newer = values.on_conflict_do_update(index_elements=["day"], set_=renewed, where=_DAYS.c.as_of <= values.excluded.as_of)
    # The row is written first: another process that stores the same day waits here.
    if session.connection().execute(newer.returning(_DAYS.c.day)).first() is None:
        return False
    session.execute(delete(ReportMonth).where(ReportMonth.month == row["day"].replace(day=1)))
    delete_visits(session, midnight(row["day"]), midnight(row["day"] + timedelta(days=1)))
    for begin in range(0, len(visits), ROWS_AT_ONCE):
        session.connection().execute(_VISITS.insert(), [dict(visit) for visit in visits[begin : begin + ROWS_AT_ONCE]])
    if first_views:
        first = insert(_VIEWS)
        earlier = first.on_conflict_do_update(index_elements=["slug"], set_={"at": first.excluded.at}, where=_VIEWS.c.at > first.excluded.at)
        session.connection().execute(earlier, [{"slug": slug, "at": at} for slug, at in sorted(first_views.items())])
    return True


def mark_stale(session: Session, days: Collection[date]) -> None:
    """The days have to be counted again."""
    session.execute(update(ReportDay).where(ReportDay.day.in_(days)).values(is_stale=True))
    session.execute(delete(ReportMonth).where(ReportMonth.month.in_({day.replace(day=1) for day in days})))


def newest_ticket_counted(session: Session) -> int:
    """The highest ticket id that a stored day knows of."""
    return session.scalar(select(func.max(ReportDay.newest_ticket))) or 0


def first_stored(session: Session) -> date | None:
    """The oldest stored day."""
    return session.scalar(select(func.min(ReportDay.day)))


def delete_visits(session: Session, start: datetime, end: datetime) -> None:
    """Forgets the visits that began in [`start`, `end`), not their counts."""
    session.execute(delete(ReportVisit).where(ReportVisit.started_at >= start, ReportVisit.started_at < end))


def delete_oldest_visits(session: Session, before: datetime, limit: int) -> None:
    """Forgets the visits that began before then, oldest first, at most `limit`."""
    key = tuple_(ReportVisit.started_at, ReportVisit.visitor)
    oldest = select(ReportVisit.started_at, ReportVisit.visitor).where(ReportVisit.started_at < before).order_by(ReportVisit.started_at).limit(limit)
    session.execute(delete(ReportVisit).where(key.in_(oldest)))


class VisitRow(NamedTuple):
    """One stored visit."""

    started_at: datetime
    visitor: str
    ended_at: datetime
    outcome: str
    traits: int
    slugs: str
    searches: str
    tickets: list[int]


ListPosition = tuple[datetime, str]
"""Of a visit in the list: when it began, and the beginning of its visitor's id."""


def visit_rows(
    session: Session,
    days: Iterable[date],
    *,
    within: tuple[datetime, datetime],
    outcomes: Collection[str],
    traits: int,
    slug: str,
    search: str,
    before: ListPosition | None,
    limit: int,
) -> Iterator[VisitRow]:
    """Stored visits of the days, newest first, at most `limit`: with one of the outcomes (any when there are none) and all of the traits."""
    start, end = within
    wanted = select(*(getattr(ReportVisit, name) for name in VisitRow._fields)).where(ReportVisit.started_at >= start, ReportVisit.started_at < end)
    if outcomes:
        wanted = wanted.where(ReportVisit.outcome.in_(list(outcomes)))
    if traits:
        wanted = wanted.where(ReportVisit.traits.bitwise_and(traits) == traits)
    if slug:
        wanted = wanted.where(ReportVisit.slugs.contains(f"\n{slug}\n", autoescape=True))
    if search:
        wanted = wanted.where(ReportVisit.searches.contains(f"\n{search}\n", autoescape=True))
    if before is not None:
        wanted = wanted.where(tuple_(ReportVisit.started_at, ReportVisit.visitor) < before)
    wanted = wanted.order_by(ReportVisit.started_at.desc(), ReportVisit.visitor.desc())
    for day in sorted(days, reverse=True):
        if limit <= 0:
            return
        of_day = wanted.where(ReportVisit.started_at >= midnight(day), ReportVisit.started_at < midnight(day + timedelta(days=1)))
        found = [VisitRow._make(row) for row in session.execute(of_day.limit(limit))]
        limit -= len(found)
        yield from found
