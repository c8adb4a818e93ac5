"""Reading the event log, and counting what goes into it."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any, Self

from sqlalchemy import Executable, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from kb.events.models import Event, EventCount, Kind

AT_ONCE = 500
DELETED_AT_ONCE = 50_000
WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a visitor said last to one question: a vote on an article, or whether it solved the problem."""

    question: tuple[str, ...]
    words: str

    @classmethod
    def of(cls, kind: str, row: Mapping[str, Any]) -> Self:
        """Return the answer that an event of one of the kinds said once gives."""
        visitor, visit, slug = str(row["visitor"]), str(row["visit"]), row.get("slug") or ""
        if kind == Kind.SCRIPT_RAN:
            return cls((kind, visit), "ran")
        if kind in (Kind.DEFLECT_CONFIRMED, Kind.DEFLECT_WITHDRAWN):
            # It may be taken back in a later visit, and said anew in one.
            return cls(("solved", visitor, slug), f"in {visit}" if kind == Kind.DEFLECT_CONFIRMED else WITHDRAWN)
        return cls((kind, visitor, slug), row.get("value") or "")


@dataclass(frozen=True, slots=True)
class Counts:
    """Events stored, and dropped by each cap."""

    stored: int = 0
    dropped_visitor: int = 0
    dropped_address: int = 0
    dropped_day: int = 0
    dropped_full: int = 0
    dropped_waiting: int = 0

    @property
    def dropped(self) -> int:
        """Dropped by whatever cap."""
        return self.dropped_visitor + self.dropped_address + self.dropped_day + self.dropped_full + self.dropped_waiting


def latest_answers(session: Session, visitors: Collection[str], kinds: Collection[Kind]) -> Iterator[Answer]:
    """What these visitors said, oldest first."""
    names, wanted = [str(kind) for kind in kinds], sorted(visitors)
    for begin in range(0, len(wanted), AT_ONCE):
        said = select(Event.kind, Event.visitor, Event.visit, Event.slug, Event.value)
        said = said.where(Event.visitor.in_(wanted[begin : begin + AT_ONCE]), Event.kind.in_(names)).order_by(Event.id)
        for row in session.execute(said):
            yield Answer.of(row.kind, row._asdict())


def events_stored(session: Session) -> int:
    """How many events the table holds, without counting them one by one."""
    return int(session.scalar(select(func.sum(EventCount.stored))) or 0)


def count_events(session: Session, day: date, counts: Counts) -> int:
    """Adds to the counts of `day`; how many events of it are stored now."""
    stored: int = session.connection().execute(_counting(session.connection().dialect.name), {"day": day, **asdict(counts)}).scalar_one()
    return stored


def counted(session: Session, first: date, last: date) -> Counts:
    """The counts of the days from `first` to `last`, both included."""
    sums = [func.coalesce(func.sum(getattr(EventCount, name)), 0) for name in Counts.__dataclass_fields__]
    return Counts(*(int(total) for total in session.execute(select(*sums).where(EventCount.day >= first, EventCount.day <= last)).one()))


def day_to_forget(session: Session, most: int) -> date:
    """The day before which events must go for no more than `most` to stay; the first of all days when they may all stay."""
    over, day = events_stored(session) - most, date.min
    for next_day, stored in session.execute(select(EventCount.day, EventCount.stored).where(EventCount.stored > 0).order_by(EventCount.day)):
        if over <= 0:
            break
        over, day = over - stored, next_day + timedelta(days=1)
    return day


def delete_events_before(session: Session, moment: datetime) -> None:
    """Deletes events of the days (UTC) before that of `moment`, oldest first, and takes them off the counts.

    Only so many at a time: on SQLite nobody else can write meanwhile.
    """
    until = datetime.combine(moment.date(), time(), UTC)
    oldest = select(Event.id).where(Event.at < until).order_by(Event.at).limit(DELETED_AT_ONCE)
    session.execute(delete(Event).where(Event.id.in_(oldest)))
    left = session.scalar(select(func.min(Event.at)))
    gone = until.date() if left is None else min(until.date(), left.date())
    session.execute(update(EventCount).where(EventCount.day < gone).values(stored=0))


@cache
def _counting(dialect: str) -> Executable:
    table: Any = EventCount.__table__
    insert = (postgresql if dialect == "postgresql" else sqlite).insert(table)
    sums = {column.key: column + insert.excluded[column.key] for column in table.c if column.key != "day"}
    counting: Executable = insert.on_conflict_do_update(index_elements=["day"], set_=sums).returning(table.c.stored)
    return counting


def most_read(session: Session, since: datetime, limit: int) -> list[str]:
    """Slugs of the articles that the most visits read since then, most first."""
    readers = func.count(Event.visit.distinct())
    read = select(Event.slug).where(Event.kind == str(Kind.ARTICLE_ENGAGED), Event.at >= since, Event.slug.is_not(None))
    return [slug for slug in session.scalars(read.group_by(Event.slug).order_by(readers.desc(), Event.slug).limit(limit)) if slug]
