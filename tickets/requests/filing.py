"""File what the request form sent, once, however often it is sent."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kb.accounts.sessions import current_user
from kb.db import database, now
from kb.events.recorder import VISIT_COOKIE, VISITOR_COOKIE, CurrentVisit, recorder
from kb.i18n.translate import current
from kb.text.email_address import canonical_email
from tickets import queries, uploads
from tickets.articles_read import articles_read, joined, named_articles, readers_catalog
from tickets.attachments import StoredFile, sha256_of
from tickets.creation import FiledTicket, NewTicket, sent_before
from tickets.creation import create as create_ticket
from tickets.forms import RequestForm
from tickets.models import Proof
from tickets.nonce import Nonce
from tickets.requests.moderation import judge
from tickets.requests.request_cookie import remember
from tickets.tracking import site_key, tracking_path

SAME_REQUEST_WITHIN = timedelta(hours=1)


def file_request(request: Request, form: RequestForm, nonce: Nonce) -> Response:
    """File the request and return the way to its page; to that of an earlier ticket where the same was sent before. Raises TooManyRequests."""
    new = _new_ticket(request, form, nonce, uploads.store_all(request, form.files))
    visit = recorder(request).visit(request)
    with database(request).write(is_pipelined=True) as session:
        filed = _sent_again(request, session, new, visit) or create_ticket(
            session, new, now=now(), complete=partial(_complete, request, session, form, nonce, visit)
        )
    response = _to_tracking_page(request, filed)
    if visit:
        visit.stamp(response)
    return response


def sent_already(request: Request, form: RequestForm, nonce: Nonce | None) -> Response | None:
    """Return the way to the page of the ticket that this form filed; None where it filed none."""
    if nonce is None:
        return None
    # Only looked for, so the files are digested where they are.
    files = tuple(StoredFile("", "", 0, sha256_of(file.file)) for file in form.files)
    with database(request).read() as session:
        sent = sent_before(session, _new_ticket(request, form, nonce, files).key or "")
    return _to_tracking_page(request, sent) if sent else None


def _sent_again(request: Request, session: Session, new: NewTicket, visit: CurrentVisit | None) -> FiledTicket | None:
    """Return the ticket that the same browser filed a moment ago in the same words: after Back, a filled form is sent under another number."""
    if visit is None or VISITOR_COOKIE not in request.cookies:
        return None
    sent = sorted(file.sha256 for file in new.files)
    words = (new.name, new.subject, new.category, new.body)
    for ticket in queries.filed_since(session, visit.visitor, new.email, words, now() - SAME_REQUEST_WITHIN):
        if not new.uploads and sorted(file.sha256 for file in ticket.comments[0].attachments) == sent:
            return FiledTicket(ticket.id, ticket.salt, ticket.requester_id, ticket.created_at, is_new=False)
    return None


def _complete(request: Request, session: Session, form: RequestForm, nonce: Nonce, visit: CurrentVisit | None, new: NewTicket) -> NewTicket:
    """Return the request with what was read before and what it is to be held for. Raises TooManyRequests."""
    read = articles_read(session, request, visit.id, form.locale) if visit and VISIT_COOKIE in request.cookies else ()
    articles = joined(read, named_articles(request, form.articles, form.locale))
    verdict = judge(request, session, form, nonce, new.email)
    return replace(new, visit=visit, articles=articles, suspended_reason=verdict.reason_to_hold, receipts=verdict.receipts)


def _new_ticket(request: Request, form: RequestForm, nonce: Nonce, files: tuple[StoredFile, ...]) -> NewTicket:
    """Return what was typed and chosen; what it is to be held for, and what was read before, is found when it is stored."""
    email, user = canonical_email(form.email) or "", current_user(request)
    return NewTicket(
        email=email,
        name=form.name,
        subject=form.subject,
        body=form.description,
        category=form.category,
        locale=readers_catalog(request, form.locale).locale,
        language=current().code,
        form_nonce=nonce.value,
        files=files,
        uploads=form.kept,
        proof=str(Proof.SESSION) if user is not None and user.email == email else "",
    )


def _to_tracking_page(request: Request, opened: FiledTicket) -> Response:
    path = tracking_path(site_key(request), opened.id, opened.salt)
    response = RedirectResponse(f"{path}?sent=1", 303, {"Cache-Control": "no-store"})
    remember(request, response, path)
    return response
