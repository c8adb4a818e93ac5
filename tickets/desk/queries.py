"""Load the desk's lists, each with all that its page shows in a fixed number of statements."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from kb.accounts.models import User
from kb.events.models import Event, Kind
from tickets.access import Actor, select_tickets
from tickets.models import Comment, Status, Ticket, TicketTag

WORKING = (Status.NEW, Status.OPEN, Status.PENDING, Status.HOLD)
URGENCY = case({"urgent": 0, "high": 1, "normal": 2}, value=Ticket.priority, else_=3)
OURS = (Status.NEW, Status.OPEN)
ORDERS: Mapping[str, tuple[Any, ...]] = {
    "waiting": (Ticket.waiting_since, Ticket.id),
    "newest": (Ticket.id.desc(),),
    "priority": (URGENCY, Ticket.waiting_since, Ticket.id),
    "changed": (Ticket.updated_at.desc(), Ticket.id.desc()),
}
TRAIL_KINDS = (
    Kind.SEARCH,
    Kind.SEARCH_CLICK,
    Kind.ARTICLE_VIEW,
    Kind.VOTE,
    Kind.VOTE_REASON,
    Kind.FORM_OPEN,
    Kind.SUGGEST_CLICK,
    Kind.DEFLECT_CONFIRMED,
    Kind.DEFLECT_WITHDRAWN,
)
TRAIL_REACHES = timedelta(days=7)
MOST_STEPS, MOST_PREVIOUS, MOST_NEIGHBOURS = 60, 5, 1000


def counts(session: Session, actor: Actor) -> dict[str, int]:
    """View slug → number of its tickets. Both statements read an index alone."""
    found = dict.fromkeys(("unassigned", "mine", "open", "pending", "on-hold", "solved", "suspended", "all"), 0)
    groups = select_tickets(actor, Ticket.status, Ticket.assignee_id, func.count()).where(Ticket.suspended_reason.is_(None))
    for status, assignee_id, number in session.execute(groups.group_by(Ticket.status, Ticket.assignee_id)):
        for view in _views_of(status, assignee_id, actor.user_id):
            found[view] += number
    found["suspended"] = session.scalar(select_tickets(actor, func.count(Ticket.id)).where(*_in_view("suspended", actor))) or 0
    return found


def tickets(session: Session, view: str, actor: Actor, *, order: str, limit: int, offset: int) -> Sequence[Ticket]:
    """A page of the view, with requesters, assignees and tags."""
    # The numbers first: sorting whole rows with their joins costs ten times as much as reading an index.
    ids = session.scalars(select_tickets(actor, Ticket.id).where(*_in_view(view, actor)).order_by(*_ordered(view, order)).limit(limit).offset(offset)).all()
    found = {ticket.id: ticket for ticket in session.scalars(_shown(select_tickets(actor).where(Ticket.id.in_(ids))))}
    return [found[number] for number in ids if number in found]


def ticket_after(session: Session, view: str, actor: Actor, *, order: str, ticket_id: int) -> int | None:
    """The number of the next ticket in the view; of its first when this one is no longer in it; None at the end."""
    ids = list(session.scalars(select_tickets(actor, Ticket.id).where(*_in_view(view, actor)).order_by(*_ordered(view, order)).limit(MOST_NEIGHBOURS)))
    if ticket_id not in ids:
        return ids[0] if ids else None
    place = ids.index(ticket_id) + 1
    return ids[place] if place < len(ids) else None


def answered(session: Session, tickets: Sequence[Ticket]) -> dict[int, datetime]:
    """Number of each ticket that an agent answered since its requester last wrote → when, the last time."""
    by_agents = (Comment.is_public, Comment.author_id != Ticket.requester_id, Comment.created_at >= Ticket.waiting_since)
    statement = select(Comment.ticket_id, func.max(Comment.created_at)).join(Ticket, Comment.ticket_id == Ticket.id)
    rows = session.execute(statement.where(Comment.ticket_id.in_([ticket.id for ticket in tickets]), *by_agents).group_by(Comment.ticket_id))
    return dict(rows.all())


def unconfirmed(session: Session, tickets: Sequence[Ticket]) -> set[int]:
    """Return the numbers of the tickets whose first message is by someone who did not show that the requester's address is theirs."""
    first = select(func.min(Comment.id)).where(Comment.ticket_id.in_([ticket.id for ticket in tickets])).group_by(Comment.ticket_id)
    by_requester = (Comment.author_id == Ticket.requester_id, Comment.proof == "")
    return set(session.scalars(select(Comment.ticket_id).join(Ticket, Comment.ticket_id == Ticket.id).where(Comment.id.in_(first), *by_requester)))


