"""For admins: the organizations of customers, who belongs to them, and whether they share their requests."""

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kb.accounts import people
from kb.accounts.audit_log import log as audit
from kb.accounts.audit_log.models import Kind
from kb.accounts.models import Organization, Role, User
from kb.accounts.people import PersonRefused
from kb.db import database, now
from kb.i18n import gettext as _
from kb.web.forms import text
from kb.web.numbers import path_number, query_number
from kb.web.templates import render
from tickets.fields import parse_tags
from tickets.teams import organization_form, organization_queries
from tickets.teams.group_pages import require_manager
from tickets.teams.organization_form import Typed

PAGE, MOST_PAGES = 50, 100_000


def list_organizations(request: Request) -> Response:
    """Organizations by name, 50 on a page."""
    require_manager(request)
    page, words = query_number(request, "page", most=MOST_PAGES), request.query_params.get("q", "").replace("\x00", "")[:100]
    with database(request).read() as session:
        found = organization_queries.organizations(session, words=words, limit=PAGE + 1, offset=(page - 1) * PAGE)
        ids = [one.id for one in found]
        domains, counts = organization_queries.domains(session, ids), organization_queries.counts(session, ids)
    context = {"found": found[:PAGE], "has_more": len(found) > PAGE, "page": page, "q": words, "domains": domains, "counts": counts}
    return render(request, "teams/organizations.html", context | {"saved": request.query_params.get("saved", "")})


def new(request: Request) -> Response:
    """The form of a new organization."""
    require_manager(request)
    return _form(request, None, Typed())


def create(request: Request, form: FormData) -> Response:
    """Stores a new organization."""
    return _store(request, None, organization_form.read(form), require_manager(request))


def show(request: Request) -> Response:
    """The form of an organization, filled in, and its people."""
    require_manager(request)
    return _page(request)


def update(request: Request, form: FormData) -> Response:
    """Stores an organization's name, domains, notes, tags and whether it shares its requests."""
    user = require_manager(request)
    with database(request).read() as session:
        organization = _load(session, request)
    return _store(request, organization, organization_form.read(form), user)


def delete(request: Request, form: FormData) -> Response:  # noqa: ARG001
    """Deletes an organization; its people and their tickets stay."""
    user = require_manager(request)
    with database(request).write() as session:
        organization = _load(session, request)
        organization_queries.delete_organization(session, organization, now())
        audit.record(session, Kind.ORGANIZATION_DELETED, audit.source(request, user), now(), detail=f"“{organization.name}”")
    return RedirectResponse("/desk/organizations?saved=deleted", 303)


def add_member(request: Request, form: FormData) -> Response:
    """Puts the person with this address into the organization, added as a customer where they are not known."""
    user, email = require_manager(request), text(form, "email", 300)
    try:
        with database(request).write() as session:
            organization = _load(session, request)
            person = people.find(session, email) or people.add_user(session, email, "", Role.CUSTOMER, now())
            person.organization_id, person.is_organization_chosen = organization.id, True
            _record_move(session, request, user, person, f"to “{organization.name}”")
    except PersonRefused as refusal:
        return _page(request, errors={"email": str(refusal)}, email=email)
    return RedirectResponse(f"/desk/organizations/{organization.id}?saved=added", 303)


def remove_member(request: Request, form: FormData) -> Response:  # noqa: ARG001
    """Takes a person out of the organization, for good: the domain of their address does not bring them back."""
    user = require_manager(request)
    with database(request).write() as session:
        organization = _load(session, request)
        person = session.get(User, path_number(request, "user"))
        if person is None or person.organization_id != organization.id:
            raise HTTPException(404)
        person.organization_id, person.is_organization_chosen = None, True
        _record_move(session, request, user, person, f"out of “{organization.name}”")
    return RedirectResponse(f"/desk/organizations/{organization.id}?saved=removed", 303)


def _record_move(session: Session, request: Request, user: User, person: User, detail: str) -> None:
    audit.record(session, Kind.ORGANIZATION_CHANGED, audit.source(request, user), now(), person=person, detail=detail)


def _load(session: Session, request: Request) -> Organization:
    organization = session.get(Organization, path_number(request))
    if organization is None or organization.deleted_at is not None:
        raise HTTPException(404)
    return organization


def _store(request: Request, organization: Organization | None, typed: Typed, user: User) -> Response:
    try:
        with database(request).write() as session:
            if errors := organization_form.problems(session, typed, organization.id if organization else None):
                return _form(request, organization, typed, errors=errors)
            stored = _load(session, request) if organization else Organization(created_at=now())
            stored.name, stored.notes, stored.tags, stored.shares_requests = typed.name, typed.notes, list(parse_tags(typed.tags)), typed.shares_requests
            session.add(stored)
            session.flush()
            organization_queries.set_domains(session, stored.id, typed.wanted)
            kind = Kind.ORGANIZATION_EDITED if organization else Kind.ORGANIZATION_CREATED
            detail = f"“{typed.name}”: {', '.join(sorted(typed.wanted)) or 'no domain'}{', shares requests' if typed.shares_requests else ''}"
            audit.record(session, kind, audit.source(request, user), now(), detail=detail)
            number = stored.id
    except IntegrityError:  # somebody else stored the same name or domain at the same moment
        return _form(request, organization, typed, errors={"name": _("Someone else saved this name or domain at the same time. Check it and try again.")})
    return RedirectResponse(f"/desk/organizations/{number}?saved={'edited' if organization else 'created'}", 303)


def _page(request: Request, *, errors: dict[str, str] | None = None, email: str = "") -> Response:
    with database(request).read() as session:
        organization = _load(session, request)
        domains = organization_queries.domains(session, [organization.id]).get(organization.id, [])
    return _form(request, organization, organization_form.of(organization, domains), errors=errors, email=email)


def _form(request: Request, organization: Organization | None, typed: Typed, *, errors: dict[str, str] | None = None, email: str = "") -> Response:
    with database(request).read() as session:
        members = organization_queries.members(session, organization.id) if organization else ()
        count = organization_queries.counts(session, [organization.id]).get(organization.id, 0) if organization else 0
    context = {"organization": organization, "typed": typed, "members": members, "count": count, "errors": errors or {}, "email": email}
    return render(request, "teams/organization.html", context | {"saved": request.query_params.get("saved", "")}, status=422 if errors else 200)
