"""Sensitive acts want a fresh proof of who is there: by password, or by a mailed link. Then the act goes on with what was typed."""

from collections.abc import Callable

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from kb.accounts import people, queries, sessions
from kb.accounts.audit_log import log as audit
from kb.accounts.audit_log.models import Kind
from kb.accounts.authentication import attempts, passwords
from kb.accounts.authentication.sensitive_acts import Act, Describe
from kb.accounts.models import User
from kb.db import database, now
from kb.i18n import N_
from kb.i18n import gettext as _
from kb.web.forms import FormView
from kb.web.templates import NOT_KEPT, render

PASSWORD, LINK, CONTINUE = "confirm_password", "confirm_link", "confirm_continue"
CONFIRMED_PATH = "/account/confirmed"
MAX_FIELDS, MAX_NAME_CHARS, MAX_VALUE_CHARS = 20, 100, 2000
"""What is kept of the form: more than any form that asks for a proof may hold."""
WRONG = N_("The password is wrong.")
NOT_YET = N_("You haven’t confirmed yet. Open the link in this browser first.")
NO_MAILBOX = N_("No email reaches this account’s address, so we can’t send a link to it.")


def with_fresh_sign_in(view: FormView, require: Callable[[Request], User], describe: Describe) -> FormView:
    """Return `view` for people that `require` lets in, and that have proved lately who they are; the others are told what `describe` names."""

    def checked(request: Request, form: FormData) -> Response:
        require(request)
        return ask(request, form, describe) or view(request, form)

    checked.__name__ = getattr(view, "__name__", "view")
    return checked


def ask(request: Request, form: FormData, describe: Describe) -> Response | None:
    """Return the page that asks for proof, naming the act and holding all that was typed; None when the act may go on."""
    user = sessions.require_user(request)
    if sessions.is_fresh(request):
        return None
    if isinstance(password := form.get(PASSWORD), str) and LINK not in form:
        error = _check(request, user, password)
        return _page(request, form, user, describe(request, form), error=error) if error else None
    act = describe(request, form)
    if LINK in form and not people.is_email(user.email):
        return _page(request, form, user, act, error=NO_MAILBOX)
    if LINK in form:
        is_sent = attempts.mail_link(request, user.email, CONFIRMED_PATH)
        return _page(request, form, user, act, is_sent=is_sent, error="" if is_sent else attempts.too_many(request))
    is_waiting = CONTINUE in form
    return _page(request, form, user, act, is_sent=is_waiting, error=NOT_YET if is_waiting else "")


def confirmed(request: Request) -> Response:
    """Where the mailed link leads."""
    sessions.require_user(request)
    return render(request, "accounts/confirmed.html")


def _check(request: Request, user: User, password: str) -> str:
    """Mark the session as proved when the password is right; return what is wrong otherwise."""
    if not 0 < len(password) <= passwords.MAX_CHARS:
        return WRONG
    if not attempts.may_try(request, user.email):
        return attempts.too_many(request)
    if not passwords.verify(password, user.password_hash):
        attempts.record_failure(request, user.email, "wrong password while confirming")
        return WRONG
    moment = now()
    with database(request).write() as session:
        queries.mark_proved(session, sessions.token_digest(request), moment)
        audit.record(session, Kind.IDENTITY_CONFIRMED, audit.source(request, user), moment, detail="by password")
    request.state.proved_at = moment
    return ""


def _page(request: Request, form: FormData, user: User, act: Act, *, error: str = "", is_sent: bool = False) -> Response:
    texts = [(name, value) for name, value in form.multi_items() if isinstance(value, str) and name not in (PASSWORD, LINK, CONTINUE)]
    typed = [(name[:MAX_NAME_CHARS], value[:MAX_VALUE_CHARS]) for name, value in texts[:MAX_FIELDS]]
    settings = request.app.state.settings
    context = {
        "user": user,
        "act": act,
        "typed": typed,
        "error": _(error),
        "is_sent": is_sent,
        "minutes": settings.fresh_sign_in_minutes,
        "has_password": bool(user.password_hash),
        "has_mailbox": people.is_email(user.email),
        "sends_mail": settings.sends_mail,
    }
    return render(request, "accounts/confirm.html", context, status=422 if error else 403, headers=NOT_KEPT)  # what was typed may be a password
