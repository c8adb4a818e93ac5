"""Who is signed in: rows that can be revoked, behind a cookie that says nothing. Checked anew on every request."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import cast
from urllib.parse import quote, urlsplit

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from kb.accounts import queries
from kb.accounts.audit_log.log import shown_network
from kb.accounts.authentication.browser_name import browser_name
from kb.accounts.authentication.tokens import digest, new_token
from kb.accounts.models import SignInSession, User
from kb.accounts.permissions import ADMINISTRATIVE, Permission
from kb.config import Settings
from kb.db import database, now
from kb.i18n import gettext as _
from kb.web.signed_out import SignedOut
from kb.web.way_back import STAFF_COOKIE

COOKIE, SECURE_COOKIE, HINT_COOKIE = "deskbook_session", "__Host-deskbook_session", "deskbook_signed_in"
IDLE, IDLE_OF_ADMINS = timedelta(hours=8), timedelta(minutes=30)
ABSOLUTE, ABSOLUTE_OF_CUSTOMERS = timedelta(hours=12), timedelta(days=30)
WAITS_FOR_CODE = timedelta(minutes=10)
SEEN_EVERY = timedelta(minutes=1)
VISITOR = re.compile(r"[0-9a-f]{32}")
LOCAL = re.compile(r"/(?!/|%2f|%5c)[!-~]*", re.I)


def current_user(request: Request) -> User | None:
    """Who sends this request, as the database has them now; None when nobody is signed in."""
    if not hasattr(request.state, "user"):
        request.state.user = _load(request)
    return cast(User | None, request.state.user)


def require_user(request: Request) -> User:
    """Who sends this request; anybody not signed in is led to the sign-in page, past what they typed (SignedOut)."""
    user = current_user(request)
    if user is None:
        raise SignedOut(f"/sign-in?next={quote(_way_back(request), safe='/')}")
    return user


def require_staff(request: Request) -> User:
    """The person of the staff who sends this request; 303 to the sign-in page for nobody, 404 for a customer.

    Where the staff must have a second factor, who has none is led to where it is set up (303).
    """
    user = require_user(request)
    if not user.is_staff:
        raise HTTPException(404)
    if not may_use_desk(request, user):
        raise HTTPException(303, headers={"Location": "/account/two-factor"})
    return user


def may_use_desk(request: Request, user: User) -> bool:
    """Return whether the person is of the staff, and has a second factor where the staff must have one."""
    return user.is_staff and (user.has_two_factor or not _settings(request).staff_two_factor)


def require_permission(request: Request, permission: Permission) -> User:
    """The person of the staff who sends this request; 303 for nobody, 404 for a customer, 403 for staff without the permission."""
    user = require_staff(request)
    if permission not in user.permissions:
        raise HTTPException(403, _("Your role doesn’t allow this. Ask an admin if you need it."))
    return user


def requirement(permission: Permission) -> Callable[[Request], User]:
    """Return what `require_permission` does for this permission."""

    def require(request: Request) -> User:
        return require_permission(request, permission)

    return require


def is_fresh(request: Request) -> bool:
    """Whether the person who sends this request has lately shown who they are, by signing in or by confirming it."""
    if current_user(request) is None:
        return False
    age = now() - cast(datetime, request.state.proved_at)
    return abs(age) < timedelta(minutes=_settings(request).fresh_sign_in_minutes)


def waiting_user(request: Request) -> User | None:
    """Who has taken the first of two steps in this browser within the last minutes."""
    token, moment = _token(request), now()
    if not token:
        return None
    with database(request).read() as session:
        row = queries.live_session(session, digest(token), moment)
    return row.user if row is not None and row.awaits_code and row.user.is_active else None


def begin_waiting(request: Request, session: Session, user: User, moment: datetime) -> str:
    """Return the token of a session that opens nothing but the page for the code."""
    if old := _token(request):
        queries.delete_session(session, digest(old))
    token = new_token()
    times = {"created_at": moment, "seen_at": moment, "proved_at": moment, "expires_at": moment + WAITS_FOR_CODE}
    session.add(SignInSession(token_hash=digest(token), user_id=user.id, awaits_code=True, **times))
    return token


def keep_waiting(request: Request, response: Response, token: str) -> None:
    """Hand the session that waits for a code to the browser."""
    age = int(WAITS_FOR_CODE.total_seconds())
    response.set_cookie(cookie_name(request), token, max_age=age, path="/", secure=is_secure(request), httponly=True, samesite="lax")


def begin(request: Request, session: Session, user: User, moment: datetime) -> str:
    """Signs the person in: the token of a new session. The one this browser had before ends, and its visitor is known as them from now on."""
    if old := _token(request):
        queries.delete_session(session, digest(old))
    token = new_token()
    row = SignInSession(
        token_hash=digest(token),
        user_id=user.id,
        created_at=moment,
        seen_at=moment,
        proved_at=moment,
        expires_at=moment + _life(user),
        browser=browser_name(request.headers.get("user-agent", "")),
        network=shown_network(request),
    )
    session.add(row)
    visitor = request.cookies.get("deskbook_visitor", "")
    if VISITOR.fullmatch(visitor) and _settings(request).record_events:
        queries.join_visitor(session, visitor, user, moment)
    return token


def keep(request: Request, response: Response, token: str, user: User) -> None:
    """Hands the session to the browser; staff also carry a mark by which their reading is left out of the figures."""
    secure = is_secure(request)
    age = int(_life(user).total_seconds())
    response.set_cookie(cookie_name(request), token, max_age=age, path="/", secure=secure, httponly=True, samesite="lax")
    # Says nothing but that there may be a session. Pages are the same for everybody, and their script asks only where this is set.
    response.set_cookie(HINT_COOKIE, "1", max_age=age, path="/", secure=secure, samesite="lax")
    if user.is_staff:
        response.set_cookie(STAFF_COOKIE, "1", max_age=400 * 86400, path="/", secure=secure, httponly=True, samesite="lax")


def end(request: Request, response: Response) -> None:
    """Signs this browser out, for good: the row is deleted."""
    if token := _token(request):
        with database(request).write() as session:
            queries.delete_session(session, digest(token))
    forget(request, response)


def forget(request: Request, response: Response) -> None:
    """Takes the session's cookie from this browser."""
    forget_hint(request, response)
    response.delete_cookie(cookie_name(request), path="/", secure=is_secure(request), httponly=True, samesite="lax")


