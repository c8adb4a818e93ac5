"""Error pages: what happened and what to do next, without internals."""

import errno
import logging
import re
import secrets
import time

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from kb.i18n import N_
from kb.i18n import gettext as _
from kb.sqlite import FileLost
from kb.web.http.body_limit import NoRoom, TooLarge
from kb.web.signed_out import SignedOut
from kb.web.templates import render
from kb.web.way_back import is_on_desk, way_back

log = logging.getLogger("deskbook")

TITLES = {
    400: N_("We couldn’t read this"),
    401: N_("You need to sign in"),
    403: N_("You don’t have access to this"),
    404: N_("Page not found"),
    405: N_("This address can’t be used like this"),
    408: N_("The upload took too long"),
    409: N_("Someone else changed this first"),
    410: N_("This page no longer exists"),
    413: N_("This is too large"),
    415: N_("We couldn’t read this"),
    422: N_("There is a problem"),
    429: N_("Too many attempts"),
    500: N_("Something went wrong"),
    503: N_("This is taking longer than usual"),
}
OTHER_TITLE = N_("This didn’t work")
ADVICE = {
    408: N_("Only part of it arrived, so nothing was saved. Go back (your text is still in the form) and send it again with smaller files."),
    413: N_("It is more than we can accept, so nothing was saved. Go back (your text is still in the form) and send it again with fewer or smaller files."),
    404: N_("The page may have moved, or the address may be wrong. Search for what you need, or send us a request."),
    500: N_("The error was recorded. Try again. If it happens again, send us a request with the error number below."),
    503: N_("Nothing was saved. Try again in a moment."),
}

DESK_ADVICE = {
    404: N_("The page may have moved, or the address has a typo. Search for the ticket, or go back to where you came from."),
    405: N_("Go back to where you came from."),
    500: N_("Try again. If it happens again, tell an admin the error number below. The server log says what happened."),
}
"""Advice for staff, who would be writing to themselves."""

NO_ROOM_ADVICE = {
    429: N_("Other large uploads from your network are still running, so nothing was saved. Go back (your text is still in the form) and try again later."),
    503: N_("Many large uploads are running, so nothing was saved. Go back (your text is still in the form) and send it again in a moment."),
}
NO_ROOM_REASONS = {
    429: N_("Other large uploads from your network are still running."),
    503: N_("Many large uploads are running."),
}
API_ADVICE = {
    404: "There is nothing at this address. The manual lists the addresses of the API.",
    405: "This address does not take this method. The Allow header lists those it takes.",
    408: "The body took too long to arrive, and nothing was saved. Send the request again.",
    413: "The body is larger than this address takes, and nothing was saved.",
    429: "Too much is being sent from your address at once, and nothing was saved. Send the request again later.",
    500: "Something went wrong, and the log of the server says what. Quote the number.",
    503: "Nothing was saved. Send the request again in a moment.",
}
"""Advice for programs, which have no form to go back to."""

TYPED = {
    "name": (N_("Name"), False),
    "email": (N_("Email"), False),
    "subject": (N_("Subject"), False),
    "description": (N_("Description"), True),
    "body": (N_("Message"), True),
    "reason": (N_("Reason"), True),
}
"""Fields whose words are shown again, with their labels; True for those of several lines."""
SECRET_FIELDS = re.compile("password|token|secret|key")
_logged_in: dict[str, int] = {}
NO_ROOM = (errno.EMFILE, errno.ENFILE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.ENOMEM)
SECRET_PARAMETERS = ("token", "file")


def error_page(request: Request, error: Exception) -> Response:
    """The page (or JSON under /api/) for an HTTPException."""
    assert isinstance(error, HTTPException)  # noqa: S101
    headers = dict(error.headers or {})
    if isinstance(error, NoRoom):
        return _unsaved(request, error) or answer(request, error.status_code, _advice(request, error), headers=headers)
    if isinstance(error, SignedOut):
        return _unsaved(request, error) or RedirectResponse(error.sign_in, 303)
    detail = error.detail if error.detail and not _is_stock(error) else _advice(request, error)
    return answer(request, error.status_code, detail, headers=headers)


def database_busy(request: Request, error: Exception) -> Response:
    """503: the database is locked, full, damaged, restarting or away. What was typed stays in the browser."""
    log_database_fault(error)
    return _unsaved(request) or answer(request, 503, _(ADVICE[503]), headers={"Retry-After": "5"})


def log_database_fault(error: Exception) -> None:
    """Log why the database could not be used, at most once a second."""
    if not isinstance(error, FileLost):
        _log_once_a_second("database: %s", str(getattr(error, "orig", error))[:300])


