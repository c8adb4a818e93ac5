"""Read what the report counts: events in the order of visitor and time, tickets as small rows."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple, TypeVar

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from kb.accounts.models import IS_STAFF, User
from kb.events.models import Event, Kind
from tickets.access import SYSTEM, select_tickets
from tickets.deflection.models import FirstView
from tickets.models import Ticket, TicketArticle

ROWS_AT_ONCE = 2000
AT_ONCE = 500
Value = TypeVar("Value", int, str)


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


class VoteRow(NamedTuple):
    """One vote on an article."""

    visitor: str
    slug: str | None
    value: str | None
    at: datetime


class Joined(NamedTuple):
    """Who visitors are."""

    accounts: dict[str, set[int]]
    """Visitor → accounts."""
    staff: frozenset[int]
    """Those of them that were an agent's or admin's."""


class Filed(NamedTuple):
    """A ticket's id and date."""

    id: int
    created_at: datetime


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


def withdrawal_rows(session: Session, visitors: Iterable[str], start: datetime, end: datetime) -> Iterator[WithdrawalRow]:
    """What these visitors took back with `start` <= at < `end`."""
    for part in _parts(visitors):
        taken_back = select(Event.visitor, Event.at, Event.slug).where(Event.visitor.in_(part), Event.at >= start, Event.at < end)
        for visitor, at, slug in session.execute(taken_back.where(Event.kind == Kind.DEFLECT_WITHDRAWN)):
            yield WithdrawalRow(visitor, at, slug or "")


def ticket_rows(session: Session, start: datetime, end: datetime) -> Iterator[TicketRow]:
    """Tickets of every channel with `start` <= created_at < `end`, oldest first."""
    columns = (Ticket.id, Ticket.created_at, Ticket.visit, Ticket.visitor, Ticket.requester_id, Ticket.suspended_reason.is_not(None))
    inside = select_tickets(SYSTEM, *columns).where(Ticket.created_at >= start, Ticket.created_at < end)
    rows = session.execute(inside.order_by(Ticket.created_at, Ticket.id), execution_options={"yield_per": ROWS_AT_ONCE})
    return map(TicketRow._make, rows)


def is_quiet(session: Session, start: datetime, end: datetime) -> bool:
    """Whether nothing was recorded and no ticket created with `start` <= at < `end`."""
    event = select(Event.id).where(Event.at >= start, Event.at < end, Event.visitor != "").limit(1)
    if session.scalar(event) is not None:
        return False
    return session.scalar(select_tickets(SYSTEM, Ticket.id).where(Ticket.created_at >= start, Ticket.created_at < end).limit(1)) is None


def count_events(session: Session, start: datetime, end: datetime, most: int) -> int:
    """Return how many events have `start` <= at < `end`, counting no further than `most`."""
    inside = select(Event.id).where(Event.at >= start, Event.at < end).limit(most).subquery()
    return session.scalar(select(func.count()).select_from(inside)) or 0


def newest_ticket(session: Session) -> int:
    """The highest ticket id."""
    return session.scalar(select_tickets(SYSTEM, func.max(Ticket.id))) or 0


def tickets_filed_late(session: Session, after_id: int, until: datetime) -> list[Filed]:
    """Tickets with an id above `after_id` that are dated `until` or earlier."""
    late = select_tickets(SYSTEM, Ticket.id, Ticket.created_at).where(Ticket.id > after_id, Ticket.created_at <= until)
    return [Filed._make(row) for row in session.execute(late.order_by(Ticket.id))]


def held_tickets(session: Session, since: datetime) -> list[Filed]:
    """Tickets created since then that are held for review, oldest first."""
    held = select_tickets(SYSTEM, Ticket.id, Ticket.created_at).where(Ticket.suspended_reason.is_not(None), Ticket.created_at >= since)
    return [Filed._make(row) for row in session.execute(held.order_by(Ticket.created_at, Ticket.id))]


def count_solved(session: Session, start: datetime, end: datetime) -> int:
    """How many tickets were solved in the period and still are."""
    return session.scalar(select_tickets(SYSTEM, func.count(Ticket.id)).where(*_solved(start, end))) or 0


def spared_by_stored_views(session: Session, start: datetime, end: datetime) -> list[int]:
    """Tickets solved in the period that have a linked article first viewed, as the stored days have it, before they were created."""
    linked = select_tickets(SYSTEM, Ticket.id).join(TicketArticle, TicketArticle.ticket_id == Ticket.id).join(FirstView, FirstView.slug == TicketArticle.slug)
    spared = linked.where(TicketArticle.relation == "linked", FirstView.at < Ticket.created_at, *_solved(start, end)).distinct()
    return list(session.scalars(spared.order_by(Ticket.id)))


