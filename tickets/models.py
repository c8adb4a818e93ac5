"""Tickets as the field knows them: statuses, priorities and types are Zendesk's words."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.engine.interfaces import ExecutionContext
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kb.accounts.models import Group, Organization, User
from kb.db import Base, RowId, UtcDateTime
from tickets.audit import Event, EventList

MAX_SUBJECT_CHARS = 200
MAX_BODY_CHARS = 64_000


class Status(StrEnum):
    """Where a ticket stands; `pending` waits for the requester, `hold` for somebody else."""

    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    HOLD = "hold"
    SOLVED = "solved"
    CLOSED = "closed"


class Priority(StrEnum):
    """How soon a ticket wants an answer."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class TicketType(StrEnum):
    """What a ticket is about; an incident is one case of a problem."""

    QUESTION = "question"
    INCIDENT = "incident"
    PROBLEM = "problem"
    TASK = "task"


class Proof(StrEnum):
    """How the author of a message showed that the address is theirs."""

    SESSION = "session"
    """Signed in."""
    EMAIL = "email"
    """Through a link that only the mailbox of the address was sent."""
    KEY = "key"
    """An API key vouched for it."""


def _one_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(str(value)) for value in values)})", name=column)


def _created_at(context: ExecutionContext) -> datetime:
    created_at: datetime = context.get_current_parameters()["created_at"]  # type: ignore[attr-defined]
    return created_at


class Ticket(Base):
    """A request and its state; the words are in its comments."""

    __tablename__ = "tickets"
    __table_args__ = (
        _one_of("status", Status),
        _one_of("priority", Priority),
        _one_of("type", TicketType),
        # The desk's counts and its first order are read from these alone.
        Index("ix_tickets_counts", "status", "assignee_id", "suspended_reason"),
        Index("ix_tickets_waiting", "waiting_since", "id", "suspended_reason", "status", "assignee_id"),
        Index("ix_tickets_updated", "updated_at", "id"),
        # The report asks for these two at each opening.
        Index("ix_tickets_solved", "solved_at", "status"),
        Index("ix_tickets_held", "created_at", sqlite_where=text("suspended_reason IS NOT NULL"), postgresql_where=text("suspended_reason IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    subject: Mapped[str] = mapped_column(String(MAX_SUBJECT_CHARS))
    status: Mapped[str] = mapped_column(String(10), default=Status.NEW)
    priority: Mapped[str] = mapped_column(String(10), default=Priority.NORMAL)
    type: Mapped[str] = mapped_column(String(10), default=TicketType.QUESTION)
    requester_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    requester_name: Mapped[str] = mapped_column(String(120), default="", server_default="")
    """As typed with this request: whoever typed it has not shown that the address is theirs."""
    submitter_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    group_id: Mapped[int | None] = mapped_column(ForeignKey("groups.id"), index=True)
    """The team that looks after it."""
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"), index=True)
    """The requester's when it was filed: what they sent for one company stays with it when they leave."""
    follow_up_of_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"), index=True)
    """The closed ticket that this one continues."""
    category: Mapped[str] = mapped_column(String(120), default="")
    """Slug of a category's folder, empty when none was chosen."""
    via: Mapped[str] = mapped_column(String(10), default="web")
    locale: Mapped[str] = mapped_column(String(16), default="en")
    language: Mapped[str] = mapped_column(String(12), default="", server_default="")
    """The language of the pages that the requester read, for emails to them; empty for the site's."""
    external_id: Mapped[str | None] = mapped_column(String(120))
    visit: Mapped[str] = mapped_column(String(32), default="", index=True)
    visitor: Mapped[str] = mapped_column(String(32), default="", index=True)
    nonce: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Of the form that was sent: the same form sent again is the same ticket."""
    salt: Mapped[str] = mapped_column(String(32))
    """Part of the secret tracking link; changing it revokes the link."""
    suspended_reason: Mapped[str | None] = mapped_column(String(200))
    """Why the ticket is held for review; None when it is not."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    waiting_since: Mapped[datetime] = mapped_column(UtcDateTime, default=_created_at)
    """When the requester last wrote."""
    replied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Of the first public reply by an agent."""
    solved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)
    """Grows with every change; an edit of an older version is refused."""
    requester: Mapped[User] = relationship(foreign_keys=[requester_id])
    assignee: Mapped[User | None] = relationship(foreign_keys=[assignee_id])
    group: Mapped[Group | None] = relationship()
    organization: Mapped[Organization | None] = relationship()
    comments: Mapped[list["Comment"]] = relationship(back_populates="ticket", order_by="Comment.id")
    tags: Mapped[list["TicketTag"]] = relationship(back_populates="ticket", order_by="TicketTag.name", cascade="all, delete-orphan")
    articles: Mapped[list["TicketArticle"]] = relationship(back_populates="ticket", order_by="TicketArticle.id")

    @property
    def requester_shown(self) -> str:
        """The requester as agents read them: the name typed with this request, else that of their profile, else the address."""
        return self.requester_name or self.requester.shown_name

    # The version is compared and raised by every UPDATE: two agents never overwrite each other unseen.
    __mapper_args__ = {"version_id_col": version}


class CategoryGroup(Base):
    """The group that new tickets of a category belong to."""

    __tablename__ = "category_groups"

    category: Mapped[str] = mapped_column(String(120), primary_key=True)
    """Slug of the category's folder."""
    group_id: Mapped[int] = mapped_column(ForeignKey("groups.id", ondelete="CASCADE"), index=True)


class Comment(Base):
    """One message: a public reply, or an internal note that the requester never sees. Plain text."""

    __tablename__ = "comments"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    body: Mapped[str] = mapped_column(Text)
    is_public: Mapped[bool] = mapped_column(default=True)
    proof: Mapped[str] = mapped_column(String(10), default="", server_default="")
    """How the author showed who they are, of Proof; empty for nothing."""
    via: Mapped[str] = mapped_column(String(10), default="web")
    nonce: Mapped[str | None] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ticket: Mapped[Ticket] = relationship(back_populates="comments")
    author: Mapped[User] = relationship()
    attachments: Mapped[list["Attachment"]] = relationship(back_populates="comment", order_by="Attachment.id")


class Attachment(Base):
    """A file, kept by the digest of its content. Without a comment it waits for its form to be sent, and expires."""

    __tablename__ = "attachments"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    token: Mapped[str] = mapped_column(String(43), unique=True)
    """Random; names the file in URLs."""
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), index=True)
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"), index=True)
    form_nonce: Mapped[str | None] = mapped_column(String(64), index=True)
    name: Mapped[str] = mapped_column(String(200))
    content_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    """Bytes."""
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    comment: Mapped[Comment | None] = relationship(back_populates="attachments")


class TicketTag(Base):
    """A word an agent put on a ticket."""

    __tablename__ = "ticket_tags"
    __table_args__ = (Index("ix_ticket_tags_name", "name", "ticket_id"),)

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    ticket: Mapped[Ticket] = relationship(back_populates="tags")


class TicketArticle(Base):
    """An article tied to a ticket: read by the requester before filing, or linked by an agent in a reply."""

    __tablename__ = "ticket_articles"
    __table_args__ = (
        CheckConstraint("relation IN ('read', 'linked')", name="relation"),
        Index("ix_ticket_articles_slug", "slug"),
        Index("ix_ticket_articles_linked", "ticket_id", "slug", sqlite_where=text("relation = 'linked'"), postgresql_where=text("relation = 'linked'")),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), index=True)
    relation: Mapped[str] = mapped_column(String(10))
    slug: Mapped[str] = mapped_column(String(200))
    title: Mapped[str] = mapped_column(String(300))
    digest: Mapped[str] = mapped_column(String(64), default="")
    commit: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ticket: Mapped[Ticket] = relationship(back_populates="articles")


