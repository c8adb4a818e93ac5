"""Load the desk's lists, each with all that its page shows in a fixed number of statements."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from kb.events.models import Event, Kind
from tickets.access import Actor, select_tickets
from tickets.models import Comment, Status, Ticket

WORKING = (Status.NEW, Status.OPEN, Status.PENDING, Status.HOLD)
SUSPENDED = (Ticket.suspended_reason.is_not(None), Ticket.status.in_(WORKING))
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
MOST_STEPS, MOST_PREVIOUS = 60, 5


def counts(session: Session, actor: Actor) -> dict[str, int]:
    """View slug → number of its tickets. Both statements read an index alone."""
    found = dict.fromkeys(("unassigned", "mine", "open", "pending", "on-hold", "solved", "suspended", "all"), 0)
    groups = select_tickets(actor, Ticket.status, Ticket.assignee_id, func.count()).where(Ticket.suspended_reason.is_(None))
    for status, assignee_id, number in session.execute(groups.group_by(Ticket.status, Ticket.assignee_id)):
        for view in _views_of(status, assignee_id, actor.user_id):
            found[view] += number
    found["suspended"] = session.scalar(select_tickets(actor, func.count(Ticket.id)).where(*SUSPENDED)) or 0
    return found


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


def _views_of(status: str, assignee_id: int | None, user_id: int | None) -> list[str]:
    """The views that a ticket not held for review stands in; says the same as the filters of the built-in views."""
    by_status = {"new": "open", "open": "open", "pending": "pending", "hold": "on-hold", "solved": "solved"}
    views = ["all", *([by_status[status]] if status in by_status else [])]
    if status in WORKING and assignee_id in (None, user_id):
        views.append("unassigned" if assignee_id is None else "mine")
    return views
