"""The second step of signing in: a code of the app, or a recovery code."""

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kb.accounts import sessions
from kb.accounts.authentication import attempts, known_browsers, two_factor
from kb.accounts.authentication.sign_in import NO_REFERRER, begin_session, home
from kb.accounts.authentication.two_factor_pages import WRONG_CODE
from kb.db import database, now
from kb.i18n import gettext as _
from kb.web.forms import text
from kb.web.templates import render


def new(request: Request) -> Response:
    """The form for the code; the sign-in page for a browser that did not take the first step."""
    if user := sessions.current_user(request):
        return RedirectResponse(home(user), 303)
    if sessions.waiting_user(request) is None:
        return RedirectResponse("/sign-in", 303)
    return _page(request, sessions.safe_next(request.query_params.get("next", ""), ""))


def create(request: Request, form: FormData) -> Response:
    """Sign in with the code. The session that waited for it ends, and another begins."""
    user, target = sessions.waiting_user(request), sessions.safe_next(text(form, "next", 1001), "")
    if user is None:
        return new(request)
    if not attempts.may_try_code(request, user):
        return _page(request, target, error=_(attempts.TOO_MANY_CODES), status=429)
    moment = now()
    with database(request).write() as session:
        how = two_factor.use(session, user, text(form, "code", 50), moment)
        token = begin_session(request, session, user, moment, how) if how else ""
    if not how:
        attempts.record_failure(request, user.email, "wrong code")
        return _page(request, target, error=_(WRONG_CODE), status=422)
    response = RedirectResponse(target or home(user), 303, NO_REFERRER)
    sessions.keep(request, response, token, user)
    known_browsers.remember(request, response, user)
    return response


def _page(request: Request, target: str, *, error: str = "", status: int = 200) -> Response:
    context = {"next": target, "errors": {"code": error} if error else {}}
    return render(request, "accounts/sign_in_code.html", context, status=status, headers=NO_REFERRER)
