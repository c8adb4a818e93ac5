"""What is asked of the database about tickets."""

import re
import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Executable, Insert, Row, String, and_, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, joinedload, selectinload

from kb.accounts.models import IS_STAFF, Group, GroupMember, Organization, StoredRole, User
from kb.db import Base
from kb.events.models import Event, Kind
from kb.text.whole_number import parse_whole_number
from tickets.access import SYSTEM, Actor, comments_visible_to, select_tickets
from tickets.audit import Commented
from tickets.audit import Event as AuditEvent
from tickets.models import Attachment, Audit, Comment, IdempotencyKey, NotificationChoice, StoredDraft, Ticket, TicketArticle
from tickets.recorded_update import RecordedUpdate, StaffMember

MOST_ARTICLES_READ = 20
MOST_COMMENTS = 1000
MOST_AUDITS = 1000
MOST_STAFF = 1000
MOST_LISTED = 50
SAMPLE = 50
ATTACHMENT_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,43}")


_USERS: Any = User.__table__
_EVENTS: Any = Event.__table__
# Made once: making them costs more than running them.
_CHOICES: Any = NotificationChoice.__table__
_ROLES: Any = StoredRole.__table__
_MEMBERS: Any = GroupMember.__table__
_GROUPS = select(func.aggregate_strings(_MEMBERS.c.group_id.cast(String), ",")).where(_MEMBERS.c.user_id == _USERS.c.id).scalar_subquery()
NOTIFIED = (
    select(_USERS.c.id, _CHOICES.c.reasons, _ROLES.c.permissions, _GROUPS.label("groups"))
    .select_from(_USERS.join(_ROLES, _ROLES.c.slug == _USERS.c.role).outerjoin(_CHOICES, _CHOICES.c.user_id == _USERS.c.id))
    .where(IS_STAFF, _USERS.c.is_active)
    .order_by(_USERS.c.id)
    .limit(MOST_STAFF)
)
NOTIFIED_OF = NOTIFIED.where(_USERS.c.id.in_(bindparam("user_ids", expanding=True)))
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


def add(session: Session, model: type[Base], **values: Any) -> None:
    """Store one row whose id nobody asks for."""
    session.connection().execute(_insert_only(model), values)


def store_once(session: Session, model: type[Base], unique: str, **values: Any) -> int | None:
    """Stores one row; its id, or None when another row holds the same value in the column `unique`."""
    statement = _insert_once(model, unique, session.connection().dialect.name)
    return session.connection().execute(statement, values).scalar_one_or_none()


