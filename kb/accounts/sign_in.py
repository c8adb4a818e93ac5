"""Signing in by password or by a mailed link, and signing out."""

from datetime import timedelta
from typing import cast

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kb.accounts import limits, links, passwords, people, sessions
from kb.accounts.audit_log import log as audit
from kb.accounts.audit_log.models import Kind
from kb.accounts.models import User
from kb.config import Settings
from kb.db import database, now
from kb.events.recorder import recorder
from kb.jobs import outbox
from kb.web.forms import text
from kb.web.templates import render

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WRONG = "The e-mail address or the password is not right."
TOO_MANY = "There were too many attempts. Wait an hour, or have a sign-in link mailed to you."


def new(request: Request) -> Response:
    """The sign-in page."""
    target = sessions.safe_next(request.query_params.get("next", ""), "")
    if user := sessions.current_user(request):
        return RedirectResponse(target or _home(user), 303)
    return _page(request, email="", target=target)


def create(request: Request, form: FormData) -> Response:
    """Signs in by password. Unknown address and wrong password get the same answer after the same time."""
    email, target = people.canonical(text(form, "email", 300)), sessions.safe_next(text(form, "next", 1001), "")
    password = form.get("password")
    if not isinstance(password, str) or not 0 < len(password) <= passwords.MAX_CHARS:
        return _page(request, email=email, target=target, error=WRONG, status=422)
    if not _may_try(request, email):
        return _page(request, email=email, target=target, error=TOO_MANY, status=429)
    with database(request).read() as session:
        user = people.find(session, email)
    if not passwords.verify(password, user.password_hash if user else None) or user is None or not user.is_active:
        _record_failure(request, email, _reason(user))
        return _page(request, email=email, target=target, error=WRONG, status=422)
    return _enter(request, user, target)


def create_link(request: Request, form: FormData) -> Response:
    """Mails a sign-in link, if the address is somebody's; the answer does not say whether it is."""
    email, target = people.canonical(text(form, "email", 300)), sessions.safe_next(text(form, "next", 1001), "")
    if not people.is_email(email):
        return _page(request, email=email, target=target, error="Write the e-mail address of your account.", status=422)
    moment, settings = now(), _settings(request)
    with database(request).write() as session:
        is_calm = limits.take(session, f"sign-in:{limits.client_network(request)}", most=settings.sign_ins_per_hour, window=HOUR, now=moment)
        if is_calm and limits.take(session, f"link:{email}", most=settings.links_per_hour, window=HOUR, now=moment):
            # Whether the address is known is looked up when the mail is made: the answer takes as long either way.
            outbox.enqueue(session, "mail.sign_in_link", {"email": email}, now=moment)
    if not is_calm:
        return _page(request, email=email, target=target, error=TOO_MANY, status=429)
    return render(request, "accounts/link_sent.html", {"email": email})


def show_link(request: Request) -> Response:
    """A button that uses the link: mail scanners open links, but press no buttons."""
    token = request.path_params["token"]
    with database(request).read() as session:
        if not links.is_open(session, token, now()):
            return render(request, "accounts/link_over.html", status=410)
    return render(request, "accounts/link.html", {"token": token})


def use_link(request: Request, form: FormData) -> Response:  # noqa: ARG001
    """Signs in by the link, once."""
    moment = now()
    recorder(request).flush()
    with database(request).write() as session:
        user = links.use_link(session, request.path_params["token"], moment)
        token = sessions.begin(request, session, user, moment) if user else ""
        if user:
            audit.record(session, Kind.SIGN_IN, audit.source(request, user), moment, detail="by mailed link")
    if user is None:
        _record_failure(request, "", "sign-in link used, expired or unknown")
        return render(request, "accounts/link_over.html", status=410)
    response = RedirectResponse(_home(user) if user.password_hash or not user.is_staff else "/account", 303)
    sessions.keep(request, response, token, user)
    return response


def sign_out(request: Request, form: FormData) -> Response:  # noqa: ARG001
    """Ends the session."""
    response = RedirectResponse("/", 303)
    if user := sessions.current_user(request):
        with database(request).write() as session:
            audit.record(session, Kind.SIGN_OUT, audit.source(request, user), now())
    sessions.end(request, response)
    return response


def _may_try(request: Request, email: str) -> bool:
    moment, settings = now(), _settings(request)
    with database(request).write() as session:
        from_here = limits.taken(session, f"sign-in:{limits.client_network(request)}", window=HOUR, now=moment)
        at_address = limits.taken(session, f"password:{email}", window=DAY, now=moment)
        # Each limit is recorded when it is reached, not again for every attempt that is refused after.
        if at_address == settings.password_tries_per_day + 1:
            outbox.enqueue(session, "mail.sign_in_paused", {"email": email}, now=moment)
            audit.record_failure(session, request, email, "too many attempts at this account today", moment)
        elif from_here == settings.sign_ins_per_hour + 1:
            audit.record_failure(session, request, email, "too many attempts from this network within an hour", moment)
    return from_here <= settings.sign_ins_per_hour and at_address <= settings.password_tries_per_day


def _record_failure(request: Request, email: str, reason: str) -> None:
    moment = now()
    with database(request).write() as session:
        audit.record_failure(session, request, email, reason, moment)


def _reason(user: User | None) -> str:
    return "no account with this address" if user is None else "wrong password" if user.is_active else "account disabled"


def _settings(request: Request) -> Settings:
    return cast(Settings, request.app.state.settings)


def _enter(request: Request, user: User, target: str) -> Response:
    moment = now()
    recorder(request).flush()
    with database(request).write() as session:
        token = sessions.begin(request, session, user, moment)
        audit.record(session, Kind.SIGN_IN, audit.source(request, user), moment, detail="by password")
    response = RedirectResponse(target or _home(user), 303)
    sessions.keep(request, response, token, user)
    return response


def _home(user: User) -> str:
    return "/desk" if user.is_staff else "/requests"


def _page(request: Request, *, email: str, target: str, error: str = "", status: int = 200) -> Response:
    return render(request, "accounts/sign_in.html", {"email": email, "next": target, "error": error}, status=status)
