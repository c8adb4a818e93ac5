"""Changing a ticket's fields from its page: nobody overwrites what they have not seen."""

from typing import Any

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kb.accounts.models import User
from kb.accounts.sessions import require_staff
from kb.db import database, now
from kb.web.forms import text
from kb.web.numbers import path_number
from tickets.changing import ImpossibleChange, TicketChanged, TicketNotFound, change_ticket, tags_from
from tickets.desk.done import way_back
from tickets.desk.loading import STATUS_WORDS, Difference, Draft, load_ticket
from tickets.desk.ticket import show_page
from tickets.models import Ticket

FIELDS = ("status", "assignee_id", "priority", "type", "category", "tags")


def update(request: Request, form: FormData) -> Response:
    """Stores the fields; 409 with both versions when somebody changed the ticket meanwhile."""
    user = require_staff(request)
    number = path_number(request)
    try:
        wanted = _wanted(form)
        with database(request).write() as session:
            change_ticket(session, number, wanted, version=version_of(form), actor_id=user.id, now=now())
    except TicketNotFound:
        raise HTTPException(404) from None
    except ImpossibleChange as refusal:
        return show_page(request, user, Draft(), status=422, errors={refusal.field: str(refusal)}, edited=_edited(form))
    except TicketChanged as change:
        return _both_versions(request, user, form, change.ticket, wanted)
    return RedirectResponse(way_back(request, number, "saved"), 303)


def take(request: Request, form: FormData) -> Response:
    """Puts the agent who asks in charge."""
    user = require_staff(request)
    number = path_number(request)
    try:
        with database(request).write() as session:
            change_ticket(session, number, {"assignee_id": user.id}, version=version_of(form), actor_id=user.id, now=now())
    except TicketNotFound:
        raise HTTPException(404) from None
    except ImpossibleChange as refusal:
        raise HTTPException(409, str(refusal)) from None
    except TicketChanged:
        return show_page(request, user, Draft(), status=409, errors={"assignee_id": _taken_by(request, number, user)})
    return RedirectResponse(way_back(request, number, "taken"), 303)


def _taken_by(request: Request, number: int, user: User) -> str:
    with database(request).read() as session:
        owner = load_ticket(session, number).assignee
    if owner is None or owner.id == user.id:
        return "Somebody changed the ticket meanwhile. Look again, then take it."
    return f"{owner.shown_name} has taken it meanwhile."


def version_of(form: FormData) -> int:
    """The version the page was made from; -1, which no ticket has, when the form names none."""
    value = text(form, "version", 12)
    return int(value) if value.isascii() and value.isdigit() else -1


def _wanted(form: FormData) -> dict[str, Any]:
    wanted: dict[str, Any] = {name: text(form, name, 120) for name in ("status", "priority", "type", "category") if name in form}
    if "tags" in form:
        wanted["tags"] = tags_from(text(form, "tags", 4000))
    if "assignee_id" in form:
        assignee = text(form, "assignee_id", 18)
        if assignee and not (assignee.isascii() and assignee.isdigit()):
            raise ImpossibleChange("assignee_id", "Choose the assignee from the list.")
        wanted["assignee_id"] = int(assignee) if assignee else None
    return wanted


def _edited(form: FormData) -> dict[str, str]:
    return {name: text(form, name, 4000) for name in FIELDS}


def _both_versions(request: Request, user: User, form: FormData, ticket: Ticket, wanted: dict[str, Any]) -> Response:
    edited = _edited(form)
    differences = [Difference(name, _shown(name, theirs), edited[name]) for name in wanted if (theirs := _stored(ticket, name)) != edited[name]]
    return show_page(request, user, Draft(), status=409, differences=differences, edited=edited)


def _stored(ticket: Ticket, name: str) -> str:
    if name == "tags":
        return " ".join(tag.name for tag in ticket.tags)
    value = getattr(ticket, name)
    return "" if value is None else str(value)


def _shown(name: str, value: str) -> str:
    return STATUS_WORDS.get(value, value) if name == "status" else value
