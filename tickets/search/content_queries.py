"""What is indexed of tickets, as it is stored."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kb.accounts.models import User
from tickets.access import SYSTEM, select_tickets
from tickets.models import Attachment, Comment, Ticket, TicketTag


@dataclass(frozen=True, slots=True)
class MessageContent:
    """A message with the names of its files."""

    body: str
    is_public: bool
    file_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TicketContent:
    """What is indexed of one ticket."""

    ticket_id: int
    subject: str
    people: tuple[str, ...]
    tags: tuple[str, ...]
    locale: str
    language: str
    messages: tuple[MessageContent, ...]


def contents(session: Session, ticket_ids: Sequence[int]) -> list[TicketContent]:
    """Return what is indexed of these tickets, in four statements."""
    columns = (Ticket.id, Ticket.subject, Ticket.requester_name, Ticket.locale, Ticket.language, User.name, User.email)
    rows = session.execute(select_tickets(SYSTEM, *columns).join(User, Ticket.requester_id == User.id).where(Ticket.id.in_(ticket_ids))).all()
    tags: dict[int, list[str]] = defaultdict(list)
    for ticket_id, name in session.execute(select(TicketTag.ticket_id, TicketTag.name).where(TicketTag.ticket_id.in_(ticket_ids)).order_by(TicketTag.name)):
        tags[ticket_id].append(name)
    files: dict[int, list[str]] = defaultdict(list)
    named = select(Attachment.comment_id, Attachment.name).where(Attachment.ticket_id.in_(ticket_ids), Attachment.comment_id.is_not(None))
    for comment_id, name in session.execute(named.order_by(Attachment.id)):
        files[comment_id or 0].append(name)
    messages: dict[int, list[MessageContent]] = defaultdict(list)
    written = select(Comment.ticket_id, Comment.id, Comment.body, Comment.is_public).where(Comment.ticket_id.in_(ticket_ids))
    for ticket_id, comment_id, body, is_public in session.execute(written.order_by(Comment.id)):
        messages[ticket_id].append(MessageContent(body, is_public, tuple(files[comment_id])))
    return [TicketContent(row[0], row[1], (row[2], row[5], row[6]), tuple(tags[row[0]]), row[3], row[4], tuple(messages[row[0]])) for row in rows]


def file_names(session: Session, comment_id: int) -> tuple[str, ...]:
    """Return the names of a message's files."""
    return tuple(session.scalars(select(Attachment.name).where(Attachment.comment_id == comment_id).order_by(Attachment.id)))


def numbers_below(session: Session, ticket_id: int, limit: int) -> Sequence[int]:
    """Return the numbers of the next tickets below this one, highest first."""
    return session.scalars(select_tickets(SYSTEM, Ticket.id).where(Ticket.id < ticket_id).order_by(Ticket.id.desc()).limit(limit)).all()


def count_tickets(session: Session) -> int:
    """Return how many tickets there are."""
    return session.scalar(select_tickets(SYSTEM, func.count(Ticket.id))) or 0


def oldest_number(session: Session) -> int | None:
    """Return the lowest number of a ticket."""
    found: int | None = session.scalar(select_tickets(SYSTEM, func.min(Ticket.id)))
    return found
