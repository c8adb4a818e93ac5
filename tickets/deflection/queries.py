"""What the report reads: events as a stream in the order of visitor and time, tickets as small rows."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kb.accounts.models import STAFF, User
from kb.events.models import Event, Kind
from tickets.models import Status, Ticket, TicketArticle

ROWS_AT_ONCE = 2000
SLUGS_AT_ONCE = 500


class EventRow(NamedTuple):
    """One stored event, as far as the report needs it."""

    id: int
    at: datetime
    kind: str
    visit: str
    visitor: str
    locale: str = ""
    query: str | None = None
    hit_count: int | None = None
    hits: list[str] | None = None
    rank: int | None = None
    degraded: bool | None = None
    answered: bool | None = None
    slug: str | None = None
    digest: str | None = None
    ticket_id: int | None = None
    value: str | None = None
    has_cookie: bool | None = None


class TicketRow(NamedTuple):
    """One ticket, as far as the report needs it."""

    id: int
    created_at: datetime
    visit: str
    visitor: str
    requester_id: int
    is_held: bool
    """Whether it is held for review as suspicious."""


class WithdrawalRow(NamedTuple):
    """One "it did not help after all"."""

    visitor: str
    at: datetime
    slug: str


class SolvedRow(NamedTuple):
    """One article that an agent linked on a ticket that is solved; the slug is None for a solved ticket without any."""

    ticket_id: int
    created_at: datetime
    slug: str | None


def event_rows(session: Session, start: datetime, end: datetime) -> Iterator[EventRow]:
    """Events with `start` <= at < `end`, by visitor, then time; streamed, a few thousand rows in memory at once."""
    columns = [getattr(Event, name) for name in EventRow._fields]
    inside = select(*columns).where(Event.at >= start, Event.at < end, Event.visitor != "")
    rows = session.execute(inside.order_by(Event.visitor, Event.at, Event.id), execution_options={"yield_per": ROWS_AT_ONCE})
    return map(EventRow._make, rows)


def withdrawal_rows(session: Session, start: datetime, end: datetime) -> list[WithdrawalRow]:
    """What was taken back with `start` <= at < `end`."""
    inside = select(Event.visitor, Event.at, Event.slug).where(Event.at >= start, Event.at < end, Event.kind == Kind.DEFLECT_WITHDRAWN)
    return [WithdrawalRow(visitor, at, slug or "") for visitor, at, slug in session.execute(inside)]


def ticket_rows(session: Session, start: datetime, end: datetime) -> Iterator[TicketRow]:
    """Tickets of every channel with `start` <= created_at < `end`, oldest first."""
    columns = (Ticket.id, Ticket.created_at, Ticket.visit, Ticket.visitor, Ticket.requester_id, Ticket.suspended_reason.is_not(None))
    inside = select(*columns).where(Ticket.created_at >= start, Ticket.created_at < end)
    rows = session.execute(inside.order_by(Ticket.created_at, Ticket.id), execution_options={"yield_per": ROWS_AT_ONCE})
    return map(TicketRow._make, rows)


def joined_accounts(session: Session, until: datetime) -> dict[str, set[int]]:
    """Visitor → accounts it signed in to or filed requests for, before `until`."""
    signed_in = select(Event.visitor, Event.user_id).where(Event.user_id.is_not(None), Event.visitor != "", Event.at < until)
    filed = select(Ticket.visitor, Ticket.requester_id).where(Ticket.visitor != "", Ticket.created_at < until)
    joined: dict[str, set[int]] = {}
    for visitor, user_id in session.execute(signed_in.union(filed)):
        if user_id is not None:
            joined.setdefault(visitor, set()).add(user_id)
    return joined


def staff_ids(session: Session) -> frozenset[int]:
    """Accounts of agents and admins."""
    return frozenset(session.scalars(select(User.id).where(User.role.in_(STAFF))))


def solved_rows(session: Session, start: datetime, end: datetime) -> list[SolvedRow]:
    """Tickets solved in the period and still solved, with each article linked on them."""
    linked = (TicketArticle.ticket_id == Ticket.id) & (TicketArticle.relation == "linked")
    rows = session.execute(
        select(Ticket.id, Ticket.created_at, TicketArticle.slug)
        .outerjoin(TicketArticle, linked)
        .where(Ticket.solved_at >= start, Ticket.solved_at < end, Ticket.status.in_((Status.SOLVED, Status.CLOSED)))
        .order_by(Ticket.id)
    )
    return [SolvedRow._make(row) for row in rows]


def first_views(session: Session, slugs: Iterable[str]) -> dict[str, datetime]:
    """Slug → its first recorded view; an article nobody viewed is absent."""
    wanted = sorted(set(slugs))
    found: dict[str, datetime] = {}
    for begin in range(0, len(wanted), SLUGS_AT_ONCE):
        part = wanted[begin : begin + SLUGS_AT_ONCE]
        firsts = select(Event.slug, func.min(Event.at)).where(Event.slug.in_(part), Event.kind == Kind.ARTICLE_VIEW).group_by(Event.slug)
        found |= {slug: at for slug, at in session.execute(firsts) if slug is not None}
    return found
