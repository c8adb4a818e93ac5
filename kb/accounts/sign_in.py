"""Signing in by password or by a mailed link, and signing out."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kb.accounts import limits, links, passwords, people, sessions
from kb.accounts.models import User
from kb.db import database, now
from kb.events.recorder import recorder
from kb.jobs import outbox
from kb.web.forms import text
from kb.web.templates import render

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SIGN_INS_PER_HOUR, TRIES_PER_DAY, LINKS_PER_HOUR = 20, 20, 3
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
        return _page(request, email=email, target=target, error=WRONG, status=422)
    return _enter(request, user, target)


def create_link(request: Request, form: FormData) -> Response:
    """Mails a sign-in link, if the address is somebody's; the answer does not say whether it is."""
    email, target = people.canonical(text(form, "email", 300)), sessions.safe_next(text(form, "next", 1001), "")
    if not people.is_email(email):
        return _page(request, email=email, target=target, error="Write the e-mail address of your account.", status=422)
    moment = now()
    with database(request).write() as session:
        is_calm = limits.take(session, f"sign-in:{limits.client_network(request)}", most=SIGN_INS_PER_HOUR, window=HOUR, now=moment)
        if is_calm and limits.take(session, f"link:{email}", most=LINKS_PER_HOUR, window=HOUR, now=moment):
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
    if user is None:
        return render(request, "accounts/link_over.html", status=410)
    response = RedirectResponse(_home(user) if user.password_hash or not user.is_staff else "/account", 303)
    sessions.keep(request, response, token, user)
    return response


def sign_out(request: Request, form: FormData) -> Response:  # noqa: ARG001
    """Ends the session."""
    response = RedirectResponse("/", 303)
    sessions.end(request, response)
    return response


def _may_try(request: Request, email: str) -> bool:
    moment = now()
    with database(request).write() as session:
        from_here = limits.taken(session, f"sign-in:{limits.client_network(request)}", window=HOUR, now=moment)
        at_address = limits.taken(session, f"password:{email}", window=DAY, now=moment)
        if at_address == TRIES_PER_DAY + 1:
            _inform_owner(session, email, moment)
    return from_here <= SIGN_INS_PER_HOUR and at_address <= TRIES_PER_DAY


def _inform_owner(session: Session, email: str, moment: datetime) -> None:
    outbox.enqueue(session, "mail.sign_in_paused", {"email": email}, now=moment)


def _enter(request: Request, user: User, target: str) -> Response:
    moment = now()
    recorder(request).flush()
    with database(request).write() as session:
        token = sessions.begin(request, session, user, moment)
    response = RedirectResponse(target or _home(user), 303)
    sessions.keep(request, response, token, user)
    return response


def _home(user: User) -> str:
    return "/desk" if user.is_staff else "/requests"


def _page(request: Request, *, email: str, target: str, error: str = "", status: int = 200) -> Response:
    return render(request, "accounts/sign_in.html", {"email": email, "next": target, "error": error}, status=status)
