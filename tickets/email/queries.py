"""What mails ask of the database."""

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from tickets.models import Comment, Ticket


def ticket_with_requester(session: Session, ticket_id: int) -> Ticket | None:
    """The ticket and whom it is from."""
    return session.scalar(select(Ticket).where(Ticket.id == ticket_id).options(joinedload(Ticket.requester)))


def public_reply(session: Session, comment_id: int) -> Comment | None:
    """A public comment with its author, its files, and its ticket's requester; None for an internal note, whatever is asked."""
    options = (joinedload(Comment.author), selectinload(Comment.attachments), joinedload(Comment.ticket).joinedload(Ticket.requester))
    return session.scalar(select(Comment).where(Comment.id == comment_id, Comment.is_public).options(*options))
