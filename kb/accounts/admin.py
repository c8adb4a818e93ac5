"""For admins: the people who may sign in, and the keys of the API."""

from datetime import timedelta

from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kb.accounts import invitations, notices, people, queries, roles, sessions
from kb.accounts.audit_log import log as audit
from kb.accounts.audit_log.models import Kind
from kb.accounts.authentication import api_keys, two_factor
from kb.accounts.authentication.tokens import new_token
from kb.accounts.models import ApiKey, GroupMember, Role, User
from kb.accounts.permissions import Permission
from kb.accounts.roles import RoleRefused
from kb.db import database, now
from kb.i18n import gettext as _
from kb.rate_limit.queries import is_within_limit
from kb.text.cleanup import one_line
from kb.text.whole_number import parse_whole_number
from kb.web.forms import text
from kb.web.numbers import path_number, query_number
from kb.web.templates import render

PAGE, MOST_PAGES = 50, 100_000


def list_people(request: Request) -> Response:
    """Everybody, staff first."""
    sessions.require_permission(request, Permission.MANAGE_PEOPLE)
    return _people_page(request)


def add_person(request: Request, form: FormData) -> Response:
    """Adds a person; staff are mailed an invitation."""
    admin = sessions.require_permission(request, Permission.MANAGE_PEOPLE)
    email, name, role = text(form, "email", 300), text(form, "name", people.MAX_NAME_CHARS), text(form, "role", 20)
    chosen = frozenset(number for value in form.getlist("group") if isinstance(value, str) and (number := parse_whole_number(value)) is not None)
    try:
        with database(request).write() as session:
            person = people.add_user(session, email, name, role, now())
            roles.require_share(admin.permissions, person.held_role.allows)
            joined = _join_groups(session, admin, person, chosen)
            detail = f"as {roles.short_name(person.held_role)}" + (f", in {', '.join(joined)}" if joined else "")
            audit.record(session, Kind.PERSON_ADDED, audit.source(request, admin), now(), person=person, detail=detail)
            is_invited = person.is_staff and invitations.invite(session, request.app.state.settings, person, audit.source(request, admin), now())
    except (people.PersonRefused, RoleRefused) as refusal:
        return _people_page(request, error=str(refusal), typed={"email": email, "name": name, "role": role}, chosen=chosen)
    return RedirectResponse(f"/desk/people?saved={'invited' if is_invited else 'added'}", 303)


def invite(request: Request, form: FormData) -> Response:  # noqa: ARG001
    """Mails the invitation again to a person who has not signed in yet."""
    admin = sessions.require_permission(request, Permission.MANAGE_PEOPLE)
    with database(request).write() as session:
        person = session.get(User, path_number(request))
        if person is None:
            raise HTTPException(404)
        is_waiting = invitations.is_invited(person)
        is_sent = is_waiting and invitations.invite(session, request.app.state.settings, person, audit.source(request, admin), now())
    if not is_waiting:
        problem = _("%(person)s doesn’t need an invitation. Only staff who haven’t signed in yet get one.", person=person.email)
        return _people_page(request, error=problem)
    if not is_sent:
        return _people_page(request, error=_("Several links were made for %(person)s in the last hour. Try again in an hour.", person=person.email))
    return RedirectResponse("/desk/people?saved=invited", 303)


def change_role(request: Request, form: FormData) -> Response:
    """Gives a person another role."""
    admin = sessions.require_permission(request, Permission.MANAGE_PEOPLE)

    def change(session: Session, person: User) -> None:
        before = person.held_role
        people.change_role(session, person, text(form, "role", 20))
        roles.require_share(admin.permissions, person.held_role.allows)
        if person.role != before.slug:
            detail = f"from {roles.short_name(before)} to {roles.short_name(person.held_role)}"
            audit.record(session, Kind.ROLE_CHANGED, audit.source(request, admin), now(), person=person, detail=detail)
            notices.role_changed(session, person, now())

    return _change(request, admin, change)


def reset_two_factor(request: Request, form: FormData) -> Response:  # noqa: ARG001
    """Turns a person's second factor off, for who has lost their app and their recovery codes, and signs them out."""
    admin = sessions.require_permission(request, Permission.MANAGE_PEOPLE)

    def change(session: Session, person: User) -> None:
        if person.has_two_factor:
            two_factor.remove(session, person)
            people.sign_out_everywhere(session, person)
            audit.record(session, Kind.TWO_FACTOR_OFF, audit.source(request, admin), now(), person=person)
            notices.two_factor_changed(session, person, is_on=False, now=now())

    return _change(request, admin, change)


def enable(request: Request, form: FormData) -> Response:  # noqa: ARG001
    """Lets a person in again."""
    admin = sessions.require_permission(request, Permission.MANAGE_PEOPLE)

    def change(session: Session, person: User) -> None:
        people.enable(person)
        audit.record(session, Kind.PERSON_ENABLED, audit.source(request, admin), now(), person=person)

    return _change(request, admin, change)


def list_keys(request: Request) -> Response:
    """Return the page of API keys, without their texts."""
    return _keys_page(request, sessions.require_permission(request, Permission.MANAGE_KEYS))


