"""Count stored days again from the raw events."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from kb.db import Database, now
from tickets.deflection.days.day import midnight
from tickets.deflection.days.queries import StoredCounts, stored_counts
from tickets.deflection.days.stored_days import count_and_store, days_of_log
from tickets.deflection.visits.outcomes import second_look_at


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild did."""

    days: int
    changed: tuple[date, ...]
    """Closed days whose counts turned out different."""


def rebuild_days(database: Database, first: date | None, last: date | None, progress: Callable[[int, int], None]) -> Rebuilt:
    """Counts every day that the event log has in full again, oldest first."""
    as_of, changed = now(), []
    with database.read() as session:
        days = days_of_log(session, first or date.min, min(last or as_of.date(), as_of.date()))
        before = {row.day: row for row in stored_counts(session, days[0], days[-1], in_full=True)} if days else {}
    for done, day in enumerate(days, start=1):
        count_and_store(database, day, as_of)
        with database.read() as session:
            [after] = stored_counts(session, day, day, in_full=True)
        if day in before and _is_comparable(before[day], after) and before[day]._replace(as_of=after.as_of) != after:
            changed.append(day)
        progress(done, len(days))
    return Rebuilt(len(days), tuple(changed))


def _is_comparable(before: StoredCounts, after: StoredCounts) -> bool:
    """Whether nothing but a fault, or a change by hand, explains a difference: not time, nor other definitions."""
    second = second_look_at(midnight(before.day))
    return before.is_closed and before.definitions == after.definitions and (before.as_of < second) == (after.as_of < second)
