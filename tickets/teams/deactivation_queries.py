"""What is asked about the tickets of somebody who leaves."""

from collections.abc import Sequence

from sqlalchemy import func
from sqlalchemy.orm import Session

from tickets.access import SYSTEM, select_tickets
from tickets.models import Ticket
from tickets.teams.group_queries import UNSOLVED


def count_unsolved(session: Session, user_id: int) -> int:
    """How many tickets that are not solved are assigned to the person."""
    statement = select_tickets(SYSTEM, func.count(Ticket.id)).where(Ticket.assignee_id == user_id, Ticket.status.in_(UNSOLVED))
    return session.scalar(statement) or 0


def unsolved_of_person(session: Session, user_id: int, after: int, limit: int) -> Sequence[int]:
    """The numbers above `after` of tickets that are not solved and assigned to the person, at most `limit`."""
    statement = select_tickets(SYSTEM, Ticket.id).where(Ticket.assignee_id == user_id, Ticket.status.in_(UNSOLVED), Ticket.id > after)
    return session.scalars(statement.order_by(Ticket.id).limit(limit)).all()
