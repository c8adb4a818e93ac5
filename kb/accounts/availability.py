"""Until when one is away, for colleagues who assign tickets."""

from datetime import UTC, date, datetime, time, timedelta

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kb.accounts import account, sessions
from kb.accounts.models import User
from kb.db import database, now
from kb.i18n import gettext as _
from kb.web.forms import text

LONGEST = timedelta(days=730)


def update(request: Request, form: FormData) -> Response:
    """Store the last day on which the person is away, or that they are back."""
    user, typed = sessions.require_staff(request), text(form, "away_until", 20).strip()
    until = None
    if typed and "back" not in form:
        until = _end_of(typed)
        if until is None or not now() < until < now() + LONGEST:
            return account.page(request, user, errors={"away_until": _("Enter a day from today on, within two years, like 2026-12-24.")}, away_until=typed)
    with database(request).write() as session:
        session.get_one(User, user.id).away_until = until
    return RedirectResponse(f"/account?saved={'away' if until else 'back'}", 303)


def _end_of(typed: str) -> datetime | None:
    """Return when the day ends; None for what is no day."""
    try:
        return datetime.combine(date.fromisoformat(typed), time.max, UTC).replace(microsecond=0)
    except ValueError:
        return None
