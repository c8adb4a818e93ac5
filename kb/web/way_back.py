"""Where an error page leads: back to where the reader came from, and out of the desk only for those who were not on it."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.requests import Request

from kb.i18n import N_
from kb.i18n import gettext as _

DESK = re.compile(r"/(desk|account)(/|$)")
STAFF_COOKIE = "deskbook_staff"
LOCAL = re.compile(r"/(?!/|\\)[!-~]*")
MOST_CHARS = 1000
NAMED = (
    (re.compile(r"/desk/tickets/(\d{1,18})$"), N_("Back to ticket #%(number)s")),
    (re.compile(r"/desk(/views/[\w-]+)?$"), N_("Back to the view")),
    (re.compile(r"/desk/reports(/|$)"), N_("Back to the report")),
    (re.compile(r"/desk/people$"), N_("Back to people")),
    (re.compile(r"/desk/api-keys$"), N_("Back to API keys")),
    (re.compile(r"/desk/audit-log$"), N_("Back to the audit log")),
    (re.compile(r"/account(/|$)"), N_("Back to your account")),
    (re.compile(r"/requests/new$"), N_("Back to the form")),
    (re.compile(r"/requests/\d[^/]*$"), N_("Back to your request")),
    (re.compile(r"/requests$"), N_("Back to My requests")),
    (re.compile(r"/articles/|/search$|/categories/"), N_("Go back")),
)
FORMS = re.compile(r"(/desk/tickets/\d{1,18}|/requests/\d[^/]*|/desk/people|/desk/api-keys|/account)(?=/)")
"""Pages whose forms are posted to addresses below them."""


@dataclass(frozen=True, slots=True)
class WayBack:
    """A link to the page that the reader came from."""

    words: str
    url: str


def is_on_desk(request: Request, status: int) -> bool:
    """Return True for staff on a page of the desk, who keep its frame; without asking a database that may be what failed."""
    if not DESK.match(request.url.path):
        return False
    if not hasattr(request.state, "user") and status < 500:
        _ask_who(request)
    if hasattr(request.state, "user"):
        return request.state.user is not None and request.state.user.is_staff
    return STAFF_COOKIE in request.cookies


def way_back(request: Request) -> WayBack | None:
    """Return the page of this site that led here, else the one whose form was sent; None when neither is known."""
    for url in (_referring(request), _posted_from(request)):
        path = urlsplit(url).path
        for pattern, words in NAMED if url else ():
            if found := pattern.match(path):
                return WayBack(_(words, number=found[1] if found.re.groups else ""), url)
    return None


def _referring(request: Request) -> str:
    parts = urlsplit(request.headers.get("referer", "")[: MOST_CHARS * 2])
    url = parts.path + (f"?{parts.query}" if parts.query else "")
    if parts.netloc != request.url.netloc or not LOCAL.fullmatch(url) or len(url) > MOST_CHARS:
        return ""
    # The page that failed leads nowhere.
    return "" if request.method in ("GET", "HEAD") and parts.path == request.url.path else url


def _posted_from(request: Request) -> str:
    found = FORMS.match(request.url.path) if request.method not in ("GET", "HEAD") else None
    return found[0] if found else ""


def _ask_who(request: Request) -> None:
    try:
        request.app.state.current_user(request)
    except (DBAPIError, PoolTimeout):
        return
