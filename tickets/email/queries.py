"""Load what emails are written from."""

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from tickets.access import Actor, select_tickets
from tickets.models import Comment, Ticket


def ticket_with_requester(session: Session, actor: Actor, ticket_id: int) -> Ticket | None:
    """Return the ticket and whom it is from, if `actor` may see it."""
    found: Ticket | None = session.scalar(select_tickets(actor).where(Ticket.id == ticket_id).options(joinedload(Ticket.requester)))
    return found


def public_reply(session: Session, comment_id: int) -> Comment | None:
    """A public comment with its author, its files, and its ticket's requester; None for an internal note, whatever is asked."""
    options = (joinedload(Comment.author), selectinload(Comment.attachments), joinedload(Comment.ticket).joinedload(Ticket.requester))
    return session.scalar(select(Comment).where(Comment.id == comment_id, Comment.is_public).options(*options))
