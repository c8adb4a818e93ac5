"""The event log. Its kinds and columns are those of the deflection report's definitions."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import JSON, Date, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from kb.db import Base, RowId, UtcDateTime


class Kind(StrEnum):
    """What happened."""

    SEARCH = "search"
    SEARCH_CLICK = "search_click"
    ARTICLE_VIEW = "article_view"
    ARTICLE_ENGAGED = "article_engaged"
    VOTE = "vote"
    VOTE_REASON = "vote_reason"
    FORM_OPEN = "form_open"
    SUGGEST_SHOWN = "suggest_shown"
    SUGGEST_CLICK = "suggest_click"
    DEFLECT_CONFIRMED = "deflect_confirmed"
    DEFLECT_WITHDRAWN = "deflect_withdrawn"
    FORM_ABANDONED = "form_abandoned"
    TICKET_CREATED = "ticket_created"
    SIGNED_IN = "signed_in"
    """The visitor is known as an account from now on; the value is `staff` when it was an agent's or admin's."""
    SCRIPT_RAN = "script_ran"
    """The page's script ran: once in a visit."""


JOINED = Index("ix_events_joined", "visitor", "user_id", sqlite_where=text("user_id IS NOT NULL"), postgresql_where=text("user_id IS NOT NULL"))
"""The few events that say who a visitor is."""


class Event(Base):
    """One thing a visitor did; only the columns that apply are filled. No IP address is stored."""

    __tablename__ = "events"
    __table_args__ = (Index("ix_events_visit_at", "visit", "at"), Index("ix_events_visitor_at", "visitor", "at"), JOINED)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    kind: Mapped[str] = mapped_column(String(30))
    visit: Mapped[str] = mapped_column(String(32), default="")
    visitor: Mapped[str] = mapped_column(String(32), default="")
    user_id: Mapped[int | None] = mapped_column(RowId, index=True)
    """The account that the visitor signed in to or filed a request for; on older events, of a visitor who did so later."""
    has_cookie: Mapped[bool | None]
    """Whether the request brought the visitor's cookie, as browsers do from the second one on; None before this was recorded."""
    locale: Mapped[str] = mapped_column(String(16), default="")
    source: Mapped[str] = mapped_column(String(10), default="web")
    query: Mapped[str | None] = mapped_column(String(500))
    """Scrubbed of email addresses and long runs of digits."""
    hit_count: Mapped[int | None]
    hits: Mapped[list[str] | None] = mapped_column(JSON)
    """Slugs in the order shown."""
    rank: Mapped[int | None]
    """Of the hit clicked, from 1."""
    engine: Mapped[str | None] = mapped_column(String(20))
    degraded: Mapped[bool | None]
    answered: Mapped[bool | None]
    took_ms: Mapped[float | None]
    slug: Mapped[str | None] = mapped_column(String(200), index=True)
    digest: Mapped[str | None] = mapped_column(String(64))
    commit: Mapped[str | None] = mapped_column(String(64))
    ticket_id: Mapped[int | None] = mapped_column(RowId, index=True)
    value: Mapped[str | None] = mapped_column(String(1000))
    """`yes` or `no` of a vote, the words of its reason, `staff` of a sign-in."""


class EventCount(Base):
    """How many events of one day (UTC) are stored, and how many were dropped, by the cap that dropped them."""

    __tablename__ = "event_counts"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    stored: Mapped[int] = mapped_column(default=0)
    """What retention deleted is taken off again."""
    dropped_visitor: Mapped[int] = mapped_column(default=0)
    dropped_address: Mapped[int] = mapped_column(default=0)
    dropped_day: Mapped[int] = mapped_column(default=0)
    dropped_full: Mapped[int] = mapped_column(default=0)
    dropped_waiting: Mapped[int] = mapped_column(default=0)
    """Found no room in memory while the database could not be written."""