def first_record(session: Session) -> datetime | None:
    """When the first event or ticket was stored, of those that are still there."""
    firsts = (session.scalar(select(func.min(Event.at))), session.scalar(select_tickets(SYSTEM, func.min(Ticket.created_at))))
    return min((first for first in firsts if first is not None), default=None)


def rows_of(session: Session, visitors: Iterable[str], start: datetime, end: datetime) -> Iterator[EventRow]:
    """The events of these visitors with `start` <= at < `end`, by visitor, then time."""
    columns = [getattr(Event, name) for name in EventRow._fields]
    for part in _parts(visitors):
        inside = select(*columns).where(Event.visitor.in_(part), Event.at >= start, Event.at < end)
        yield from map(EventRow._make, session.execute(inside.order_by(Event.visitor, Event.at, Event.id)))


def joined_accounts(session: Session, visitors: Iterable[str], until: datetime) -> Joined:
    """The accounts that these visitors signed in to or filed requests for before `until`."""
    team = staff_ids(session)
    accounts: dict[str, set[int]] = {}
    staff: set[int] = set()
    for part in _parts(visitors):
        known = select(Event.visitor, Event.user_id, Event.kind, Event.value).where(Event.visitor.in_(part), Event.user_id.is_not(None), Event.at < until)
        for visitor, user_id, kind, value in session.execute(known.distinct()):
            if user_id is None:
                continue
            accounts.setdefault(visitor, set()).add(user_id)
            # Events of other kinds are from before sign-ins were events, and say nothing of the role.
            is_staff = value == "staff" if kind == Kind.SIGNED_IN else kind != Kind.TICKET_CREATED and user_id in team
            staff.update((user_id,) if is_staff else ())
        filed = select_tickets(SYSTEM, Ticket.visitor, Ticket.requester_id).where(Ticket.visitor.in_(part), Ticket.created_at < until)
        for visitor, requester_id in session.execute(filed.distinct()):
            accounts.setdefault(visitor, set()).add(requester_id)
    return Joined(accounts, frozenset(staff))


def visitors_of(session: Session, accounts: Iterable[int], until: datetime) -> dict[str, set[int]]:
    """Visitor → those of these accounts that it signed in to or filed requests for before `until`."""
    found: dict[str, set[int]] = {}
    for part in _parts(accounts):
        known = select(Event.visitor, Event.user_id).where(Event.user_id.in_(part), Event.visitor != "", Event.at < until)
        filed = select_tickets(SYSTEM, Ticket.visitor, Ticket.requester_id).where(
            Ticket.requester_id.in_(part), Ticket.visitor != "", Ticket.created_at < until
        )
        for visitor, user_id in session.execute(known.union(filed)):
            if user_id is not None:
                found.setdefault(visitor, set()).add(user_id)
    return found


def vote_rows(session: Session, visitors: Iterable[str], until: datetime) -> Iterator[VoteRow]:
    """The votes of these visitors before `until`, oldest first for each."""
    for part in _parts(visitors):
        votes = select(Event.visitor, Event.slug, Event.value, Event.at).where(Event.visitor.in_(part), Event.kind == Kind.VOTE, Event.at < until)
        yield from map(VoteRow._make, session.execute(votes.order_by(Event.at, Event.id)))


def staff_ids(session: Session) -> frozenset[int]:
    """Accounts of agents and admins."""
    return frozenset(session.scalars(select(User.id).where(IS_STAFF)))


def solved_rows(session: Session, start: datetime, end: datetime) -> list[SolvedRow]:
    """Tickets solved in the period and still solved, with each article linked on them."""
    linked = (TicketArticle.ticket_id == Ticket.id) & (TicketArticle.relation == "linked")
    rows = session.execute(
        select_tickets(SYSTEM, Ticket.id, Ticket.created_at, TicketArticle.slug)
        .outerjoin(TicketArticle, linked)
        .where(*_solved(start, end))
        .order_by(Ticket.id)
    )
    return [SolvedRow._make(row) for row in rows]


def first_views(session: Session, slugs: Iterable[str]) -> dict[str, datetime]:
    """Slug → its first recorded view; an article nobody viewed is absent."""
    found: dict[str, datetime] = {}
    for part in _parts(slugs):
        firsts = select(Event.slug, func.min(Event.at)).where(Event.slug.in_(part), Event.kind == Kind.ARTICLE_VIEW).group_by(Event.slug)
        found |= {slug: at for slug, at in session.execute(firsts) if slug is not None}
    return found


def _solved(start: datetime, end: datetime) -> tuple[ColumnElement[bool], ...]:
    # Reopening empties the time; asking for the status as well would read the tickets instead of an index.
    return Ticket.solved_at >= start, Ticket.solved_at < end


def _parts(values: Iterable[Value]) -> Iterator[list[Value]]:
    """The values, each once, as many at a time as one statement takes well."""
    ordered = sorted(set(values))
    return (ordered[begin : begin + AT_ONCE] for begin in range(0, len(ordered), AT_ONCE))
