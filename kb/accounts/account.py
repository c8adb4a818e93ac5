"""One's own account: name, address, password, and where one is signed in."""

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kb.accounts import fresh_sign_in, passwords, people, queries, sessions
from kb.accounts.audit_log import log as audit
from kb.accounts.audit_log.models import Kind
from kb.accounts.models import Role, User
from kb.accounts.own_sessions import own_sessions
from kb.db import database, now
from kb.web.forms import text
from kb.web.templates import render


def show(request: Request) -> Response:
    """The account page."""
    return _page(request, sessions.require_user(request))


def update(request: Request, form: FormData) -> Response:
    """Stores the name; an admin may also change the address they sign in with, after a fresh sign-in."""
    user = sessions.require_user(request)
    name, email = text(form, "name", people.MAX_NAME_CHARS), people.canonical(text(form, "email", 300))
    changes_email = user.role == Role.ADMIN and email != user.email
    if changes_email and (page := fresh_sign_in.ask(request, form)):
        return page
    errors: dict[str, str] = {}
    with database(request).write() as session:
        if changes_email:
            if not people.is_email(email):
                errors["email"] = "Write an e-mail address, such as name@example.com."
            elif people.find(session, email):
                errors["email"] = "Somebody else has this address."
        if not errors:
            stored = session.get_one(User, user.id)
            stored.name = name
            if changes_email:
                stored.email = email
                audit.record(session, Kind.ADDRESS_CHANGED, audit.source(request, user), now(), person=user, detail=f"to {email}")
    if errors:
        return _page(request, user, errors=errors, name=name, email=email)
    return RedirectResponse("/account?saved=details", 303)


def update_password(request: Request, form: FormData) -> Response:
    """Stores a new password, signs the person out everywhere else, and voids every sign-in link sent before."""
    user = sessions.require_user(request)
    password = form.get("password")
    about = (user.email, user.name, request.app.state.settings.site_name)
    problem = passwords.problem(password, about=about) if isinstance(password, str) else "Enter a password."
    if problem:
        return _page(request, user, errors={"password": problem})
    assert isinstance(password, str)  # noqa: S101
    stored_hash = passwords.hash_password(password)
    with database(request).write() as session:
        session.get_one(User, user.id).password_hash = stored_hash
        sessions.end_others(request, session, user)
        queries.delete_links_of(session, user.id)
        audit.record(session, Kind.PASSWORD_CHANGED, audit.source(request, user), now(), person=user)
    return RedirectResponse("/account?saved=password", 303)


def _page(request: Request, user: User, *, errors: dict[str, str] | None = None, name: str | None = None, email: str | None = None) -> Response:
    with database(request).read() as session:
        signed_in = own_sessions(request, session, user)
    context = {
        "user": user,
        "errors": errors or {},
        "name": user.name if name is None else name,
        "email": user.email if email is None else email,
        "saved": request.query_params.get("saved", ""),
        "min_chars": passwords.MIN_CHARS,
        "sessions": signed_in,
    }
    return render(request, "accounts/account.html", context, status=422 if errors else 200)
