"""One's own account: name, password, and where one is signed in."""

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kb.accounts import notices, people, queries, sessions
from kb.accounts.audit_log import log as audit
from kb.accounts.audit_log.models import Kind
from kb.accounts.authentication import passwords
from kb.accounts.models import User
from kb.accounts.own_sessions import own_sessions
from kb.db import database, now
from kb.i18n import gettext as _
from kb.text.cleanup import one_line
from kb.web.forms import text
from kb.web.templates import render


def show(request: Request) -> Response:
    """The account page."""
    return page(request, sessions.require_user(request))


def update(request: Request, form: FormData) -> Response:
    """Stores the name."""
    user = sessions.require_user(request)
    with database(request).write() as session:
        session.get_one(User, user.id).name = one_line(text(form, "name"))[: people.MAX_NAME_CHARS]
    return RedirectResponse("/account?saved=details", 303)


def update_password(request: Request, form: FormData) -> Response:
    """Stores a new password, signs the person out everywhere else, and voids every sign-in link sent before."""
    user, moment = sessions.require_user(request), now()
    password = form.get("password")
    about = (user.email, user.name, request.app.state.settings.site_name)
    problem = passwords.problem(password, about=about) if isinstance(password, str) else _("Enter a password.")
    if problem:
        return page(request, user, errors={"password": problem})
    assert isinstance(password, str)  # noqa: S101
    stored_hash = passwords.hash_password(password)
    with database(request).write() as session:
        session.get_one(User, user.id).password_hash = stored_hash
        sessions.end_others(request, session, user)
        queries.delete_links_of(session, user.id)
        audit.record(session, Kind.PASSWORD_CHANGED, audit.source(request, user), moment, person=user)
        notices.password_changed(session, user, moment)
    return RedirectResponse("/account?saved=password", 303)


def page(request: Request, user: User, *, errors: dict[str, str] | None = None, email: str = "", away_until: str = "", status: int = 422) -> Response:
    """The account page; with `errors`, field → message, and the address that was typed."""
    with database(request).read() as session:
        signed_in = own_sessions(request, session, user)
    context = {
        "user": user,
        "errors": errors or {},
        "email": email,
        "away_until": away_until or (user.away_until.date().isoformat() if user.away_until and user.is_away(now()) else ""),
        "is_away": user.is_away(now()),
        "saved": request.query_params.get("saved", ""),
        "min_chars": passwords.MIN_CHARS,
        "has_mailbox": people.is_email(user.email),
        "sessions": signed_in,
    }
    return render(request, "accounts/account.html", context, status=status if errors else 200)