def forget_hint(request: Request, response: Response) -> None:
    """Takes the mark from this browser by which its pages ask who is signed in."""
    response.delete_cookie(HINT_COOKIE, path="/", secure=is_secure(request), samesite="lax")


def end_others(request: Request, session: Session, user: User) -> None:
    """Signs the person out everywhere but here."""
    queries.delete_sessions_of(session, user.id, but=token_digest(request))


def token_digest(request: Request) -> str:
    """The digest under which the session of this request is stored."""
    return digest(_token(request))


def cookie_name(request: Request) -> str:
    """Bound to this host by its prefix wherever the site is served over https."""
    return SECURE_COOKIE if is_secure(request) else COOKIE


def is_secure(request: Request) -> bool:
    """Whether the site is served over https, so that its cookies are."""
    return _settings(request).base_url.startswith("https:")


def safe_next(target: str, otherwise: str = "/") -> str:
    """`target` when it is a path on this site, else `otherwise`: browsers read `//x`, `/\\x` and control characters as other hosts."""
    if not LOCAL.fullmatch(target) or "\\" in target or len(target) > 1000:
        return otherwise
    parts = urlsplit(target)
    return otherwise if parts.scheme or parts.netloc else target


def is_over(row: SignInSession, moment: datetime) -> bool:
    """Whether the session was idle for too long, or has reached its end."""
    # The role may have changed since: the shorter life of the new one counts. A clock set back makes nothing eternal.
    idle = IDLE_OF_ADMINS if ADMINISTRATIVE & row.user.permissions else IDLE
    return moment - row.seen_at > idle or moment - row.created_at > _life(row.user) or row.created_at - moment > timedelta(hours=1)


def _life(user: User) -> timedelta:
    return ABSOLUTE if user.is_staff else ABSOLUTE_OF_CUSTOMERS


def _load(request: Request) -> User | None:
    token = _token(request)
    if not token:
        return None
    moment = now()
    with database(request).read() as session:
        row = queries.live_session(session, digest(token), moment)
        if row is None or row.awaits_code or not row.user.is_active or is_over(row, moment):
            return None
        user, seen_at = row.user, row.seen_at
        request.state.proved_at = row.proved_at
    if moment - seen_at > SEEN_EVERY:
        with suppress(OperationalError), database(request).write(is_optional=True) as session:
            queries.mark_seen(session, digest(token), moment)
    return user


def _token(request: Request) -> str:
    return request.cookies.get(cookie_name(request), "")


def _settings(request: Request) -> Settings:
    return cast(Settings, request.app.state.settings)


def _way_back(request: Request) -> str:
    if request.method in ("GET", "HEAD"):
        return safe_next(request.url.path + (f"?{request.url.query}" if request.url.query else ""))
    parts = urlsplit(request.headers.get("referer", ""))
    return safe_next(parts.path) if parts.netloc == request.url.netloc else "/"
