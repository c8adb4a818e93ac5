"""Reading the event log."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kb.events.models import Event, Kind


def count_in_visit(session: Session, visit: str, kinds: Collection[Kind]) -> int:
    """Events of these kinds that the visit has so far."""
    return session.scalar(select(func.count()).where(Event.visit == visit, Event.kind.in_([str(kind) for kind in kinds]))) or 0


def most_read(session: Session, since: datetime, limit: int) -> list[str]:
    """Slugs of the articles that the most visits read since then, most first."""
    readers = func.count(Event.visit.distinct())
    read = select(Event.slug).where(Event.kind == str(Kind.ARTICLE_ENGAGED), Event.at >= since, Event.slug.is_not(None))
    return [slug for slug in session.scalars(read.group_by(Event.slug).order_by(readers.desc(), Event.slug).limit(limit)) if slug]
