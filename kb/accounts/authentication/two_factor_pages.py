"""One's own second factor: set it up with an app, get recovery codes, turn it off."""

import segno
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kb.accounts import notices, sessions
from kb.accounts.audit_log import log as audit
from kb.accounts.audit_log.models import Kind
from kb.accounts.authentication import attempts, two_factor, two_factor_queries
from kb.accounts.models import User
from kb.db import database, now
from kb.i18n import N_
from kb.i18n import gettext as _
from kb.web.forms import text
from kb.web.templates import render

PATH = "/account/two-factor"
WRONG_CODE = N_("This code is wrong or was already used. Enter the newest one that your app shows.")


def show(request: Request) -> Response:
    """The page: what is set up, or the QR code of what is being set up."""
    return _page(request, sessions.require_user(request))


def begin(request: Request, form: FormData) -> Response:  # noqa: ARG001
    """Make a new secret, which the page then shows."""
    user = sessions.require_user(request)
    if not user.has_two_factor:
        with database(request).write() as session:
            two_factor.begin(session, user)
    return RedirectResponse(PATH, 303)


def confirm(request: Request, form: FormData) -> Response:
    """Turn it on with a code of the app, sign the person out everywhere else, and show the recovery codes this once."""
    user, moment = sessions.require_user(request), now()
    if not attempts.may_try_code(request, user):
        return _page(request, user, error=_(attempts.TOO_MANY_CODES), status=429)
    with database(request).write() as session:
        if not two_factor.confirm(session, user, text(form, "code", 50), moment):
            is_on = False
        else:
            is_on, codes = True, two_factor.new_recovery_codes(session, user)
            sessions.end_others(request, session, user)
            audit.record(session, Kind.TWO_FACTOR_ON, audit.source(request, user), moment, person=user)
            notices.two_factor_changed(session, user, is_on=True, now=moment)
    return _codes(request, codes) if is_on else _page(request, user, error=_(WRONG_CODE), status=422)


def renew_codes(request: Request, form: FormData) -> Response:  # noqa: ARG001
    """Show new recovery codes this once; the earlier ones stop working."""
    user = sessions.require_user(request)
    if not user.has_two_factor:
        return RedirectResponse(PATH, 303)
    with database(request).write() as session:
        codes = two_factor.new_recovery_codes(session, user)
        audit.record(session, Kind.RECOVERY_CODES_MADE, audit.source(request, user), now(), person=user)
    return _codes(request, codes)


def remove(request: Request, form: FormData) -> Response:  # noqa: ARG001
    """Turn it off."""
    user, moment = sessions.require_user(request), now()
    with database(request).write() as session:
        two_factor.remove(session, user)
        if user.has_two_factor:
            audit.record(session, Kind.TWO_FACTOR_OFF, audit.source(request, user), moment, person=user)
            notices.two_factor_changed(session, user, is_on=False, now=moment)
    return RedirectResponse("/account?saved=two-factor-off", 303)


def _codes(request: Request, codes: list[str]) -> Response:
    return render(request, "accounts/recovery_codes.html", {"codes": codes})


def _page(request: Request, user: User, *, error: str = "", status: int = 200) -> Response:
    settings = request.app.state.settings
    with database(request).read() as session:
        factor = two_factor_queries.factor(session, user.id)
        left = two_factor_queries.count_recovery_codes(session, user.id)
    secret = factor.secret if factor is not None and factor.confirmed_at is None else ""
    context = {
        "user": user,
        "qr": segno.make(two_factor.address(user, secret, settings.site_name), error="m").svg_data_uri(scale=5, border=4, light="white") if secret else "",
        "secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        "left": left,
        "is_required": settings.staff_two_factor and user.is_staff,
        "errors": {"code": error} if error else {},
    }
    return render(request, "accounts/two_factor.html", context, status=status)
