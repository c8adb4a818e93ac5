"""Everything the ticket's page shows, loaded in one session."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request

from kb.accounts.models import User
from kb.accounts.queries import active_staff
from kb.jobs.queries import troubled_jobs
from tickets import queries as ticket_queries
from tickets.changing import CHOICES
from tickets.desk import queries
from tickets.desk.done import flash
from tickets.desk.inbox import order_of
from tickets.desk.shelf import BY_SLUG, View
from tickets.desk.trail import short_version, steps
from tickets.models import AuditEntry, Status, Ticket
from tickets.nonce import new_nonce
from tickets.reading import catalog, open_article, open_categories
from tickets.tracking import site_key

STATUS_WORDS = {"new": "New", "open": "Open", "pending": "Pending", "hold": "On hold", "solved": "Solved", "closed": "Closed"}
FIELD_WORDS = {"assignee_id": "assignee", "suspended_reason": "held for review"}


@dataclass(frozen=True, slots=True)
class Draft:
    """What the agent has typed and chosen in the composer."""

    body: str = ""
    is_public: bool = True
    status: str = ""
    goes_on: bool = False
    articles: tuple[str, ...] = ()
    nonce: str = ""
    article_query: str = ""
    kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that two people changed: as it was sent, and as it stands."""

    field: str
    theirs: str
    yours: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where the agent came from: a view in an order, and the way on from there."""

    view: View | None
    order: str
    next_id: int | None = None
    query: str = field(default="")


def load_ticket(session: Session, ticket_id: int) -> Ticket:
    """The ticket; raises 404."""
    ticket = ticket_queries.ticket(session, ticket_id)
    if ticket is None:
        raise HTTPException(404, "There is no ticket with this number.")
    return ticket


def place(request: Request, session: Session, user: User, ticket_id: int) -> Place:
    """The view named in the address, with the ticket that follows."""
    view = BY_SLUG.get(request.query_params.get("view", ""))
    order = order_of(request, view)
    if view is None:
        return Place(None, order)
    following = queries.ticket_after(session, view.slug, user.id, order=order, ticket_id=ticket_id)
    return Place(view, order, following if following != ticket_id else None, f"?view={view.slug}&order={order}")


def ticket_context(request: Request, session: Session, user: User, ticket: Ticket, draft: Draft, *, now: datetime) -> dict[str, Any]:
    """The context of `desk/ticket.html`."""
    shelves = catalog(request)
    changes = queries.audit(session, ticket.id)
    return {
        "user": user,
        "ticket": ticket,
        "comments": ticket_queries.comments(session, ticket.id, with_notes=True),
        "trail": steps(queries.trail(session, ticket), shelves),
        "articles": [(link, shelves.articles.get(link.slug), short_version(link.digest, link.commit)) for link in ticket.articles],
        "previous": queries.previous_tickets(session, ticket),
        "staff": active_staff(session),
        "audit": [(entry, _change_words(entry, names)) for names in [_names(session, changes)] for entry in changes],
        "mail_troubles": [job for job in troubled_jobs(session, ticket.id) if job.kind.startswith("mail.")],
        "sends_mail": bool(request.app.state.settings.smtp_url.get_secret_value()),
        "place": place(request, session, user, ticket.id),
        "draft": draft
        if draft.nonce
        else Draft(**{name: getattr(draft, name) for name in draft.__slots__ if name != "nonce"}, nonce=new_nonce(site_key(request), now)),
        "chosen": [article for slug in draft.articles if (article := open_article(request, slug))],
        "found": None,
        "categories": list(open_categories(request).items()),
        "choices": CHOICES,
        "status_words": STATUS_WORDS,
        "next_statuses": next_statuses(ticket),
        "errors": {},
        "differences": None,
        "edited": None,
        "files_max": request.app.state.settings.attachments_max,
        "file_mb": request.app.state.settings.attachment_mb,
        "total_mb": request.app.state.settings.attachments_total_mb,
        "flash": flash(request),
    }


def next_statuses(ticket: Ticket) -> list[str]:
    """The statuses an agent can set: the present one first among those that are possible."""
    if ticket.status == Status.CLOSED:
        return [str(Status.CLOSED)]
    possible = [str(status) for status in (Status.OPEN, Status.PENDING, Status.HOLD, Status.SOLVED)]
    return possible if ticket.status in possible else [ticket.status, *possible]


def _names(session: Session, changes: Any) -> dict[int, str]:
    numbers = {int(value) for entry in cast(list[AuditEntry], changes) if entry.field == "assignee_id" for value in (entry.old, entry.new) if value}
    return queries.names(session, sorted(numbers)) if numbers else {}


def _change_words(entry: AuditEntry, names: dict[int, str]) -> tuple[str, str, str]:
    """(field, old, new) in words."""

    def words(value: str | None) -> str:
        if not value:
            return "nobody" if entry.field == "assignee_id" else "nothing"
        return names.get(int(value), "somebody") if entry.field == "assignee_id" else STATUS_WORDS.get(value, value) if entry.field == "status" else value

    return FIELD_WORDS.get(entry.field, entry.field), words(entry.old), words(entry.new)