def store_all(session: Session, model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Store rows with the same columns in one statement."""
    if rows:
        session.connection().execute(_insert_only(model), rows if len(rows) > 1 else rows[0])


def store_audit(session: Session, recorded: RecordedUpdate, events: tuple[AuditEvent, ...]) -> None:
    """Store the audit of an update, and flush the ticket with it."""
    session.flush()
    columns = {"ticket_id": recorded.ticket_id, "actor_id": recorded.actor.user_id, "via": recorded.via, "at": recorded.at, "version": recorded.version}
    add(session, Audit, **columns, is_migrated=False, events=events)


def articles_read(session: Session, visit: str) -> Sequence[Row[str, str | None, str | None]]:
    """(slug, digest, commit) of the articles opened in this visit, newest first, at most 20."""
    return session.connection().execute(ARTICLES_READ, {"of_visit": visit}).all()


def ticket_salt(session: Session, ticket_id: int) -> str | None:
    """Return the part of the ticket's secret link that is stored."""
    return session.execute(select_tickets(SYSTEM, Ticket.salt).where(Ticket.id == ticket_id)).scalar_one_or_none()


def ticket(session: Session, actor: Actor, ticket_id: int) -> Ticket | None:
    """Return the ticket with all that a page of it shows, if `actor` may see it; its comments are loaded apart."""
    options = (
        joinedload(Ticket.requester),
        joinedload(Ticket.assignee),
        joinedload(Ticket.group),
        joinedload(Ticket.organization),
        selectinload(Ticket.tags),
        selectinload(Ticket.articles),
    )
    return session.execute(select_tickets(actor).where(Ticket.id == ticket_id).options(*options)).scalar_one_or_none()


def visible_numbers(session: Session, actor: Actor, ticket_ids: Collection[int]) -> frozenset[int]:
    """Return those of the tickets that `actor` may see."""
    statement = select_tickets(actor, Ticket.id).where(Ticket.id.in_(sorted(ticket_ids)))
    return frozenset(session.scalars(statement)) if ticket_ids else frozenset()


def lock_ticket(session: Session, actor: Actor, ticket_id: int, *, with_tags: bool) -> Ticket | None:
    """Return the ticket, locked until the transaction ends, if `actor` may see it."""
    statement = select_tickets(actor).where(Ticket.id == ticket_id).with_for_update(of=Ticket).execution_options(populate_existing=True)
    if with_tags:
        statement = statement.options(selectinload(Ticket.tags))
    return session.execute(statement).scalar_one_or_none()


def comments(session: Session, actor: Actor, ticket_id: int) -> Sequence[Comment]:
    """Return the messages that `actor` may read, oldest first, with authors and files, at most 1,000."""
    statement = select(Comment).where(Comment.ticket_id == ticket_id, comments_visible_to(actor))
    statement = statement.options(joinedload(Comment.author), selectinload(Comment.attachments))
    return session.execute(statement.order_by(Comment.id).limit(MOST_COMMENTS)).scalars().all()


def last_messages(session: Session, ticket_ids: Collection[int]) -> dict[int, datetime]:
    """Return id of each ticket → when its last public message was written."""
    statement = select(Comment.ticket_id, func.max(Comment.created_at)).where(Comment.ticket_id.in_(ticket_ids), Comment.is_public)
    return dict(session.execute(statement.group_by(Comment.ticket_id)).all()) if ticket_ids else {}


def filed_since(session: Session, visitor: str, email: str, words: tuple[str, str, str, str], since: datetime) -> Sequence[Ticket]:
    """Return what this visitor filed since then for this address with this (name, subject, category, body), newest first, with files."""
    name, subject, category, body = words
    statement = select_tickets(SYSTEM).join(Ticket.requester).where(Ticket.visitor == visitor, User.email == email)
    statement = statement.where(Ticket.requester_name == name, Ticket.subject == subject, Ticket.category == category)
    statement = statement.where(Ticket.created_at >= since, Ticket.comments.any(and_(Comment.body == body, Comment.author_id == Ticket.requester_id)))
    statement = statement.options(selectinload(Ticket.comments).selectinload(Comment.attachments))
    return session.execute(statement.order_by(Ticket.id.desc()).limit(5)).scalars().all()


def latest_or_same_form(session: Session, ticket_id: int, nonce: str | None) -> Sequence[Comment]:
    """Return the newest message of the ticket, and the one that the form with this nonce became, that one first."""
    newest = select(func.max(Comment.id)).where(Comment.ticket_id == ticket_id).scalar_subquery()
    is_either = Comment.id == newest if nonce is None else or_(Comment.id == newest, and_(Comment.nonce == nonce, Comment.ticket_id == ticket_id))
    found = session.execute(select(Comment).where(is_either)).scalars().all()
    return sorted(found, key=lambda comment: nonce is None or comment.nonce != nonce)


def follow_ups(session: Session, actor: Actor, ticket_id: int) -> Sequence[Ticket]:
    """Return the tickets that continue this one, oldest first, at most 50."""
    statement = select_tickets(actor).where(Ticket.follow_up_of_id == ticket_id).order_by(Ticket.id).limit(MOST_LISTED)
    return session.execute(statement).scalars().all()


def comments_of_form(session: Session, ticket_id: int, form_nonce: str) -> Sequence[Comment]:
    """Return the messages on the ticket that the form with this nonce became."""
    return session.execute(select(Comment).where(Comment.ticket_id == ticket_id, Comment.nonce.startswith(form_nonce, autoescape=True))).scalars().all()


def audits(session: Session, ticket_id: int) -> Sequence[Audit]:
    """Return the latest audits of the ticket with who made them, oldest first, at most 1,000."""
    statement = select(Audit).where(Audit.ticket_id == ticket_id).options(joinedload(Audit.actor))
    return session.execute(statement.order_by(Audit.id.desc()).limit(MOST_AUDITS)).scalars().all()[::-1]


def audits_since(session: Session, ticket_id: int, version: int) -> Sequence[Audit]:
    """Return the audits after the ticket was at `version`, oldest first."""
    statement = select(Audit).where(Audit.ticket_id == ticket_id, Audit.version > version)
    return session.execute(statement.order_by(Audit.id).limit(MOST_AUDITS)).scalars().all()


def audit_of_comment(session: Session, comment: Comment) -> Audit | None:
    """Return the audit that added the message."""
    statement = select(Audit).where(Audit.ticket_id == comment.ticket_id, Audit.at == comment.created_at)
    found = session.execute(statement.order_by(Audit.id)).scalars().all()
    return next((audit for audit in found if any(isinstance(event, Commented) and event.comment_id == comment.id for event in audit.events)), None)


def people(session: Session, user_ids: Collection[int]) -> dict[int, User]:
    """Return id → person."""
    return {user.id: user for user in session.scalars(select(User).where(User.id.in_(sorted(user_ids))))} if user_ids else {}


def is_member(session: Session, group_id: int | None, user_id: int | None) -> bool:
    """Return whether the person is in the group."""
    return session.get(GroupMember, (group_id, user_id)) is not None


def group_names(session: Session, group_ids: Collection[int]) -> dict[int, str]:
    """Return id → name, those of deleted groups too."""
    return dict(session.execute(select(Group.id, Group.name).where(Group.id.in_(sorted(group_ids)))).all()) if group_ids else {}


def notified_staff(session: Session, user_ids: Collection[int] | None) -> list[StaffMember]:
    """Return the active staff, at most 1,000; of those in `user_ids` only, where given."""
    statement, values = (NOTIFIED, {}) if user_ids is None else (NOTIFIED_OF, {"user_ids": sorted(user_ids)})
    return [StaffMember(*row) for row in session.connection().execute(statement, values)]


def notification_reasons(session: Session, user_id: int) -> list[str] | None:
    """Return the reasons this person chose; None for no choice yet."""
    chosen = session.get(NotificationChoice, user_id)
    return None if chosen is None else list(chosen.reasons)


def store_notification_reasons(session: Session, user_id: int, reasons: list[str]) -> None:
    """Store what this person chose."""
    session.merge(NotificationChoice(user_id=user_id, reasons=reasons))


def requests_of(
    session: Session, actor: Actor, requester_id: int, *, words: str = "", statuses: Collection[str] = (), before: int | None = None
) -> Sequence[Ticket]:
    """Return the requester's tickets, newest first, at most 50: those with an id below `before`, of these statuses, whose number or subject is `words`."""
    statement = select_tickets(actor).where(Ticket.requester_id == requester_id)
    if words:
        number = parse_whole_number(words.removeprefix("#"))
        statement = statement.where(contains(Ticket.subject, words) if number is None else or_(contains(Ticket.subject, words), Ticket.id == number))
    if statuses:
        statement = statement.where(Ticket.status.in_(statuses))
    if before is not None:
        statement = statement.where(Ticket.id < before)
    return session.execute(statement.order_by(Ticket.id.desc()).limit(MOST_LISTED)).scalars().all()


def contains(column: Any, words: str) -> ColumnElement[bool]:
    """Return the condition that the column contains the words in any case. SQLite folds that of ASCII alone, so others are looked for in each spelling."""
    spellings = dict.fromkeys((words, words.lower(), words.upper(), words.capitalize(), words.title()))
    return or_(*(column.icontains(one, autoescape=True) for one in (spellings if not words.isascii() else (words,))))


def requests_of_colleagues(session: Session, actor: Actor, *, before: int | None = None) -> Sequence[Ticket]:
    """Return what others of the customer's organization sent, newest first, at most 50, those with an id below `before`."""
    statement = select_tickets(actor).where(Ticket.requester_id != actor.user_id, Ticket.organization_id.is_not(None)).options(joinedload(Ticket.requester))
    if before is not None:
        statement = statement.where(Ticket.id < before)
    return session.execute(statement.order_by(Ticket.id.desc()).limit(MOST_LISTED)).scalars().all()


def shared_organization(session: Session, user_id: int) -> Organization | None:
    """Return the person's organization, if it shares its requests."""
    statement = select(Organization).join(User, User.organization_id == Organization.id).where(User.id == user_id, Organization.shares_requests)
    return session.scalar(statement)


def first_reply_waits(session: Session, since: datetime) -> list[timedelta]:
    """Return how long the requesters of the newest answered tickets waited for the first reply, at most 50."""
    statement = select_tickets(SYSTEM, Ticket.created_at, Ticket.replied_at).where(Ticket.replied_at.is_not(None), Ticket.created_at >= since)
    rows = session.execute(statement.order_by(Ticket.created_at.desc()).limit(SAMPLE)).all()
    return [replied - created for created, replied in rows if replied is not None]


def pending_uploads(session: Session, form_nonce: str) -> Sequence[Attachment]:
    """The files chosen in a form that has not been sent yet."""
    statement = select(Attachment).where(Attachment.form_nonce == form_nonce, Attachment.comment_id.is_(None)).order_by(Attachment.id)
    return session.execute(statement).scalars().all()


def claim_uploads(session: Session, form_nonce: str, tokens: Sequence[str], *, ticket_id: int, comment_id: int) -> None:
    """Give the form's files named by `tokens` to a comment. What went with a message sent from the form before is given once more."""
    named = (Attachment.form_nonce == form_nonce, Attachment.token.in_(tokens))
    claimed = update(Attachment).where(*named, Attachment.comment_id.is_(None)).values(ticket_id=ticket_id, comment_id=comment_id)
    count = cast(CursorResult[Any], session.execute(claimed, execution_options={"synchronize_session": False})).rowcount
    if count < len(set(tokens)):
        gone_before = session.execute(select(Attachment).where(*named, Attachment.comment_id != comment_id).order_by(Attachment.id)).scalars()
        columns = ("name", "content_type", "size", "sha256", "created_at")
        again = [{name: getattr(file, name) for name in columns} | {"token": secrets.token_urlsafe(32)} for file in gone_before]
        store_all(session, Attachment, [row | {"ticket_id": ticket_id, "comment_id": comment_id} for row in again])


def attachment(session: Session, token: str) -> Attachment | None:
    """A file that belongs to a comment, with that comment."""
    if not ATTACHMENT_TOKEN.fullmatch(token):
        return None
    statement = select(Attachment).where(Attachment.token == token, Attachment.comment_id.is_not(None)).options(joinedload(Attachment.comment))
    return session.execute(statement).scalar_one_or_none()


def forget_uploads(session: Session, before: datetime) -> None:
    """Delete the rows of files whose form was not sent since `before`, except those of a draft."""
    is_drafted = select(StoredDraft.nonce).where(StoredDraft.nonce == Attachment.form_nonce).exists()
    session.execute(delete(Attachment).where(Attachment.comment_id.is_(None), Attachment.created_at < before, ~is_drafted))


def is_stored(session: Session, sha256: str) -> bool:
    """Whether any attachment has this content."""
    return session.execute(select(Attachment.id).where(Attachment.sha256 == sha256).limit(1)).first() is not None


def idempotency_key(session: Session, api_key_id: int, key: str) -> IdempotencyKey | None:
    """What an API client has sent under this key before."""
    return session.get(IdempotencyKey, (api_key_id, key))


def solved_before(session: Session, moment: datetime, limit: int) -> Sequence[int]:
    """Return the numbers of tickets that were solved before `moment` and are not closed yet, oldest first."""
    statement = select_tickets(SYSTEM, Ticket.id).where(Ticket.status == "solved", Ticket.solved_at < moment)
    return session.execute(statement.order_by(Ticket.id).limit(limit)).scalars().all()


def linked_articles(session: Session, ticket_id: int) -> Sequence[TicketArticle]:
    """The articles tied to a ticket, in the order they were."""
    return session.execute(select(TicketArticle).where(TicketArticle.ticket_id == ticket_id).order_by(TicketArticle.id)).scalars().all()


@cache
def _insert(model: type[Base]) -> Insert:
    table: Any = model.__table__
    return insert(table)


@cache
def _insert_only(model: type[Base]) -> Insert:
    return _insert(model).inline()


@cache
def _insert_once(model: type[Base], unique: str, dialect: str) -> Executable:
    table: Any = model.__table__
    statement = (postgresql if dialect == "postgresql" else sqlite).insert(table)
    once: Executable = statement.on_conflict_do_nothing(index_elements=[unique]).returning(table.c.id)
    return once
