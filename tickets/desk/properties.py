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
from tickets.access import person
from tickets.desk.done import way_back
from tickets.desk.loading import Difference, Draft, load_ticket
from tickets.desk.ticket import show_page
from tickets.fields import FIELDS, ImpossibleChange
from tickets.models import Ticket
from tickets.update import TicketChanged, TicketNotFound, Update, apply

EDITABLE = tuple(field for field in FIELDS.values() if field.is_editable)


def update(request: Request, form: FormData) -> Response:
    """Stores the fields; 409 with both versions when somebody changed the ticket meanwhile."""
    user = require_staff(request)
    number = path_number(request)
    try:
        wanted = _wanted(form)
        with database(request).write() as session:
            apply(session, number, Update(wanted), actor=person(user), via="web", version=version_of(form), now=now())
    except TicketNotFound:
        raise HTTPException(404) from None
    except ImpossibleChange as refusal:
        return show_page(request, user, Draft(), status=422, errors={refusal.field: str(refusal)}, edited=_edited(form))
    except TicketChanged:
        return _both_versions(request, user, form, number, wanted)
    return RedirectResponse(way_back(request, number, "saved"), 303)


def take(request: Request, form: FormData) -> Response:
    """Puts the agent who asks in charge."""
    user = require_staff(request)
    number = path_number(request)
    try:
        with database(request).write() as session:
            apply(session, number, Update({"assignee_id": user.id}), actor=person(user), via="web", version=version_of(form), now=now())
    except TicketNotFound:
        raise HTTPException(404) from None
    except ImpossibleChange as refusal:
        raise HTTPException(409, str(refusal)) from None
    except TicketChanged:
        return show_page(request, user, Draft(), status=409, errors={"assignee_id": _taken_by(request, number, user)})
    return RedirectResponse(way_back(request, number, "taken"), 303)


def _taken_by(request: Request, number: int, user: User) -> str:
    with database(request).read() as session:
        owner = load_ticket(session, person(user), number).assignee
    if owner is None or owner.id == user.id:
        return "Someone changed the assignee after you opened this page. Check the ticket, then take it again."
    return f"{owner.shown_name} has already taken this ticket."


def version_of(form: FormData) -> int:
    """The version the page was made from; -1, which no ticket has, when the form names none."""
    value = text(form, "version", 12)
    return int(value) if value.isascii() and value.isdigit() else -1


def _wanted(form: FormData) -> dict[str, Any]:
    return {field.name: field.parse(text(form, field.name, 4000)) for field in EDITABLE if field.name in form}


def _edited(form: FormData) -> dict[str, str]:
    return {field.name: text(form, field.name, 4000) for field in EDITABLE}


def _both_versions(request: Request, user: User, form: FormData, number: int, wanted: dict[str, Any]) -> Response:
    with database(request).read() as session:
        ticket = load_ticket(session, person(user), number)
        edited = _edited(form)
        differences = [
            Difference(name, _shown(name, theirs), _shown(name, edited[name])) for name in wanted if (theirs := _stored(ticket, name)) != edited[name]
        ]
    return show_page(request, user, Draft(), status=409, differences=differences, edited=edited)


def _stored(ticket: Ticket, name: str) -> str:
    if name == "tags":
        return " ".join(tag.name for tag in ticket.tags)
    value = getattr(ticket, name)
    return "" if value is None else str(value)


def _shown(name: str, value: str) -> str:
    return FIELDS[name].label_of(value)