def search(session: Session, words: Sequence[str], actor: Actor, *, limit: int, offset: int) -> Sequence[Ticket]:
    """Tickets of any status with every word in the subject, a message or note, a tag, or the requester's name or address; newest first."""
    statement = select_tickets(actor).join(User, Ticket.requester_id == User.id)
    for word in words:
        columns = (Ticket.subject, Ticket.requester_name, User.name, User.email)
        statement = statement.where(
            or_(
                *(column.icontains(word, autoescape=True) for column in columns),
                Ticket.comments.any(Comment.body.icontains(word, autoescape=True)),
                Ticket.tags.any(TicketTag.name.icontains(word, autoescape=True)),
            )
        )
    return session.scalars(_shown(statement).order_by(Ticket.id.desc()).limit(limit).offset(offset)).all()


def has_ticket(session: Session, actor: Actor, ticket_id: int) -> bool:
    """Whether there is a ticket with this number."""
    return session.scalar(select_tickets(actor, Ticket.id).where(Ticket.id == ticket_id)) is not None


def previous_tickets(session: Session, actor: Actor, ticket: Ticket) -> Sequence[Ticket]:
    """The requester's other tickets, newest first, at most 5."""
    statement = select_tickets(actor).where(Ticket.requester_id == ticket.requester_id, Ticket.id != ticket.id)
    return session.scalars(statement.order_by(Ticket.id.desc()).limit(MOST_PREVIOUS)).all()


def trail(session: Session, ticket: Ticket) -> Sequence[Event]:
    """What the requester's visitor did in the week before filing, oldest first, the last 60 steps."""
    if not ticket.visit and not ticket.visitor:
        return []
    who = [column == value for column, value in ((Event.visit, ticket.visit), (Event.visitor, ticket.visitor)) if value]
    when = and_(Event.at >= ticket.created_at - TRAIL_REACHES, Event.at <= ticket.created_at + timedelta(seconds=2))
    statement = select(Event).where(or_(*who), when, Event.kind.in_([str(kind) for kind in TRAIL_KINDS]))
    return session.scalars(statement.order_by(Event.at.desc(), Event.id.desc()).limit(MOST_STEPS)).all()[::-1]


def _ordered(view: str, order: str) -> tuple[Any, ...]:
    """What waits for an agent comes before what waits for somebody else, in the views that hold both."""
    if order == "waiting" and view in ("unassigned", "mine"):
        return (case((Ticket.status.in_(OURS), 0), else_=1), *ORDERS[order])
    return ORDERS[order]


def _in_view(view: str, actor: Actor) -> list[ColumnElement[bool]]:
    if view == "suspended":
        # Put away is decided: the view holds what still has to be looked at.
        return [Ticket.suspended_reason.is_not(None), Ticket.status.in_(WORKING)]
    narrower: dict[str, list[ColumnElement[bool]]] = {
        "unassigned": [Ticket.status.in_(WORKING), Ticket.assignee_id.is_(None)],
        "mine": [Ticket.status.in_(WORKING), Ticket.assignee_id == actor.user_id],
        "open": [Ticket.status.in_(OURS)],
        "pending": [Ticket.status == Status.PENDING],
        "on-hold": [Ticket.status == Status.HOLD],
        "solved": [Ticket.status == Status.SOLVED],
        "all": [],
    }
    return [Ticket.suspended_reason.is_(None), *narrower[view]]


def _views_of(status: str, assignee_id: int | None, user_id: int | None) -> list[str]:
    """The views that a ticket not held for review stands in; says the same as `_in_view`."""
    by_status = {"new": "open", "open": "open", "pending": "pending", "hold": "on-hold", "solved": "solved"}
    views = ["all", *([by_status[status]] if status in by_status else [])]
    if status in WORKING and assignee_id in (None, user_id):
        views.append("unassigned" if assignee_id is None else "mine")
    return views


def _shown(statement: Select[Ticket]) -> Select[Ticket]:
    return statement.options(joinedload(Ticket.requester), joinedload(Ticket.assignee), selectinload(Ticket.tags))
