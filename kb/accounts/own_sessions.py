"""One's own sessions: listed on the account page, and ended one by one or all."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kb.accounts import queries, sessions
from kb.accounts.audit_log import log as audit
from kb.accounts.audit_log.models import Kind
from kb.accounts.authentication.browser_name import shown_name
from kb.accounts.models import User
from kb.db import database, now
from kb.web.forms import text

ID_CHARS = 16


@dataclass(frozen=True, slots=True)
class OwnSession:
    """A browser one is signed in with. `id` is the beginning of the digest that is stored: it opens nothing."""

    id: str
    browser: str
    network: str
    created_at: datetime
    seen_at: datetime
    is_this: bool


def own_sessions(request: Request, session: Session, user: User) -> list[OwnSession]:
    """The person's sessions, this one first, then by when they were last used."""
    moment, this = now(), sessions.token_digest(request)
    found = [
        OwnSession(row.token_hash[:ID_CHARS], shown_name(row.browser), row.network, row.created_at, row.seen_at, row.token_hash == this)
        for row in queries.sessions_of(session, user.id, moment)
        if not sessions.is_over(row, moment)
    ]
    return sorted(found, key=lambda own: not own.is_this)


def end_one(request: Request, form: FormData) -> Response:  # noqa: ARG001
    """Sign out the browser that the address names; 404 unless it is one of the person's own."""
    user = sessions.require_user(request)
    with database(request).write() as session:
        found = next((own for own in own_sessions(request, session, user) if own.id == request.path_params["session"]), None)
        if found is None:
            raise HTTPException(404)
        queries.delete_session_of(session, user.id, found.id)
        audit.record(session, Kind.SESSIONS_ENDED, audit.source(request, user), now(), person=user, detail=found.browser)
    return _signed_out(request) if found.is_this else RedirectResponse("/account?saved=session#sessions", 303)


def end_all(request: Request, form: FormData) -> Response:
    """Sign out everywhere, or with `keep=this` everywhere but in this browser."""
    user = sessions.require_user(request)
    keeps_this = text(form, "keep", 10) == "this"
    with database(request).write() as session:
        count = queries.delete_sessions_of(session, user.id, but=sessions.token_digest(request) if keeps_this else "")
        detail = f"{'all others' if keeps_this else 'all'} ({count})"
        audit.record(session, Kind.SESSIONS_ENDED, audit.source(request, user), now(), person=user, detail=detail)
    return RedirectResponse("/account?saved=sessions#sessions", 303) if keeps_this else _signed_out(request)


def _signed_out(request: Request) -> Response:
    response = RedirectResponse("/", 303)
    sessions.forget(request, response)
    return response
