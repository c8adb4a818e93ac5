"""The signed-in reader's part of the header, which cached public pages fetch."""

from starlette.requests import Request
from starlette.responses import Response

from kb.accounts import sessions
from kb.i18n.catalogs import known_language
from kb.i18n.translate import speak
from kb.web.templates import render


def show(request: Request) -> Response:
    """Return the menu of the person who is signed in; 204 for nobody, whose browser then stops asking."""
    user = sessions.current_user(request)
    if user is None:
        response = Response(status_code=204, headers={"Cache-Control": "no-store"})
        sessions.forget_hint(request, response)
        return response
    # Fetched by pages that are the same for everybody, whose language may differ from the reader's.
    speak(known_language(request.query_params.get("language", "")))
    return render(request, "accounts/_menu.html", {"user": user})
