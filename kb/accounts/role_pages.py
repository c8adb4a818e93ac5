"""For admins: the roles, what each allows, and making one's own."""

from collections.abc import Callable

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kb.accounts import role_queries, roles, sessions
from kb.accounts.audit_log import log as audit
from kb.accounts.audit_log.models import Kind
from kb.accounts.models import StoredRole, User
from kb.accounts.permissions import PERMISSIONS, Permission, in_order, known
from kb.accounts.roles import RoleRefused
from kb.db import database, now
from kb.i18n import gettext as _
from kb.web.forms import text
from kb.web.templates import render

require_manager = sessions.requirement(Permission.MANAGE_PEOPLE)


def list_roles(request: Request) -> Response:
    """Every role with what it allows and how many people have it."""
    require_manager(request)
    with database(request).read() as session:
        found, holders = roles.all_roles(session), role_queries.holders(session)
    listed = [(role, roles.name_of(role), [_(PERMISSIONS[one].label) for one in in_order(role.allows)], holders.get(role.slug, 0)) for role in found]
    return render(request, "accounts/roles.html", {"listed": listed, "saved": request.query_params.get("saved", "")})


def new(request: Request) -> Response:
    """The form of a new role; with `?like=` it begins with what another role allows."""
    user = require_manager(request)
    with database(request).read() as session:
        like = roles.find(session, request.query_params.get("like", ""))
    return _form(request, user, None, name="", chosen=like.allows & user.permissions if like else frozenset())


def create(request: Request, form: FormData) -> Response:
    """Stores a new role."""
    user = require_manager(request)

    def store(session: Session) -> None:
        role = roles.create(session, text(form, "name"), _chosen(form), user.permissions)
        audit.record(session, Kind.ROLE_CREATED, audit.source(request, user), now(), detail=roles.described(role))

    return _stored(request, user, form, store, None) or RedirectResponse("/desk/roles?saved=created", 303)


def show(request: Request) -> Response:
    """The form of a role, filled in; one that cannot be changed is only shown."""
    user = require_manager(request)
    role = _role(request)
    return _form(request, user, role, name=roles.name_of(role), chosen=role.allows)


def update(request: Request, form: FormData) -> Response:
    """Stores what a role is called and allows."""
    user, role = require_manager(request), _role(request)

    def store(session: Session) -> None:
        kept = session.get_one(StoredRole, role.slug)
        before = roles.described(kept)
        roles.change(session, kept, text(form, "name"), _chosen(form), user.permissions, signed_in=sessions.token_digest(request))
        if roles.described(kept) != before:
            detail = f"from {before} to {roles.described(kept)}"
            audit.record(session, Kind.ROLE_EDITED, audit.source(request, user), now(), detail=detail)

    return _stored(request, user, form, store, role) or RedirectResponse("/desk/roles?saved=edited", 303)


def delete(request: Request, form: FormData) -> Response:
    """Deletes a role that nobody has."""
    user, role = require_manager(request), _role(request)

    def store(session: Session) -> None:
        kept = session.get_one(StoredRole, role.slug)
        roles.delete(session, kept, user.permissions)
        audit.record(session, Kind.ROLE_DELETED, audit.source(request, user), now(), detail=roles.described(kept))

    return _stored(request, user, form, store, role) or RedirectResponse("/desk/roles?saved=deleted", 303)


def _role(request: Request) -> StoredRole:
    with database(request).read() as session:
        role = roles.find(session, request.path_params["role"])
    if role is None:
        raise HTTPException(404)
    return role


def _chosen(form: FormData) -> frozenset[Permission]:
    return known(form.getlist("permission"))


def _stored(request: Request, user: User, form: FormData, store: Callable[[Session], None], role: StoredRole | None) -> Response | None:
    """Store in one transaction; return the form with what is wrong where that fails."""
    try:
        with database(request).write() as session:
            store(session)
    except RoleRefused as refusal:
        error = str(refusal)
    except IntegrityError:  # somebody else stored the same name, or gave the role to someone, at the same moment
        error = _("Someone else changed the roles at the same time. Check them and try again.")
    else:
        return None
    is_form = "name" in form
    name = text(form, "name", 200) if is_form else roles.name_of(role) if role else ""
    return _form(request, user, role, name=name, chosen=_chosen(form) if is_form else role.allows if role else frozenset(), error=error)


def _form(request: Request, user: User, role: StoredRole | None, *, name: str, chosen: frozenset[Permission], error: str = "") -> Response:
    listed = [(one, _(words.label), _(words.hint) if words.hint else "", one in chosen, one in user.permissions) for one, words in PERMISSIONS.items()]
    is_open = role is None or (not role.is_built_in and role.allows <= user.permissions)
    with database(request).read() as session:
        holders = role_queries.holders(session).get(role.slug, 0) if role else 0
    context = {"role": role, "name": name, "listed": listed, "is_open": is_open, "holders": holders, "errors": {"name": error} if error else {}}
    return render(request, "accounts/role.html", context, status=422 if error else 200)