def make_key(request: Request, form: FormData) -> Response:
    """Make a key that acts as the person named, and show its text this once."""
    user = sessions.require_permission(request, Permission.MANAGE_KEYS)
    typed = {"name": one_line(text(form, "name"))[:120], "scope": text(form, "scope", 10), "email": text(form, "email", 300) if "email" in form else user.email}
    if not typed["name"] or typed["scope"] not in api_keys.SCOPES:
        error = _("Enter what the key is for.") if not typed["name"] else _("Select what the key can do.")
        return _keys_page(request, user, error=error, typed=typed)
    with database(request).write() as session:
        # The page with the secret answers a form: loaded again, it would make another key.
        once = text(form, "once", 64)
        if once and not is_within_limit(session, f"key-form:{user.id}:{once}", most=1, window=timedelta(days=1), now=now()):
            return RedirectResponse("/desk/api-keys?made=1", 303)
        owner = people.find(session, typed["email"])
        if owner is not None and not owner.permissions <= user.permissions:
            return _keys_page(request, user, error=_("A key can’t do more than you. Enter the address of someone who can do no more than you."), typed=typed)
        if owner is not None and owner.is_active:
            key, secret = api_keys.make_key(session, typed["name"], typed["scope"], owner, now())
            audit.record(session, Kind.KEY_MADE, audit.source(request, user), now(), person=owner, detail=api_keys.described(key))
            notices.key_made(session, owner, key.name, now())
    if owner is not None and owner.is_active:
        return _keys_page(request, user, secret=secret)
    return _keys_page(request, user, error=_("Nobody with this address can have a key. Enter the address of someone listed under People."), typed=typed)


def ask_to_revoke(request: Request) -> Response:
    """Ask before a key is revoked: what uses it stops working at once. One that is revoked already leads to the list."""
    sessions.require_permission(request, Permission.MANAGE_KEYS)
    with database(request).read() as session:
        key = session.get(ApiKey, path_number(request))
    if key is None:
        raise HTTPException(404)
    if key.revoked_at:
        return RedirectResponse("/desk/api-keys", 303)
    return render(request, "accounts/revocation.html", {"key": key})


def revoke_key(request: Request, form: FormData) -> Response:  # noqa: ARG001
    """Ends a key at once."""
    user = sessions.require_permission(request, Permission.MANAGE_KEYS)
    with database(request).write() as session:
        if key := api_keys.revoke_key(session, path_number(request), now()):
            audit.record(session, Kind.KEY_REVOKED, audit.source(request, user), now(), person=key.user, detail=api_keys.described(key))
    return RedirectResponse("/desk/api-keys?revoked=1", 303)


def _join_groups(session: Session, admin: User, person: User, chosen: frozenset[int]) -> list[str]:
    """Put a new person of the staff into the groups chosen; return their names. Only who sees all tickets may say who sees which."""
    if not person.is_staff or Permission.SEE_ALL_TICKETS not in admin.permissions:
        return []
    groups = [group for group in queries.groups(session) if group.id in chosen]
    session.add_all(GroupMember(group_id=group.id, user_id=person.id) for group in groups)
    return [f"“{group.name}”" for group in groups]


def _change(request: Request, by: User, change: people.Change) -> Response:
    try:
        with database(request).write() as session:
            user = session.get(User, path_number(request))
            if user is None:
                raise HTTPException(404)
            roles.require_share(by.permissions, user.held_role.allows)
            change(session, user)
    except (people.PersonRefused, RoleRefused) as refusal:
        return _people_page(request, error=str(refusal))
    return RedirectResponse("/desk/people?saved=1", 303)


def _people_page(request: Request, *, error: str = "", typed: dict[str, str] | None = None, chosen: frozenset[int] = frozenset()) -> Response:
    page = query_number(request, "page", most=MOST_PAGES)
    words = request.query_params.get("q", "").replace("\x00", "")[:100]
    with database(request).read() as session:
        found = people.list_users(session, words=words, limit=PAGE + 1, offset=(page - 1) * PAGE)
        groups = queries.groups(session) if Permission.SEE_ALL_TICKETS in sessions.require_staff(request).permissions else ()
        named = [(role.slug, roles.name_of(role)) for role in roles.all_roles(session)]
    context = {
        "people": found[:PAGE],
        "has_more": len(found) > PAGE,
        "page": page,
        "q": words,
        "error": error,
        "typed": typed or {"email": "", "name": "", "role": Role.AGENT},
        "saved": request.query_params.get("saved", ""),
        "groups": groups,
        "chosen": chosen,
        "now": now(),
        "roles": named,
        "is_invited": invitations.is_invited,
        "invitation_hours": request.app.state.settings.invitation_hours,
        "sends_mail": request.app.state.settings.sends_mail,
    }
    return render(request, "accounts/people.html", context, status=422 if error else 200)


def _keys_page(request: Request, user: User, *, error: str = "", typed: dict[str, str] | None = None, secret: str = "") -> Response:
    with database(request).read() as session:
        keys = queries.api_keys(session)
    context: dict[str, object] = {"keys": keys, "error": error, "typed": typed or {"name": "", "email": user.email, "scope": "read"}, "secret": secret}
    context |= {"once": new_token(), "is_made": "made" in request.query_params, "is_revoked": "revoked" in request.query_params}
    return render(request, "accounts/api_keys.html", context, status=422 if error else 200)
