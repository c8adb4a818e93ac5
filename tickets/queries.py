"""What is asked of the database about tickets."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Executable, Insert, Row, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, joinedload, selectinload

from kb.accounts.models import Role, User
from kb.db import Base
from kb.events.models import Event, Kind
from tickets.models import Attachment, Comment, IdempotencyKey, Ticket, TicketArticle

MOST_ARTICLES_READ = 20
MOST_COMMENTS = 1000
MOST_LISTED = 50
SAMPLE = 50
ATTACHMENT_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,43}")


_USERS: Any = User.__table__
_TICKETS: Any = Ticket.__table__
_EVENTS: Any = Event.__table__
# Statements of every request filed are made once: making them costs more than running them.
USER_ID = select(_USERS.c.id).where(_USERS.c.email == bindparam("address"))
NAME_CUSTOMER = (
    update(_USERS).where(_USERS.c.id == bindparam("number"), _USERS.c.name == "", _USERS.c.role == str(Role.CUSTOMER)).values(name=bindparam("called"))
)
SENT_BEFORE = select(_TICKETS.c.id, _TICKETS.c.salt, _TICKETS.c.requester_id, _TICKETS.c.created_at).where(_TICKETS.c.nonce == bindparam("sent"))

ARTICLES_READ = (
    select(_EVENTS.c.slug, func.max(_EVENTS.c.digest), func.max(_EVENTS.c.commit))
    .where(_EVENTS.c.visit == bindparam("of_visit"), _EVENTS.c.kind == str(Kind.ARTICLE_VIEW), _EVENTS.c.slug.is_not(None))
    .group_by(_EVENTS.c.slug)
    .order_by(func.max(_EVENTS.c.id).desc())
    .limit(MOST_ARTICLES_READ)
)


def store(session: Session, model: type[Base], **values: Any) -> int:
    """Stores one row without the unit of work, which costs twice as much; its id."""
    key: Any = session.connection().execute(_insert(model), values).inserted_primary_key
    return int(key[0])


def store_once(session: Session, model: type[Base], unique: str, **values: Any) -> int | None:
    """Stores one row; its id, or None when another row holds the same value in the column `unique`."""
    statement = _insert_once(model, unique, session.get_bind().dialect.name)
    return session.connection().execute(statement, values).scalar_one_or_none()


def user_id(session: Session, email: str) -> int | None:
    """The id of the account with this canonical address."""
    found: int | None = session.connection().execute(USER_ID, {"address": email}).scalar_one_or_none()
    return found


def name_customer(session: Session, user_id: int, name: str) -> None:
    """Names a customer who has no name yet; nobody who has one, and no agent: a stranger may have written their address."""
    session.connection().execute(NAME_CUSTOMER, {"number": user_id, "called": name})


def sent_before(session: Session, nonce: str) -> Row[int, str, int, datetime] | None:
    """(id, salt, requester_id, created_at) of the ticket that this form has become."""
    return session.connection().execute(SENT_BEFORE, {"sent": nonce}).one_or_none()


def articles_read(session: Session, visit: str) -> Sequence[Row[str, str | None, str | None]]:
    """(slug, digest, commit) of the articles opened in this visit, newest first, at most 20."""
    return session.connection().execute(ARTICLES_READ, {"of_visit": visit}).all()


def ticket_salt(session: Session, ticket_id: int) -> str | None:
    """The part of the ticket's secret link that is stored."""
    return session.execute(select(Ticket.salt).where(Ticket.id == ticket_id)).scalar_one_or_none()


def ticket(session: Session, ticket_id: int) -> Ticket | None:
    """The ticket with all that a page of it shows; its comments are asked for apart."""
    options = (joinedload(Ticket.requester), joinedload(Ticket.assignee), selectinload(Ticket.tags), selectinload(Ticket.articles))
    return session.execute(select(Ticket).where(Ticket.id == ticket_id).options(*options)).scalar_one_or_none()


def ticket_to_change(session: Session, ticket_id: int) -> Ticket | None:
    """The ticket, kept from everybody else's changes until the transaction ends."""
    statement = select(Ticket).where(Ticket.id == ticket_id).with_for_update(of=Ticket).execution_options(populate_existing=True)
    return session.execute(statement.options(selectinload(Ticket.tags))).scalar_one_or_none()


