"""The part of the header that differs from person to person: public pages are the same bytes for everybody, and fetch it."""

from starlette.requests import Request
from starlette.responses import Response

from kb.accounts import sessions
from kb.web.templates import render


def show(request: Request) -> Response:
    """The menu of whoever is signed in; 204 for nobody, whose browser then stops asking."""
    user = sessions.current_user(request)
    if user is None:
        response = Response(status_code=204, headers={"Cache-Control": "no-store"})
        sessions.forget_hint(request, response)
        return response
    return render(request, "accounts/_menu.html", {"user": user})
