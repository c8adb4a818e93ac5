"""Rules on time: what happens to tickets by itself."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from tickets import queries
from tickets.access import SYSTEM
from tickets.models import Status
from tickets.update import Update, apply

CLOSED_AFTER = timedelta(days=28)
BATCH = 200


def close_long_solved(session: Session, *, now: datetime) -> bool:
    """Close up to 200 tickets that were solved four weeks ago; return whether there may be more."""
    ticket_ids = queries.solved_before(session, now - CLOSED_AFTER, BATCH)
    for ticket_id in ticket_ids:
        apply(session, ticket_id, Update({"status": str(Status.CLOSED)}), actor=SYSTEM, via="automation", now=now)
    return len(ticket_ids) == BATCH
