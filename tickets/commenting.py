"""Messages on a ticket: the customer's, the agent's, and notes that only agents see."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from kb.jobs.outbox import enqueue
from tickets import queries
from tickets.attachments import StoredFile, attach
from tickets.changing import ImpossibleChange, TicketNotFound, change_ticket, set_field
from tickets.models import Comment, Status, Ticket, TicketArticle
from tickets.opening import NewTicket, OpenedTicket, ReadArticle, open_ticket


@dataclass(frozen=True, slots=True)
class Message:
    """What somebody wrote, checked already: `body` is plain text within its limit."""

    body: str
    files: tuple[StoredFile, ...] = ()
    uploads: tuple[str, ...] = ()
    """Tokens of files that wait under the form's nonce."""
    nonce: str | None = None
    """Of the form: the same form sent again adds nothing."""
    via: str = "web"
    articles: tuple[ReadArticle, ...] = ()
    """Linked in the message."""


def reply_as_requester(session: Session, ticket_id: int, message: Message, *, now: datetime) -> OpenedTicket | None:
    """Adds the requester's message; pending and solved tickets are open again.

    A closed ticket stays closed: the follow-up that was opened instead is returned. Raises TicketNotFound.
    """
    ticket = _load(session, ticket_id)
    if ticket.status == Status.CLOSED:
        return _follow_up(session, ticket, message, now=now)
    if _add(session, ticket, message, author_id=ticket.requester_id, is_public=True, now=now) is None:
        return None
    ticket.waiting_since = now
    if ticket.status in (Status.PENDING, Status.SOLVED):
        set_field(session, ticket, "status", str(Status.OPEN), actor_id=ticket.requester_id, now=now)
    return None


def reply_as_agent(
    session: Session, ticket_id: int, message: Message, *, author_id: int, changes: Mapping[str, Any] | None = None, version: int | None = None, now: datetime
) -> Ticket:
    """Adds an agent's public reply, applies `changes`, and mails the requester; a new ticket becomes open.

    Raises TicketNotFound, TicketChanged when the ticket is no longer at `version`, ImpossibleChange.
    """
    ticket = _load(session, ticket_id)
    if ticket.status == Status.CLOSED:
        raise ImpossibleChange("status", "This ticket is closed. Open a follow-up to write to the requester.")
    ticket = _change(session, ticket, changes, version=version, author_id=author_id, now=now)
    comment = _add(session, ticket, message, author_id=author_id, is_public=True, now=now)
    if comment is None:
        return ticket
    if ticket.status == Status.NEW:
        set_field(session, ticket, "status", str(Status.OPEN), actor_id=author_id, now=now)
    ticket.replied_at = ticket.replied_at or now
    enqueue(session, "mail.agent_replied", {"ticket_id": ticket.id, "comment_id": comment.id}, ticket_id=ticket.id, now=now)
    return ticket


def add_note(
    session: Session, ticket_id: int, message: Message, *, author_id: int, changes: Mapping[str, Any] | None = None, version: int | None = None, now: datetime
) -> Ticket:
    """Adds an internal note, which the requester never sees, and applies `changes`. Raises as reply_as_agent does."""
    ticket = _change(session, _load(session, ticket_id), changes, version=version, author_id=author_id, now=now)
    _add(session, ticket, message, author_id=author_id, is_public=False, now=now)
    return ticket


def _load(session: Session, ticket_id: int) -> Ticket:
    ticket = queries.ticket_to_change(session, ticket_id)
    if ticket is None:
        raise TicketNotFound(ticket_id)
    return ticket


def _change(session: Session, ticket: Ticket, changes: Mapping[str, Any] | None, *, version: int | None, author_id: int, now: datetime) -> Ticket:
    if not changes:
        return ticket
    return change_ticket(session, ticket.id, changes, version=version, actor_id=author_id, now=now)


def _add(session: Session, ticket: Ticket, message: Message, *, author_id: int, is_public: bool, now: datetime) -> Comment | None:
    """The comment, or None when the same form was sent before."""
    columns = {"ticket_id": ticket.id, "author_id": author_id, "body": message.body, "is_public": is_public}
    comment_id = queries.store_once(session, Comment, "nonce", **columns, via=message.via, nonce=message.nonce, created_at=now)
    if comment_id is None:
        return None
    attach(session, message.files, ticket_id=ticket.id, comment_id=comment_id, now=now)
    if message.uploads and message.nonce:
        queries.claim_uploads(session, message.nonce, message.uploads, ticket_id=ticket.id, comment_id=comment_id)
    for article in message.articles:
        columns = {"ticket_id": ticket.id, "slug": article.slug, "title": article.title[:300], "digest": article.digest, "commit": article.commit}
        session.add(TicketArticle(relation="linked", created_at=now, **columns))
    ticket.updated_at = now
    return session.get_one(Comment, comment_id)


def _follow_up(session: Session, closed: Ticket, message: Message, *, now: datetime) -> OpenedTicket:
    requester = closed.requester
    return open_ticket(
        session,
        NewTicket(
            email=requester.email,
            subject=f"Follow-up to #{closed.id}: {closed.subject}"[:200],
            body=message.body,
            category=closed.category,
            via=message.via,
            locale=closed.locale,
            nonce=message.nonce,
            files=message.files,
            uploads=message.uploads,
            suspended_reason=closed.suspended_reason,
        ),
        now=now,
    )
