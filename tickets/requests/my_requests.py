"""The list of one's own requests, with a search and a filter, and of those sent from this browser."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kb.accounts.sessions import current_user
from kb.db import database
from kb.i18n import pgettext
from kb.text.cleanup import one_line
from kb.text.whole_number import parse_whole_number
from kb.web.templates import render
from tickets import queries
from tickets.access import person
from tickets.models import MAX_SUBJECT_CHARS, Status, Ticket
from tickets.requests.request_cookie import remembered
from tickets.requests.tracking_page import PRIVATE
from tickets.tracking import CustomerStatus, customer_status, site_key, tracking_path

URL = "/requests"
STATUSES = {"open": (Status.NEW, Status.OPEN, Status.PENDING, Status.HOLD), "solved": (Status.SOLVED, Status.CLOSED)}


@dataclass(frozen=True, slots=True)
class RequestFilter:
    """What the list is narrowed to."""

    words: str = ""
    status: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether every request is listed."""
        return self == RequestFilter()

    def url(self, **more: str) -> str:
        """Return the address of the list, with `more` in its query."""
        query = {name: value for name, value in {"q": self.words, "status": self.status, **more}.items() if value}
        return f"{URL}?{urlencode(query)}" if query else URL


def list_requests(request: Request) -> Response:
    """Return the requests of whoever is signed in, and those sent from this browser, newest first; for others, how to get to theirs."""
    user, asked = current_user(request), _filter(request)
    tickets: Sequence[Ticket] = ()
    with database(request).read() as session:
        here = remembered(request, session)
        if user is not None:
            before, statuses = parse_whole_number(request.query_params.get("before", "")), STATUSES.get(asked.status, ())
            tickets = queries.requests_of(session, person(user), user.id, words=asked.words, statuses=statuses, before=before)
        organization = queries.shared_organization(session, user.id) if user is not None and not user.is_staff else None
        updated = queries.last_messages(session, {ticket.id for ticket in (*tickets, *here)})
    elsewhere = [ticket for ticket in here if user is None or (asked.is_empty and ticket.requester_id != user.id)]
    context = {
        "user": user,
        "asked": asked,
        "status_links": _status_links(asked),
        "listed": _rows(request, tickets),
        "older": asked.url(before=str(tickets[-1].id)) if len(tickets) == queries.MOST_LISTED else "",
        "sent_here": _rows(request, elsewhere),
        "updated": updated,
        "is_forgotten": "forgotten" in request.query_params,
        "organization": organization,
    }
    return render(request, "requests/mine.html", context, headers=PRIVATE)


def _filter(request: Request) -> RequestFilter:
    words = one_line(request.query_params.get("q", ""))[:MAX_SUBJECT_CHARS]
    status = request.query_params.get("status", "")
    return RequestFilter(words, status if status in STATUSES else "")


def _status_links(asked: RequestFilter) -> list[tuple[str, str, bool]]:
    names = {"": pgettext("requests", "All"), "open": pgettext("requests", "Open"), "solved": pgettext("requests", "Solved")}
    return [(name, RequestFilter(asked.words, status).url(), status == asked.status) for status, name in names.items()]


def _rows(request: Request, tickets: Sequence[Ticket]) -> list[tuple[Ticket, CustomerStatus, str]]:
    return [(ticket, customer_status(ticket.status), tracking_path(site_key(request), ticket.id, ticket.salt)) for ticket in tickets]


routes = [Route(URL, list_requests, methods=["GET"])]
