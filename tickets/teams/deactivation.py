"""For admins: lock somebody out, and give the tickets they were working on to someone else."""

from typing import Any

from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kb.accounts import people, roles
from kb.accounts.audit_log import log as audit
from kb.accounts.audit_log.models import Kind
from kb.accounts.models import Group, User
from kb.accounts.people import PersonRefused
from kb.accounts.permissions import Permission
from kb.accounts.queries import active_staff
from kb.accounts.queries import groups as groups_by_name
from kb.accounts.roles import RoleRefused
from kb.accounts.sessions import requirement
from kb.db import database, now
from kb.i18n import gettext as _
from kb.text.whole_number import parse_whole_number
from kb.web.forms import text
from kb.web.numbers import path_number
from kb.web.templates import render
from tickets.access import may_be_assigned
from tickets.reassignment import reassign
from tickets.teams import deactivation_queries

require_manager = requirement(Permission.MANAGE_PEOPLE)


def ask(request: Request) -> Response:
    """Ask who gets the person's unsolved tickets."""
    require_manager(request)
    return _page(request)


def disable(request: Request, form: FormData) -> Response:
    """Lock the person out at once, then give their unsolved tickets to whoever was chosen; to nobody where none was."""
    user, number = require_manager(request), path_number(request)
    chosen = text(form, "to", 30)
    try:
        with database(request).write() as session:
            person = _load(session, number)
            changes = _changes(session, chosen, person)
            if changes is None:
                return _page(request, chosen=chosen, errors={"to": _("Select who gets the tickets from the list.")})
            roles.require_share(user.permissions, person.held_role.allows)
            count = deactivation_queries.count_unsolved(session, number)
            was_active = person.is_active
            people.disable(session, person)
            if was_active or count:
                detail = f"{count} unsolved tickets to {chosen or 'nobody'}" if count else ""
                audit.record(session, Kind.PERSON_DISABLED, audit.source(request, user), now(), person=person, detail=detail)
    except (PersonRefused, RoleRefused) as refusal:
        return _page(request, chosen=chosen, errors={"to": str(refusal)})
    # After the person is out, so that nothing is assigned to them in between; run again, it goes on where it stopped.
    reassign(database(request), lambda session, after, limit: deactivation_queries.unsolved_of_person(session, number, after, limit), changes, user)
    return RedirectResponse("/desk/people?saved=1", 303)


def _changes(session: Session, chosen: str, leaving: User) -> dict[str, Any] | None:
    """Return the change that the choice makes of each ticket; None for one that cannot be made."""
    kind, _colon, typed = chosen.partition("-")
    number = parse_whole_number(typed)
    if chosen in ("", "nobody"):
        return {"assignee_id": None}
    if kind == "person" and number is not None and number != leaving.id:
        person = session.get(User, number)
        return {"assignee_id": number} if person is not None and may_be_assigned(person.permissions) else None
    if kind == "group" and number is not None:
        group = session.get(Group, number)
        return {"group_id": number, "assignee_id": None} if group is not None and group.deleted_at is None else None
    return None


def _load(session: Session, number: int) -> User:
    person = session.get(User, number)
    if person is None:
        raise HTTPException(404)
    return person


def _page(request: Request, *, chosen: str = "", errors: dict[str, str] | None = None) -> Response:
    with database(request).read() as session:
        person = _load(session, path_number(request))
        count = deactivation_queries.count_unsolved(session, person.id)
        staff = [(f"person-{one.id}", one.shown_name) for one in active_staff(session) if one.id != person.id]
        groups = [(f"group-{one.id}", _("Group: %(name)s", name=one.name)) for one in groups_by_name(session)]
    options = [("nobody", _("Nobody: they go back to Unassigned")), *groups, *staff]
    context = {"person": person, "count": count, "options": options, "chosen": chosen, "errors": errors or {}}
    return render(request, "teams/disablement.html", context, status=422 if errors else 200)
