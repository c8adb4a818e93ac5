"""The page where staff choose which emails they get."""

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kb.accounts.sessions import require_staff
from kb.db import database
from kb.web.templates import render
from tickets.notification_choices import REASONS, choices_of, store_choices


def show(request: Request) -> Response:
    """Return the page with the choices that hold now."""
    user = require_staff(request)
    with database(request).read() as session:
        chosen = choices_of(session, user.id)
    context = {"user": user, "reasons": REASONS, "chosen": chosen, "is_saved": "saved" in request.query_params}
    context["sends_mail"] = request.app.state.settings.sends_mail
    return render(request, "desk/notifications.html", context)


def update(request: Request, form: FormData) -> Response:
    """Store the choices."""
    user = require_staff(request)
    with database(request).write() as session:
        store_choices(session, user.id, [value for value in form.getlist("reason") if isinstance(value, str)])
    return RedirectResponse("/desk/notifications?saved=1", 303)
