"""For customers whose organization shares its requests: what their colleagues sent, to read."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kb.accounts.sessions import require_user
from kb.db import database
from kb.text.whole_number import parse_whole_number
from kb.web.numbers import path_number
from kb.web.templates import render
from tickets import queries
from tickets.access import person
from tickets.requests.tracking_page import PRIVATE, send_file
from tickets.timeline import timeline
from tickets.tracking import customer_status


def list_shared(request: Request) -> Response:
    """The requests of one's colleagues, newest first; 404 for people whose organization shares nothing."""
    user = require_user(request)
    with database(request).read() as session:
        organization = queries.shared_organization(session, user.id)
        if organization is None or user.is_staff:
            raise HTTPException(404)
        before = parse_whole_number(request.query_params.get("before", ""))
        tickets = queries.requests_of_colleagues(session, person(user), before=before)
        updated = queries.last_messages(session, {ticket.id for ticket in tickets})
    rows = [(ticket, customer_status(ticket.status), f"/requests/organization/{ticket.id}") for ticket in tickets]
    older = tickets[-1].id if len(tickets) == queries.MOST_LISTED else None
    context = {"organization": organization, "listed": rows, "updated": updated, "older": older}
    return render(request, "requests/organization.html", context, headers=PRIVATE)


def show(request: Request) -> Response:
    """The conversation of a colleague's request, without notes and without a form."""
    actor = person(require_user(request))
    with database(request).read() as session:
        ticket = None if actor.is_staff else queries.ticket(session, actor, path_number(request))
        if ticket is None:
            raise HTTPException(404)
        conversation = timeline(session, actor, ticket)
    context = {"ticket": ticket, "status": customer_status(ticket.status), "timeline": conversation, "here": f"/requests/organization/{ticket.id}"}
    return render(request, "requests/shared.html", context, headers=PRIVATE)


def file(request: Request) -> Response:
    """A file of a public message of a colleague's request."""
    actor = person(require_user(request))
    with database(request).read() as session:
        ticket = None if actor.is_staff else queries.ticket(session, actor, path_number(request))
        found = queries.attachment(session, request.path_params["file"])
        if ticket is None or found is None or found.ticket_id != ticket.id or found.comment is None or not found.comment.is_public:
            raise HTTPException(404)
    return send_file(request, found)


routes = [
    Route("/requests/organization", list_shared, methods=["GET"]),
    Route("/requests/organization/{id:int}", show, methods=["GET"]),
    Route("/requests/organization/{id:int}/attachments/{file}/{name}", file, methods=["GET"]),
]
