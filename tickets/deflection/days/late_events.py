"""Find the days to count again: tickets stored late, and held tickets that were released."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from tickets.deflection.days.day import LONGEST, midnight, tickets_until
from tickets.deflection.days.queries import StoredDay, newest_ticket_counted, stored_days
from tickets.deflection.queries import Filed, held_tickets, tickets_filed_late
from tickets.deflection.visits.outcomes import SECOND_LOOK

REACH_DAYS = (LONGEST + SECOND_LOOK).days + 1
"""How many days back a ticket changes figures."""


def late_days(session: Session) -> set[date]:
    """Return the closed days that have to be counted again."""
    closed = {row.day: row for row in stored_days(session, date.min, date.max) if row.is_closed and not row.is_stale}
    if not closed:
        return set()
    filed = tickets_filed_late(session, newest_ticket_counted(session), max(row.as_of for row in closed.values()))
    late = {day for ticket in filed for day in _days_before(ticket.created_at) if day in closed and _is_unknown(ticket, closed[day])}
    held = held_tickets(session, midnight(min(closed)))
    return late | set(_with_other_held(closed.values(), held))


def _days_before(moment: datetime) -> list[date]:
    return [moment.date() - timedelta(days=back) for back in range(REACH_DAYS + 1)]


def _is_unknown(ticket: Filed, row: StoredDay) -> bool:
    return row.newest_ticket < ticket.id and ticket.created_at <= row.as_of


def _with_other_held(rows: Iterable[StoredDay], held: Sequence[Filed]) -> Iterable[date]:
    times = [ticket.created_at for ticket in held]
    for row in rows:
        start, end = midnight(row.day), midnight(row.day + timedelta(days=1))
        now_held = held[bisect_left(times, start) : bisect_right(times, tickets_until(start, end, row.as_of))]
        if {ticket.id for ticket in now_held} != set(row.held):
            yield row.day
