"""The audit log's page, for admins."""

from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response

from kb.accounts import sessions
from kb.accounts.audit_log import queries
from kb.accounts.audit_log.models import Kind
from kb.db import database
from kb.text.whole_number import parse_whole_number
from kb.web.templates import render

PAGE = 50
MAX_PERSON_CHARS = 254
WORDS = {
    Kind.SIGN_IN: "Signed in",
    Kind.SIGN_IN_FAILED: "Sign-in failed",
    Kind.FAILURES_NOT_LISTED: "Failed sign-ins not listed",
    Kind.IDENTITY_CONFIRMED: "Confirmed identity",
    Kind.SIGN_OUT: "Signed out",
    Kind.SESSIONS_ENDED: "Ended sessions",
    Kind.SIGN_IN_LINK_MADE: "Made a sign-in link",
    Kind.PASSWORD_CHANGED: "Changed password",
    Kind.ADDRESS_CHANGED: "Changed email address",
    Kind.PERSON_ADDED: "Added person",
    Kind.INVITATION_SENT: "Sent invitation",
    Kind.ROLE_CHANGED: "Changed role",
    Kind.PERSON_DISABLED: "Disabled person",
    Kind.PERSON_ENABLED: "Enabled person",
    Kind.KEY_MADE: "Made API key",
    Kind.KEY_REVOKED: "Revoked API key",
    Kind.SETTINGS_CHANGED: "Changed settings",
}


def show(request: Request) -> Response:
    """Show the records that match the filters, newest first."""
    sessions.require_admin(request)
    person, kind, before = _filters(request)
    with database(request).read() as session:
        found = queries.records(session, person=person, kind=kind, before=before, limit=PAGE + 1)
    context = {
        "records": found[:PAGE],
        "older": found[PAGE - 1].id if len(found) > PAGE else None,
        "words": WORDS,
        "person": person,
        "kind": kind or "",
        "before": before,
        "retention_days": request.app.state.settings.audit_retention_days,
    }
    return render(request, "accounts/audit_log.html", context)


def _filters(request: Request) -> tuple[str, Kind | None, int | None]:
    """The filters of the address; those that make no sense are left out."""
    query = request.query_params
    person = "".join(character for character in query.get("person", "") if character.isprintable()).strip()[:MAX_PERSON_CHARS]
    kind = None
    with suppress(ValueError):
        kind = Kind(query.get("kind", ""))
    return person, kind, parse_whole_number(query.get("before", ""))