def comments(session: Session, ticket_id: int, *, with_notes: bool) -> Sequence[Comment]:
    """The conversation, oldest first, with authors and files; internal notes only when asked for."""
    statement = select(Comment).where(Comment.ticket_id == ticket_id).options(joinedload(Comment.author), selectinload(Comment.attachments))
    if not with_notes:
        statement = statement.where(Comment.is_public)
    return session.execute(statement.order_by(Comment.id).limit(MOST_COMMENTS)).scalars().all()


def requests_of(session: Session, requester_id: int, *, before: int | None = None) -> Sequence[Ticket]:
    """The requester's tickets, newest first, at most 50, those with an id below `before`."""
    statement = select(Ticket).where(Ticket.requester_id == requester_id)
    if before is not None:
        statement = statement.where(Ticket.id < before)
    return session.execute(statement.order_by(Ticket.id.desc()).limit(MOST_LISTED)).scalars().all()


def comment_by_nonce(session: Session, nonce: str) -> Comment | None:
    """The comment that this form has become."""
    return session.execute(select(Comment).where(Comment.nonce == nonce)).scalar_one_or_none()


def first_reply_waits(session: Session, since: datetime) -> list[timedelta]:
    """How long the requesters of the newest answered tickets waited for the first reply, at most 50."""
    statement = select(Ticket.created_at, Ticket.replied_at).where(Ticket.replied_at.is_not(None), Ticket.created_at >= since)
    rows = session.execute(statement.order_by(Ticket.created_at.desc()).limit(SAMPLE)).all()
    return [replied - created for created, replied in rows if replied is not None]


def pending_uploads(session: Session, form_nonce: str) -> Sequence[Attachment]:
    """The files chosen in a form that has not been sent yet."""
    statement = select(Attachment).where(Attachment.form_nonce == form_nonce, Attachment.comment_id.is_(None)).order_by(Attachment.id)
    return session.execute(statement).scalars().all()


def claim_uploads(session: Session, form_nonce: str, tokens: Sequence[str], *, ticket_id: int, comment_id: int) -> None:
    """Gives the form's waiting files named by `tokens` to a comment."""
    statement = update(Attachment).where(Attachment.form_nonce == form_nonce, Attachment.token.in_(tokens), Attachment.comment_id.is_(None))
    session.execute(statement.values(ticket_id=ticket_id, comment_id=comment_id), execution_options={"synchronize_session": False})


def attachment(session: Session, token: str) -> Attachment | None:
    """A file that belongs to a comment, with that comment."""
    if not ATTACHMENT_TOKEN.fullmatch(token):
        return None
    statement = select(Attachment).where(Attachment.token == token, Attachment.comment_id.is_not(None)).options(joinedload(Attachment.comment))
    return session.execute(statement).scalar_one_or_none()


def forget_uploads(session: Session, before: datetime) -> None:
    """Deletes the rows of files whose form was not sent since `before`."""
    session.execute(delete(Attachment).where(Attachment.comment_id.is_(None), Attachment.created_at < before))


def is_stored(session: Session, sha256: str) -> bool:
    """Whether any attachment has this content."""
    return session.execute(select(Attachment.id).where(Attachment.sha256 == sha256).limit(1)).first() is not None


def idempotency_key(session: Session, api_key_id: int, key: str) -> IdempotencyKey | None:
    """What an API client has sent under this key before."""
    return session.get(IdempotencyKey, (api_key_id, key))


def solved_before(session: Session, moment: datetime) -> Sequence[Ticket]:
    """Tickets solved before `moment` and not closed yet, oldest first, at most 50."""
    statement = select(Ticket).where(Ticket.status == "solved", Ticket.solved_at < moment)
    return session.execute(statement.order_by(Ticket.id).limit(MOST_LISTED).with_for_update()).scalars().all()


def linked_articles(session: Session, ticket_id: int) -> Sequence[TicketArticle]:
    """The articles tied to a ticket, in the order they were."""
    return session.execute(select(TicketArticle).where(TicketArticle.ticket_id == ticket_id).order_by(TicketArticle.id)).scalars().all()


@cache
def _insert(model: type[Base]) -> Insert:
    table: Any = model.__table__
    return insert(table)


@cache
def _insert_once(model: type[Base], unique: str, dialect: str) -> Executable:
    table: Any = model.__table__
    statement = (postgresql if dialect == "postgresql" else sqlite).insert(table)
    once: Executable = statement.on_conflict_do_nothing(index_elements=[unique]).returning(table.c.id)
    return once
