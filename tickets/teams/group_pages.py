"""For admins: the groups of the staff, who is in them, and which categories they look after."""

from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kb.accounts.audit_log import log as audit
from kb.accounts.audit_log.models import Kind
from kb.accounts.models import MAX_GROUP_NAME_CHARS, Group, User
from kb.accounts.permissions import Permission
from kb.accounts.queries import groups as groups_by_name
from kb.accounts.sessions import require_permission
from kb.db import database, now
from kb.i18n import gettext as _
from kb.text.cleanup import one_line
from kb.text.whole_number import parse_whole_number
from kb.web.forms import text
from kb.web.numbers import path_number
from kb.web.templates import render
from tickets.articles_read import open_categories
from tickets.reassignment import reassign
from tickets.teams import group_queries


@dataclass(frozen=True, slots=True)
class Typed:
    """A group as the form has it."""

    name: str = ""
    members: frozenset[int] = frozenset()
    categories: frozenset[str] = frozenset()


def require_manager(request: Request) -> User:
    """The person who may manage groups. Being in a group shows its tickets, so only those who see all tickets may say who is."""
    user = require_permission(request, Permission.MANAGE_PEOPLE)
    return user if Permission.SEE_ALL_TICKETS in user.permissions else require_permission(request, Permission.SEE_ALL_TICKETS)


def list_groups(request: Request) -> Response:
    """Every group with its members, categories and open tickets."""
    require_manager(request)
    names = open_categories(request)
    with database(request).read() as session:
        groups, members, open_tickets = groups_by_name(session), group_queries.members(session), group_queries.open_tickets(session)
        rules = group_queries.categories(session)
    of_group = {group.id: [names.get(slug, slug) for slug, group_id in rules.items() if group_id == group.id] for group in groups}
    context = {"groups": groups, "members": members, "open_tickets": open_tickets, "categories": of_group, "saved": request.query_params.get("saved", "")}
    return render(request, "teams/groups.html", context)


def new(request: Request) -> Response:
    """The form of a new group."""
    require_manager(request)
    return _form(request, None, Typed())


def create(request: Request, form: FormData) -> Response:
    """Stores a new group."""
    return _store(request, None, _typed(request, form), require_manager(request))


def show(request: Request) -> Response:
    """The form of a group, filled in."""
    require_manager(request)
    with database(request).read() as session:
        group = _load(session, request)
        members = frozenset(user.id for user in group_queries.members(session).get(group.id, ()))
        categories = frozenset(slug for slug, group_id in group_queries.categories(session).items() if group_id == group.id)
    return _form(request, group, Typed(group.name, members, categories))


def update(request: Request, form: FormData) -> Response:
    """Stores a group's name, members and categories."""
    user = require_manager(request)
    with database(request).read() as session:
        group = _load(session, request)
    return _store(request, group, _typed(request, form), user)


def delete(request: Request, form: FormData) -> Response:  # noqa: ARG001
    """Deletes a group. Its unsolved tickets belong to none then, and say so."""
    user = require_manager(request)
    with database(request).read() as session:
        group = _load(session, request)
    reassign(database(request), lambda session, after, limit: group_queries.unsolved_of_group(session, group.id, after, limit), {"group_id": None}, user)
    with database(request).write() as session:
        group_queries.delete_group(session, group.id, now())
        audit.record(session, Kind.GROUP_DELETED, audit.source(request, user), now(), detail=f"“{group.name}”")
    return RedirectResponse("/desk/groups?saved=deleted", 303)


def _load(session: Session, request: Request) -> Group:
    group = session.get(Group, path_number(request))
    if group is None or group.deleted_at is not None:
        raise HTTPException(404)
    return group


def _typed(request: Request, form: FormData) -> Typed:
    members = (parse_whole_number(value) for value in form.getlist("member") if isinstance(value, str))
    known = open_categories(request)
    categories = frozenset(value for value in form.getlist("category") if isinstance(value, str) and value in known)
    return Typed(one_line(text(form, "name", 300)), frozenset(number for number in members if number is not None), categories)


def _store(request: Request, group: Group | None, typed: Typed, user: User) -> Response:
    if not typed.name:
        return _form(request, group, typed, error=_("Enter a name for the group."))
    if len(typed.name) > MAX_GROUP_NAME_CHARS:
        return _form(request, group, typed, error=_("Use at most %(most)s characters for the name.", most=MAX_GROUP_NAME_CHARS))
    taken = _("There is already a group with this name. Choose another one.")
    try:
        with database(request).write() as session:
            if group_queries.has_name(session, typed.name, group.id if group else None):
                return _form(request, group, typed, error=taken)
            stored = _load(session, request) if group else group_queries.add(session, typed.name, now())
            stored.name = typed.name
            group_queries.set_members(session, stored.id, typed.members)
            group_queries.set_categories(session, stored.id, typed.categories)
            members = ", ".join(person.email for person in group_queries.members(session).get(stored.id, ()))
            kind = Kind.GROUP_EDITED if group else Kind.GROUP_CREATED
            audit.record(session, kind, audit.source(request, user), now(), detail=f"“{typed.name}”: {members or 'nobody'}")
    except IntegrityError:  # somebody else stored the same name or category at the same moment
        return _form(request, group, typed, error=taken)
    return RedirectResponse(f"/desk/groups?saved={'edited' if group else 'created'}", 303)


def _form(request: Request, group: Group | None, typed: Typed, *, error: str = "") -> Response:
    with database(request).read() as session:
        staff, rules, groups = group_queries.staff(session), group_queries.categories(session), {one.id: one.name for one in groups_by_name(session)}
        open_tickets = group_queries.open_tickets(session).get(group.id, 0) if group else 0
    others = {slug: groups[group_id] for slug, group_id in rules.items() if group_id in groups and (group is None or group_id != group.id)}
    context = {
        "group": group,
        "typed": typed,
        "staff": staff,
        "categories": [(slug, name, others.get(slug, "")) for slug, name in open_categories(request).items()],
        "open_tickets": open_tickets,
        "errors": {"name": error} if error else {},
    }
    return render(request, "teams/group.html", context, status=422 if error else 200)
