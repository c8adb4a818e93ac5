"""The tables of stored days."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kb.db import Base, RowId, UtcDateTime


class ReportDay(Base):
    """One day (UTC) as it was counted at `as_of`; see `tickets.deflection.days.day`."""

    __tablename__ = "report_days"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    definitions: Mapped[str] = mapped_column(String(10))
    """Version of the definitions it was counted by."""
    as_of: Mapped[datetime] = mapped_column(UtcDateTime)
    is_closed: Mapped[bool]
    """Whether every visit of the day has its outcome."""
    is_stale: Mapped[bool] = mapped_column(default=False)
    """Whether something came late that changes it, so that it has to be counted again."""
    took_ms: Mapped[int]
    newest_ticket: Mapped[int] = mapped_column(RowId)
    """The highest ticket id there was; a ticket stored later with an older date came late."""
    held: Mapped[list[int]] = mapped_column(JSON)
    """Tickets that were held for review and could change the day once they are released."""
    counts: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Visits, searches and tickets."""
    articles: Mapped[dict[str, Any]] = mapped_column(JSON)
    clusters: Mapped[list[Any]] = mapped_column(JSON)
    """Searches without an answer."""
    requesters: Mapped[list[int]] = mapped_column(JSON)
    """Who filed the day's tickets."""


class ReportMonth(Base):
    """The sum of a month's days, all of them counted for good; deleted as soon as one of them is counted again."""

    __tablename__ = "report_months"

    month: Mapped[date] = mapped_column(Date, primary_key=True)
    """Its first day."""
    definitions: Mapped[str] = mapped_column(String(10))
    counts: Mapped[dict[str, Any]] = mapped_column(JSON)
    articles: Mapped[dict[str, Any]] = mapped_column(JSON)
    clusters: Mapped[list[Any]] = mapped_column(JSON)
    requesters: Mapped[list[int]] = mapped_column(JSON)


class ReportVisit(Base):
    """One visit with an outcome, to be listed behind a figure; its events are in the event log as long as they are kept there."""

    __tablename__ = "report_visits"

    started_at: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    visitor: Mapped[str] = mapped_column(String(32), primary_key=True)
    ended_at: Mapped[datetime] = mapped_column(UtcDateTime)
    outcome: Mapped[str] = mapped_column(String(30))
    traits: Mapped[int]
    """Bits of `tickets.deflection.visits.traits`."""
    slugs: Mapped[str] = mapped_column(Text)
    """The articles read, each between line breaks."""
    searches: Mapped[str] = mapped_column(Text)
    """The keys of the clusters searched for, each between line breaks."""
    tickets: Mapped[list[int]] = mapped_column(JSON)
    """Tickets created within its window."""


class FirstView(Base):
    """When an article was first viewed, as far as the log went back when its days were counted."""

    __tablename__ = "article_first_views"

    slug: Mapped[str] = mapped_column(String(200), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
