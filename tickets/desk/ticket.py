"""The ticket's page, its files, and decisions on held tickets."""

from typing import Any

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kb.accounts.models import User
from kb.accounts.permissions import Permission
from kb.accounts.sessions import require_permission, require_staff
from kb.db import database, now
from kb.web.numbers import path_number
from kb.web.templates import render
from tickets import queries as ticket_queries
from tickets.access import NotAllowed, person
from tickets.desk.draft import Draft
from tickets.desk.flash_messages import way_back
from tickets.desk.ticket_context import draft_to_show, load_ticket, ticket_context
from tickets.fields import ImpossibleChange
from tickets.models import Status
from tickets.requests.tracking_page import send_file
from tickets.update import TicketNotFound, Update, apply


def show(request: Request) -> Response:
    """Return the page: the conversation, what the requester tried, everything that can be done, and the agent's draft."""
    return show_page(request, require_staff(request))


def show_page(request: Request, user: User, draft: Draft | None = None, *, other_tab: Draft | None = None, status: int = 200) -> Response:
    """Return the page with `draft`; without one, with the draft that is kept, whose errors are shown once, after the form was sent.

    `other_tab` is the version of the draft that another tab stored.
    """
    with database(request).read() as session:
        ticket = load_ticket(session, person(user), path_number(request))
        context = ticket_context(request, session, user, ticket, draft or draft_to_show(request, session, user, ticket.id), now=now())
    return render(request, "desk/ticket.html", context | {"other_tab": other_tab}, status=status, headers={"Retry-After": "5"} if status == 503 else None)


def file(request: Request) -> Response:
    """A file of any message of the ticket."""
    actor = person(require_staff(request))
    with database(request).read() as session:
        load_ticket(session, actor, path_number(request))
        found = ticket_queries.attachment(session, request.path_params["file"])
        if found is None or found.ticket_id != path_number(request):
            raise HTTPException(404)
    return send_file(request, found)


def release(request: Request, form: FormData) -> Response:  # noqa: ARG001
    """Let a held ticket through: it joins the others, and its requester gets the receipt."""
    number = path_number(request)
    _update(request, number, {"suspended_reason": None})
    return RedirectResponse(way_back(request, number, done="released"), 303)


def reject(request: Request, form: FormData) -> Response:  # noqa: ARG001
    """Solve a held ticket without a word to anybody; it stays held, and closes in time."""
    _update(request, path_number(request), {"status": str(Status.SOLVED)})
    return RedirectResponse("/desk/views/suspended", 303)


def _update(request: Request, number: int, changes: dict[str, Any]) -> None:
    actor = person(require_permission(request, Permission.CHANGE_TICKETS))
    try:
        with database(request).write() as session:
            apply(session, number, Update(changes), actor=actor, via="web", now=now())
    except TicketNotFound:
        raise HTTPException(404) from None
    except (NotAllowed, ImpossibleChange) as refusal:
        raise HTTPException(409, str(refusal)) from None
