"""Letting a ticket out of review."""

from datetime import datetime

from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException

from kb.jobs.outbox import enqueue
from tickets import queries
from tickets.changing import set_field
from tickets.models import Status, Ticket


def release_ticket(session: Session, ticket_id: int, *, actor_id: int, now: datetime) -> Ticket:
    """The ticket, no longer held; its requester is told that it arrived, once. Raises 404."""
    ticket = queries.ticket_to_change(session, ticket_id)
    if ticket is None:
        raise HTTPException(404)
    if set_field(session, ticket, "suspended_reason", None, actor_id=actor_id, now=now):
        if ticket.status == Status.SOLVED:
            set_field(session, ticket, "status", str(Status.OPEN), actor_id=actor_id, now=now)
        enqueue(session, "mail.request_received", {"ticket_id": ticket.id}, ticket_id=ticket.id, now=now)
    return ticket
