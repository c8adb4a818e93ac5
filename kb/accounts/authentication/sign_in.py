"""Signing in by password or by an emailed link, and signing out."""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote, urlsplit

from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kb.accounts import notices, people, sessions
from kb.accounts.audit_log import log as audit
from kb.accounts.audit_log import queries as audit_queries
from kb.accounts.audit_log.models import Kind
from kb.accounts.authentication import attempts, known_browsers, links, passwords
from kb.accounts.authentication.browser_name import browser_name
from kb.accounts.models import User
from kb.db import database, now
from kb.events.recorder import recorder
from kb.i18n import N_
from kb.i18n import gettext as _
from kb.web.forms import text
from kb.web.templates import FOR_BACK, render

NO_EMAIL, NO_PASSWORD = N_("Enter your email address."), N_("Enter your password.")
WRONG = N_("The email address or the password is wrong.")
NO_REFERRER = {"Referrer-Policy": "no-referrer"}
NOT_A_WAY_BACK = ("/sign-in", "/sign-out")


def new(request: Request) -> Response:
    """The sign-in page. Without a `next` it leads back to the page it was opened from."""
    target = sessions.safe_next(request.query_params.get("next", ""), "") or _opened_from(request)
    if user := sessions.current_user(request):
        return RedirectResponse(target or home(user), 303)
    return _page(request, email="", target=target)


def create(request: Request, form: FormData) -> Response:
    """Signs in by password. Unknown address and wrong password get the same answer after the same time."""
    email, target = people.canonical_email(text(form, "email", 300)), sessions.safe_next(text(form, "next", 1001), "")
    password = form.get("password")
    if missing := _missing(email, password):
        return _page(request, email=email, target=target, problems=missing, status=422)
    if not isinstance(password, str) or len(password) > passwords.MAX_CHARS:
        return _page(request, email=email, target=target, error=WRONG, status=422)
    if not attempts.may_try(request, email):
        return _page(request, email=email, target=target, error=attempts.too_many(request), status=429)
    with database(request).read() as session:
        user = people.find(session, email)
    if not passwords.verify(password, user.password_hash if user else None) or user is None or not user.is_active:
        attempts.record_failure(request, email, _reason(user))
        return _page(request, email=email, target=target, error=WRONG, status=422)
    return _enter(request, user, target)


def create_link(request: Request, form: FormData) -> Response:
    """Emails a sign-in link, if the address is somebody's; the answer does not say whether it is."""
    email, target = people.canonical_email(text(form, "email", 300)), sessions.safe_next(text(form, "next", 1001), "")
    if not people.is_email(email):
        problem = _("Enter one full email address, like name@example.com.") if email else _(NO_EMAIL)
        return _page(request, email=email, target=target, problems={"email": problem}, status=422)
    if not attempts.mail_link(request, email, target):
        return _page(request, email=email, target=target, error=attempts.too_many(request), status=429)
    return render(request, "accounts/link_sent.html", {"email": email, "next": target}, headers=FOR_BACK)


def show_link(request: Request) -> Response:
    """A button that uses the link: mail scanners open links, but press no buttons."""
    token = request.path_params["token"]
    with database(request).read() as session:
        if not links.is_open(session, token, now()):
            return _link_over(request)
    return render(request, "accounts/link.html", {"token": token}, headers=NO_REFERRER)


def use_link(request: Request, form: FormData) -> Response:  # noqa: ARG001
    """Signs in by the link, once."""
    moment = now()
    recorder(request).flush()
    with database(request).write() as session:
        link = links.use_link(session, request.path_params["token"], moment)
        token = _begin(request, session, link.user, moment, "by emailed link") if link else ""
    if link is None:
        attempts.record_failure(request, "", "sign-in link used, expired or unknown")
        return _link_over(request)
    user = link.user
    first_page = home(user) if user.password_hash or not user.is_staff else "/account"
    response = RedirectResponse(sessions.safe_next(link.target, "") or first_page, 303, NO_REFERRER)
    return _kept(request, response, token, user, sessions.safe_next(link.target, ""))


def sign_out(request: Request, form: FormData) -> Response:  # noqa: ARG001
    """Ends the session."""
    # Refused forms are kept for Back. They may show what only this person may see.
    response = RedirectResponse("/", 303, {"Clear-Site-Data": '"cache"'})
    if user := sessions.current_user(request):
        with database(request).write() as session:
            audit.record(session, Kind.SIGN_OUT, audit.source(request, user), now())
    sessions.end(request, response)
    return response


def _enter(request: Request, user: User, target: str) -> Response:
    moment = now()
    recorder(request).flush()
    with database(request).write() as session:
        token = _begin(request, session, user, moment, "by password")
    return _kept(request, RedirectResponse(target or home(user), 303), token, user, target)


def _begin(request: Request, session: Session, user: User, moment: datetime, how: str) -> str:
    """Return the token of the session; of one that waits for a code where the person has a second factor."""
    if user.has_two_factor:
        return sessions.begin_waiting(request, session, user, moment)
    return begin_session(request, session, user, moment, how)


def begin_session(request: Request, session: Session, user: User, moment: datetime, how: str) -> str:
    """Return the token of a session of somebody who has shown all that they must; the audit log says how."""
    by = audit.source(request, user)
    # Nobody needs to hear of their own first sign-in.
    if not known_browsers.is_known(request, user) and audit_queries.has_signed_in(session, user.id):
        notices.new_sign_in(session, user, browser_name(request.headers.get("user-agent", "")), by.network, moment)
    audit.record(session, Kind.SIGN_IN, by, moment, detail=how)
    return sessions.begin(request, session, user, moment)


def _kept(request: Request, response: Response, token: str, user: User, target: str) -> Response:
    """Return `response` with the session; the way to the page for the code where that comes first."""
    if user.has_two_factor:
        response = RedirectResponse("/sign-in/code" + (f"?next={quote(target, safe='/')}" if target else ""), 303, NO_REFERRER)
        sessions.keep_waiting(request, response, token)
        return response
    sessions.keep(request, response, token, user)
    known_browsers.remember(request, response, user)
    return response


def _reason(user: User | None) -> str:
    if user is None:
        return "no account with this address"
    if not user.is_active:
        return "account disabled"
    return "wrong password" if user.password_hash else "no password set"


def _opened_from(request: Request) -> str:
    parts = urlsplit(request.headers.get("referer", ""))
    if parts.netloc != request.url.netloc or parts.path.startswith(NOT_A_WAY_BACK):
        return ""
    return sessions.safe_next(parts.path + (f"?{parts.query}" if parts.query else ""), "")


def home(user: User) -> str:
    """Return the first page of somebody who has just signed in."""
    return "/desk" if user.is_staff else "/requests"


def _link_over(request: Request) -> Response:
    return render(request, "accounts/link_over.html", status=410, headers=NO_REFERRER)


def _missing(email: str, password: object) -> dict[str, str]:
    return ({} if email else {"email": _(NO_EMAIL)}) | ({} if password else {"password": _(NO_PASSWORD)})


def _page(request: Request, *, email: str, target: str, error: str = "", problems: Mapping[str, str] | None = None, status: int = 200) -> Response:
    context = {"email": email, "next": target, "error": _(error), "problems": problems or {}}
    return render(request, "accounts/sign_in.html", context, status=status)
