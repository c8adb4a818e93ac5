"""Reading the event log."""

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kb.events.models import Event, Kind


def count_in_visit(session: Session, visit: str, kinds: Collection[Kind]) -> int:
    """Events of these kinds that the visit has so far."""
    return session.scalar(select(func.count()).where(Event.visit == visit, Event.kind.in_([str(kind) for kind in kinds]))) or 0
