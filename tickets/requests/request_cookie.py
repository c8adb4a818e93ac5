"""A cookie with the secret links of requests that this browser sent without an account."""

from collections.abc import Sequence
from typing import cast

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from kb.accounts.sessions import current_user, is_secure
from kb.config import Settings
from tickets.models import Ticket
from tickets.tracking import TOKEN, site_key, tracked_ticket

COOKIE, PATH = "deskbook_requests", "/requests"
DAY_S = 86400


def remember(request: Request, response: Response, tracking_path: str) -> None:
    """Keep the secret link in the browser, the newest first. People who are signed in find their requests in their account."""
    settings = _settings(request)
    if not settings.remembered_requests or current_user(request) is not None:
        return
    token = tracking_path.rpartition("/")[2]
    tokens = [token, *(other for other in _tokens(request) if other != token)][: settings.remembered_requests]
    age, secure = settings.remembered_requests_days * DAY_S, "; Secure" if is_secure(request) else ""
    # Nothing in it needs quoting, and finding that out takes the standard library as long as a statement of the database.
    cookie = f"{COOKIE}={'.'.join(tokens)}; HttpOnly; Max-Age={age}; Path={PATH}; SameSite=lax{secure}"
    response.raw_headers.append((b"set-cookie", cookie.encode()))


def remembered(request: Request, session: Session) -> Sequence[Ticket]:
    """The requests this browser has sent, newest first. Each link proves itself: nobody can add one they were not given."""
    found = (tracked_ticket(session, site_key(request), token) for token in _tokens(request))
    return [tracked.ticket for tracked in found if tracked is not None]


def forget(request: Request, response: Response) -> None:
    """Take the links from the browser."""
    response.delete_cookie(COOKIE, path=PATH, secure=is_secure(request), httponly=True, samesite="lax")


def _tokens(request: Request) -> list[str]:
    most = _settings(request).remembered_requests
    named = request.cookies.get(COOKIE, "").split(".", most)[:most]
    return [token for token in dict.fromkeys(named) if TOKEN.fullmatch(token)]


def _settings(request: Request) -> Settings:
    return cast(Settings, request.app.state.settings)