class Audit(Base):
    """One update of a ticket: who did it, how and when, and its events. Append-only."""

    __tablename__ = "audits"
    __table_args__ = (Index("ix_audits_ticket", "ticket_id", "version"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """None for Deskbook itself."""
    via: Mapped[str | None] = mapped_column(String(10))
    """Channel of the update; None where an old row did not say."""
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int]
    """The ticket's version after this update; 0 for what was migrated."""
    is_migrated: Mapped[bool] = mapped_column(default=False)
    """Whether this was put together from rows of a version that kept each change by itself."""
    events: Mapped[tuple[Event, ...]] = mapped_column(EventList)
    actor: Mapped[User | None] = relationship()


class StoredDraft(Base):
    """What one agent has typed and chosen on one ticket and not sent yet."""

    __tablename__ = "drafts"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True, index=True)
    nonce: Mapped[str] = mapped_column(String(64), index=True)
    """Of its form: files chosen wait under it for as long as the draft is kept."""
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class NotificationChoice(Base):
    """What a person of the staff wants to be emailed about; without a row, the usual."""

    __tablename__ = "notification_choices"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    reasons: Mapped[list[str]] = mapped_column(JSON)


class IdempotencyKey(Base):
    """A key an API client sent with a request, so that its repetition gets the first answer."""

    __tablename__ = "idempotency_keys"

    api_key_id: Mapped[int] = mapped_column(ForeignKey("api_keys.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    request_digest: Mapped[str] = mapped_column(String(64))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class StoredView(Base):
    """A view that somebody made: a filter in words, an order, columns and a grouping."""

    __tablename__ = "views"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    """Whose own view it is; None for one that everybody shares."""
    name: Mapped[str] = mapped_column(String(60))
    filter: Mapped[str] = mapped_column(String(500))
    order: Mapped[str] = mapped_column(String(40))
    columns: Mapped[list[str]] = mapped_column(JSON)
    group_by: Mapped[str] = mapped_column(String(40))
    """Word of a field; empty for no grouping."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ViewOrder(Base):
    """In which order somebody has put the views, by hand; views that came later stand behind them."""

    __tablename__ = "view_orders"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    slugs: Mapped[list[str]] = mapped_column(JSON)