def database_fault(request: Request, error: Exception) -> Response:
    """503 for a connection that was lost. Raises any other error of the database again, which ends in `crash`."""
    if not getattr(error, "connection_invalidated", False):
        raise error
    return database_busy(request, error)


def no_room(request: Request, error: Exception) -> Response:
    """503: the disk is full, or as many files are open as the system allows. Raises any other error again, which ends in `crash`."""
    if getattr(error, "errno", None) not in NO_ROOM:
        raise error
    _log_once_a_second("the system has no room: %s", str(error)[:300])
    return answer(request, 503, _(ADVICE[503]), headers={"Retry-After": "5"})


def gone(request: Request, error: Exception) -> Response:  # noqa: ARG001
    """An answer that nobody reads: the client left before its request had arrived whole, and nothing was done."""
    return Response(status_code=400)


def crash(request: Request, error: Exception) -> Response:
    """500 with a number that the log has too."""
    number = secrets.token_hex(4)
    log.error("request %s %s failed, number %s", request.method, _loggable_path(request)[:200], number, exc_info=error)
    return answer(request, 500, _(ADVICE[500]), number=number)


def _loggable_path(request: Request) -> str:
    """The path without what opens a request, a file or an account to whoever reads it."""
    path = request.url.path
    for name in SECRET_PARAMETERS:
        path = path.replace(str(request.path_params.get(name) or "\0"), f"{{{name}}}")
    return path


def answer(request: Request, status: int, detail: str, *, number: str = "", headers: dict[str, str] | None = None) -> Response:
    """The error in the form the client reads."""
    title = _(TITLES.get(status, OTHER_TITLE))
    if is_api(request):
        body = {"error": {"status": status, "title": title, "detail": detail} | ({"number": number} if number else {})}
        return JSONResponse(body, status, headers)
    on_desk = is_on_desk(request, status)
    detail = _(DESK_ADVICE[status]) if on_desk and status in DESK_ADVICE and detail == _(ADVICE.get(status, "")) else detail
    context = {"title": title, "detail": detail, "status": status, "number": number, "search_value": request.query_params.get("q", "")[:200]}
    # The count of broken articles is left out: it may be what failed.
    context |= {"on_desk": on_desk, "back": way_back(request), "broken_articles": lambda: 0}
    return render(request, "error.html", context, status=status, headers=headers)


def _advice(request: Request, error: HTTPException) -> str:
    if not is_api(request):
        return _((NO_ROOM_ADVICE if isinstance(error, NoRoom) else ADVICE).get(error.status_code, ""))
    if isinstance(error, TooLarge):
        return f"The body is larger than {error.most:,} bytes, the most this address takes. Nothing was saved."
    return API_ADVICE.get(error.status_code, "")


def is_api(request: Request) -> bool:
    """Return True if a program asks, which reads JSON."""
    return request.url.path.startswith("/api/")


def _unsaved(request: Request, refusal: NoRoom | SignedOut | None = None) -> Response | None:
    """The form that could not be saved as a page to send again; None where nothing was typed, or something that is not to be shown."""
    form = getattr(request.state, "form", None)
    if form is None or is_api(request) or any(SECRET_FIELDS.search(name) for name in form):
        return None
    fields = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    if not any(name in TYPED and value.strip() for name, value in fields):
        return None
    status = refusal.status_code if refusal else 503
    context = {
        "title": _("You are signed out") if isinstance(refusal, SignedOut) else _(TITLES[status]),
        "on_desk": not isinstance(refusal, SignedOut) and is_on_desk(request, status),
        "reason": _(NO_ROOM_REASONS[status]) if isinstance(refusal, NoRoom) else "",
        "sign_in": refusal.sign_in if isinstance(refusal, SignedOut) else "",
        "file_names": [value.filename for _name, value in form.multi_items() if not isinstance(value, str) and value.filename],
        "action": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        "fields": fields,
        "labels": {name: (_(label), is_long) for name, (label, is_long) in TYPED.items()},
        "has_files": isinstance(refusal, NoRoom) or any(not isinstance(value, str) and value.filename for _name, value in form.multi_items()),
    }
    headers = dict(refusal.headers or {}) if refusal else {"Retry-After": "5"}
    return render(request, "unsaved.html", context, status=status, headers=headers)


def _log_once_a_second(message: str, detail: str) -> None:
    """Log a fault that every request meets: one line says it as well as a thousand."""
    second = int(time.monotonic())
    if _logged_in.get(message) != second:
        _logged_in[message] = second
        log.error(message, detail)


def _is_stock(error: HTTPException) -> bool:
    return error.detail == HTTPException(error.status_code).detail
