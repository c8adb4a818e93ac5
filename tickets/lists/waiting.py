"""How long requesters have waited for an answer, as lists colour it."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from kb.config import Settings
from tickets.models import Status, Ticket

SOON, LATE = "soon", "late"


def wait_levels(tickets: Sequence[Ticket], answered: Collection[int], settings: Settings, now: datetime) -> dict[int, str]:
    """Return number of each ticket whose requester has waited long for an answer → how long: SOON or LATE."""
    levels = {}
    for ticket in tickets:
        waited = now - ticket.waiting_since
        if ticket.status not in (Status.NEW, Status.OPEN) or ticket.id in answered or ticket.suspended_reason is not None:
            continue
        if waited >= timedelta(hours=settings.desk_late_hours):
            levels[ticket.id] = LATE
        elif waited >= timedelta(hours=settings.desk_soon_hours):
            levels[ticket.id] = SOON
    return levels
