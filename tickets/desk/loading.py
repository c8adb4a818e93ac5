"""Everything the ticket's page shows, loaded in one session."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request

from kb.accounts.models import User
from kb.accounts.queries import active_staff
from kb.jobs.queries import troubled_jobs
from tickets import queries as ticket_queries
from tickets.access import Actor, person
from tickets.desk import queries
from tickets.desk.done import flash
from tickets.desk.inbox import order_of
from tickets.desk.shelf import BY_SLUG, View
from tickets.desk.trail import short_version, steps
from tickets.fields import FIELDS, STATUS_LABELS, next_statuses
from tickets.models import Ticket
from tickets.nonce import new_nonce
from tickets.reading import catalog, open_article, open_categories
from tickets.timeline import latest_message, timeline
from tickets.tracking import site_key


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


def load_ticket(session: Session, actor: Actor, ticket_id: int) -> Ticket:
    """Return the ticket; raises 404 when there is none that `actor` may see."""
    ticket = ticket_queries.ticket(session, actor, ticket_id)
    if ticket is None:
        raise HTTPException(404, "There is no ticket with this number.")
    return ticket


def place(request: Request, session: Session, user: User, ticket_id: int) -> Place:
    """The view named in the address, with the ticket that follows."""
    view = BY_SLUG.get(request.query_params.get("view", ""))
    order = order_of(request, view)
    if view is None:
        return Place(None, order)
    following = queries.ticket_after(session, view.slug, person(user), order=order, ticket_id=ticket_id)
    return Place(view, order, following if following != ticket_id else None, f"?view={view.slug}&order={order}")


def ticket_context(request: Request, session: Session, user: User, ticket: Ticket, draft: Draft, *, now: datetime) -> dict[str, Any]:
    """The context of `desk/ticket.html`."""
    shelves = catalog(request)
    conversation = timeline(session, person(user), ticket)
    return {
        "user": user,
        "ticket": ticket,
        "timeline": conversation,
        "latest": latest_message(conversation),
        "first_proof": next((entry.comment.proof for entry in conversation if entry.comment), ""),
        "trail": steps(queries.trail(session, ticket), shelves),
        "articles": [(link, shelves.articles.get(link.slug), short_version(link.digest, link.commit)) for link in ticket.articles],
        "previous": queries.previous_tickets(session, person(user), ticket),
        "staff": active_staff(session),
        "mail_troubles": [job for job in troubled_jobs(session, ticket.id) if job.kind.startswith("mail.")],
        "sends_mail": bool(request.app.state.settings.smtp_url.get_secret_value()),
        "place": place(request, session, user, ticket.id),
        "draft": draft
        if draft.nonce
        else Draft(**{name: getattr(draft, name) for name in draft.__slots__ if name != "nonce"}, nonce=new_nonce(site_key(request), now)),
        "chosen": [article for slug in draft.articles if (article := open_article(request, slug))],
        "found": None,
        "categories": list(open_categories(request).items()),
        "fields": FIELDS,
        "status_labels": STATUS_LABELS,
        "next_statuses": next_statuses(ticket),
        "errors": {},
        "differences": None,
        "edited": None,
        "files_max": request.app.state.settings.attachments_max,
        "file_mb": request.app.state.settings.attachment_mb,
        "total_mb": request.app.state.settings.attachments_total_mb,
        "flash": flash(request),
    }
