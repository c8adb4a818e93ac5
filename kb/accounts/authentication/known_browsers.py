"""Browsers that somebody signed in with before, remembered in a cookie of theirs that nobody can forge."""

import hashlib
import hmac

from starlette.requests import Request
from starlette.responses import Response

from kb.accounts.models import User
from kb.accounts.sessions import is_secure

COOKIE, SECURE_COOKIE = "deskbook_known", "__Host-deskbook_known"
AGE_S = 400 * 86400
MOST_PEOPLE = 5


def is_known(request: Request, user: User) -> bool:
    """Whether this person signed in with this browser before."""
    return _mark(request, user) in _marks(request)


def remember(request: Request, response: Response, user: User) -> None:
    """Note in the browser that this person signed in with it; the last five people are kept."""
    mark = _mark(request, user)
    marks = [mark, *(other for other in _marks(request) if other != mark)][:MOST_PEOPLE]
    response.set_cookie(_cookie(request), ".".join(marks), max_age=AGE_S, path="/", secure=is_secure(request), httponly=True, samesite="lax")


def _marks(request: Request) -> list[str]:
    return request.cookies.get(_cookie(request), "")[:1000].split(".")


def _mark(request: Request, user: User) -> str:
    key: str = request.app.state.secret_key
    return hmac.new(key.encode(), f"known-browser:{user.id}".encode(), hashlib.sha256).hexdigest()[:32]


def _cookie(request: Request) -> str:
    return SECURE_COOKIE if is_secure(request) else COOKIE
