"""Errors as pages: plain words, what to do next, and nothing about the inside."""

import errno
import logging
import re
import secrets
import time

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from kb.web.body_limit import NoRoom, TooLarge
from kb.web.templates import render
from kb.web.way_back import is_on_desk, way_back

log = logging.getLogger("deskbook")

TITLES = {
    400: "This could not be read",
    403: "You don’t have access to this",
    404: "Page not found",
    405: "This address can’t be used like that",
    408: "This took too long to arrive",
    409: "Someone else changed this first",
    410: "This is gone",
    413: "This is too large",
    415: "This could not be read",
    422: "There is a problem",
    429: "That was a lot at once",
    500: "Something went wrong on our side",
    503: "This is taking longer than it should",
}
ADVICE = {
    408: "Only a part of it arrived, and nothing was saved. Go back: what you typed is still in the form. Send it again, with smaller files on a slow line.",
    413: "More was sent than fits, and nothing was saved. Go back: what you typed is still in the form. Leave out files, or take smaller ones, and send again.",
    404: "The page may have moved, or the address has a typo. Search for what you need, or send us a request.",
    500: "We have logged it. Try again; if it happens again, send us a request with the number below.",
    503: "Nothing was saved. Try again in a moment.",
}

DESK_ADVICE = {
    404: "The page may have moved, or the address has a typo. Search for the ticket, or go back to where you came from.",
    405: "Go back to where you came from.",
    500: "Try again. If it happens again, tell an admin the number below: the log says what happened.",
}
"""Advice for staff, who would be writing to themselves."""

NO_ROOM_ADVICE = {
    429: "Several large uploads from your address are under way, so this one was not taken and nothing was saved. "
    "Go back: what you typed is still in the form. Send it again when they are done.",
    503: "Many large uploads are under way, so this one was not taken and nothing was saved. "
    "Go back: what you typed is still in the form. Send it again in a moment.",
}
NO_ROOM_REASONS = {
    429: "Several large uploads from your address are under way. ",
    503: "Many large uploads are under way. ",
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
    "name": ("Name", False),
    "email": ("Email", False),
    "subject": ("Subject", False),
    "description": ("Description", True),
    "body": ("Message", True),
    "reason": ("Reason", True),
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
    detail = error.detail if error.detail and not _is_stock(error) else _advice(request, error)
    return answer(request, error.status_code, detail, headers=headers)


def database_busy(request: Request, error: Exception) -> Response:
    """503: the database is locked, full, restarting or away. What was typed stays in the browser."""
    _log_once_a_second("database: %s", str(getattr(error, "orig", error))[:300])
    return _unsaved(request) or answer(request, 503, ADVICE[503], headers={"Retry-After": "5"})


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
    return answer(request, 503, ADVICE[503], headers={"Retry-After": "5"})


def gone(request: Request, error: Exception) -> Response:  # noqa: ARG001
    """An answer that nobody reads: the client left before its request had arrived whole, and nothing was done."""
    return Response(status_code=400)


def crash(request: Request, error: Exception) -> Response:
    """500 with a number that the log has too."""
    number = secrets.token_hex(4)
    log.error("request %s %s failed, number %s", request.method, _loggable_path(request)[:200], number, exc_info=error)
    return answer(request, 500, ADVICE[500], number=number)


def _loggable_path(request: Request) -> str:
    """The path without what opens a request, a file or an account to whoever reads it."""
    path = request.url.path
    for name in SECRET_PARAMETERS:
        path = path.replace(str(request.path_params.get(name) or "\0"), f"{{{name}}}")
    return path


def answer(request: Request, status: int, detail: str, *, number: str = "", headers: dict[str, str] | None = None) -> Response:
    """The error in the form the client reads."""
    title = TITLES.get(status, "This did not work")
    if is_api(request):
        body = {"error": {"status": status, "title": title, "detail": detail} | ({"number": number} if number else {})}
        return JSONResponse(body, status, headers)
    on_desk = is_on_desk(request, status)
    detail = DESK_ADVICE.get(status, detail) if on_desk and detail == ADVICE.get(status, "") else detail
    context = {"title": title, "detail": detail, "status": status, "number": number, "search_value": request.query_params.get("q", "")[:200]}
    # The count of broken articles is left out: it may be what failed.
    context |= {"on_desk": on_desk, "back": way_back(request), "broken_articles": lambda: 0}
    return render(request, "error.html", context, status=status, headers=headers)


def _advice(request: Request, error: HTTPException) -> str:
    if not is_api(request):
        return (NO_ROOM_ADVICE if isinstance(error, NoRoom) else ADVICE).get(error.status_code, "")
    if isinstance(error, TooLarge):
        return f"The body is larger than {error.most:,} bytes, the most this address takes. Nothing was saved."
    return API_ADVICE.get(error.status_code, "")


def is_api(request: Request) -> bool:
    """Return True if a program asks, which reads JSON."""
    return request.url.path.startswith("/api/")


def _unsaved(request: Request, refusal: NoRoom | None = None) -> Response | None:
    """The form that could not be saved as a page to send again; None where nothing was typed, or something that is not to be shown."""
    form = getattr(request.state, "form", None)
    if form is None or is_api(request) or any(SECRET_FIELDS.search(name) for name in form):
        return None
    fields = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    if not any(name in TYPED and value.strip() for name, value in fields):
        return None
    status = refusal.status_code if refusal else 503
    context = {
        "title": TITLES[status],
        "on_desk": is_on_desk(request, status),
        "reason": NO_ROOM_REASONS[status] if refusal else "",
        "action": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        "fields": fields,
        "labels": TYPED,
        "has_files": refusal is not None or any(not isinstance(value, str) and value.filename for _, value in form.multi_items()),
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
