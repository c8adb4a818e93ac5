"""The audit log's page, for admins."""

from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response

from kb.accounts import sessions
from kb.accounts.audit_log import queries
from kb.accounts.audit_log.models import Kind
from kb.accounts.permissions import Permission
from kb.db import database
from kb.i18n import N_
from kb.i18n import gettext as _
from kb.text.whole_number import parse_whole_number
from kb.web.templates import render

PAGE = 50
MAX_PERSON_CHARS = 254
WORDS = {
    Kind.SIGN_IN: N_("Signed in"),
    Kind.SIGN_IN_FAILED: N_("Sign-in failed"),
    Kind.FAILURES_NOT_LISTED: N_("Failed sign-ins not listed"),
    Kind.IDENTITY_CONFIRMED: N_("Confirmed identity"),
    Kind.SIGN_OUT: N_("Signed out"),
    Kind.SESSIONS_ENDED: N_("Ended sessions"),
    Kind.SIGN_IN_LINK_MADE: N_("Created a sign-in link"),
    Kind.PASSWORD_CHANGED: N_("Changed password"),
    Kind.TWO_FACTOR_ON: N_("Turned two-factor sign-in on"),
    Kind.TWO_FACTOR_OFF: N_("Turned two-factor sign-in off"),
    Kind.RECOVERY_CODES_MADE: N_("Created recovery codes"),
    Kind.ADDRESS_CHANGED: N_("Changed email address"),
    Kind.PERSON_ADDED: N_("Added person"),
    Kind.INVITATION_SENT: N_("Sent invitation"),
    Kind.ROLE_CHANGED: N_("Changed role"),
    Kind.ROLE_CREATED: N_("Created role"),
    Kind.ROLE_EDITED: N_("Edited role"),
    Kind.ROLE_DELETED: N_("Deleted role"),
    Kind.GROUP_CREATED: N_("Created group"),
    Kind.GROUP_EDITED: N_("Edited group"),
    Kind.GROUP_DELETED: N_("Deleted group"),
    Kind.ORGANIZATION_CREATED: N_("Created organization"),
    Kind.ORGANIZATION_EDITED: N_("Edited organization"),
    Kind.ORGANIZATION_DELETED: N_("Deleted organization"),
    Kind.ORGANIZATION_CHANGED: N_("Changed a person’s organization"),
    Kind.PERSON_DISABLED: N_("Disabled person"),
    Kind.PERSON_ENABLED: N_("Enabled person"),
    Kind.KEY_MADE: N_("Created API key"),
    Kind.KEY_REVOKED: N_("Revoked API key"),
    Kind.SETTINGS_CHANGED: N_("Changed settings"),
}


DETAILS = (
    N_("by password"),
    N_("by emailed link"),
    N_("wrong password"),
    N_("wrong password while confirming"),
    N_("no password set"),
    N_("by app code"),
    N_("by recovery code"),
    N_("wrong code"),
    N_("no account with this address"),
    N_("account disabled"),
    N_("sign-in link used, expired or unknown"),
    N_("too many attempts at this account today"),
    N_("too many attempts from this network within an hour"),
)
"""Details as the log stores them, in English, for the catalogs. Those that hold names or roles are shown as stored."""


def show(request: Request) -> Response:
    """Show the records that match the filters, newest first."""
    sessions.require_permission(request, Permission.READ_AUDIT_LOG)
    person, kind, before = _filters(request)
    with database(request).read() as session:
        found = queries.records(session, person=person, kind=kind, before=before, limit=PAGE + 1)
    context = {
        "records": found[:PAGE],
        "older": found[PAGE - 1].id if len(found) > PAGE else None,
        "words": {kind: _(words) for kind, words in WORDS.items()},
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
