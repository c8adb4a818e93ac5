"""The request form: shown, prefilled, sent, and shown again with all that was typed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, cast

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kb.accounts.sessions import current_user
from kb.config import Settings
from kb.db import database, now
from kb.events.models import Kind
from kb.events.recorder import VISIT_COOKIE, VISITOR_COOKIE, CurrentVisit, recorder
from kb.i18n import N_
from kb.i18n import gettext as _
from kb.i18n.translate import current
from kb.rate_limit.queries import count_hit
from kb.text.cleanup import clean, one_line
from kb.text.email_address import canonical_email
from kb.web.client_address import client_network
from kb.web.forms import text
from kb.web.templates import render
from tickets import queries, uploads
from tickets.articles_read import articles_read, catalog, embedded_html, joined, named_articles, open_article, open_categories, readers_catalog
from tickets.attachments import StoredFile, sha256_of
from tickets.comment import ArticleVersion
from tickets.creation import FiledTicket, NewTicket, sent_before
from tickets.creation import create as create_ticket
from tickets.forms import Problems, RequestForm, read_request, request_problems
from tickets.models import MAX_BODY_CHARS, MAX_SUBJECT_CHARS, Attachment, Proof
from tickets.nonce import Nonce, new_nonce, read_nonce
from tickets.requests.referrer import article_before, readers_locale
from tickets.requests.request_cookie import remember
from tickets.requests.suggestions import suggestions
from tickets.tracking import site_key, tracking_path
from tickets.uploads import FilesRefused

FORM_LIFE = timedelta(hours=24)
FASTEST = timedelta(seconds=2)
SAME_REQUEST_WITHIN = timedelta(hours=1)
HARD_CAP = 10
"""Times the requests per hour from which on an address is refused."""
TOO_MANY = N_("Too many requests came from your network in the last hour, so yours was not sent. What you typed is still here. Send it again in an hour.")
NOT_SAVED = N_("Your request could not be saved, so nothing was sent. What you typed is still here. Send it again in a moment.")


class TooMany(Exception):
    """The address has sent more requests than are even held for review."""


def new(request: Request) -> Response:
    """The form, with the words of the search that led here."""
    query = request.query_params
    locale = readers_locale(request, catalog(request))
    article = open_article(request, query.get("article") or article_before(request), locale)
    slug = article.slug if article else None
    user = current_user(request)
    form = RequestForm(
        name=user.name if user else "",
        email=user.email if user else "",
        subject=one_line(query.get("subject", ""))[:MAX_SUBJECT_CHARS],
        description=clean(query.get("description", ""))[:MAX_BODY_CHARS],
        category=clean(query.get("category", ""))[:120],
        articles=(slug,) if slug else (),
        nonce=new_nonce(site_key(request), now()),
        locale=locale,
    )
    visit = recorder(request).visit(request)
    if visit:
        recorder(request).add(visit, Kind.FORM_OPEN, slug=slug, query=form.subject or None)
    return show(request, form, visit=visit)


def create(request: Request, form: FormData) -> Response:
    """The ticket's tracking page for a request that was sent; the form again, with all that was typed, for any other."""
    draft = read_request(form)
    try:
        return _check_answers(request, draft) if "check" in form else _create(request, draft)
    except FilesRefused as error:
        return show(request, draft, {"files": str(error)}, status=error.status, kept=_kept(request, draft))
    except TooMany:
        return _not_sent(request, draft, _(TOO_MANY), status=429, retry_after_s=3600)
    except (OperationalError, PoolTimeout):
        return _not_sent(request, draft, _(NOT_SAVED), status=503, retry_after_s=5)


def withdraw(request: Request, form: FormData) -> Response:
    """Takes "this solved it" back: the form with what had been typed."""
    visit = recorder(request).visit(request)
    draft = read_request(form)
    if visit and (slug := text(form, "solved", 200)):
        recorder(request).add(visit, Kind.DEFLECT_WITHDRAWN, slug=slug)
    return show(request, draft, visit=visit, kept=_kept(request, draft))


def show(
    request: Request,
    form: RequestForm,
    problems: Problems | None = None,
    *,
    visit: CurrentVisit | None = None,
    status: int = 200,
    headers: dict[str, str] | None = None,
    **more: Any,
) -> Response:
    """The form's page with what was typed; `more` adds the files that are kept and suggestions."""
    settings = cast(Settings, request.app.state.settings)
    readers = readers_catalog(request, form.locale)
    context = {
        "path": "/requests/new",
        "locale": readers.locale if catalog(request).translated else "",
        "home_url": f"{readers.prefix}/",
        "form": form,
        "problems": problems or {},
        "categories": list(open_categories(request, form.locale).items()),
        "read": _read(request, form, visit),
        "kept": (),
        "results": None,
        "bodies": {},
        "limits": {
            "files": settings.attachments_max,
            "file_mb": settings.attachment_mb,
            "total_mb": settings.attachments_total_mb,
            "subject": MAX_SUBJECT_CHARS,
        },
    }
    response = render(request, "requests/new.html", context | more, status=status, headers=headers)
    if visit:
        visit.stamp(response)
    return response


def _not_sent(request: Request, form: RequestForm, problem: str, *, status: int, retry_after_s: int) -> Response:
    """The form again: files that came with it before are still there, those of this time are not."""
    kept = _kept(request, form)
    problems = {"form": problem + uploads.again(form.files, form.kept, kept)}
    return show(request, form, problems, status=status, headers={"Retry-After": str(retry_after_s)}, kept=kept)


def _kept(request: Request, form: RequestForm) -> Sequence[Attachment]:
    nonce = read_nonce(site_key(request), form.nonce)
    return uploads.named(request, nonce.value if nonce else None, form.kept)


def _create(request: Request, form: RequestForm) -> Response:
    nonce = read_nonce(site_key(request), form.nonce)
    is_too_old = nonce is not None and nonce.age(now()) > FORM_LIFE
    if nonce is None or is_too_old:
        return _sent_already(request, form, nonce) or _offer_fresh(request, form)
    waiting = uploads.pending(request, nonce.value, form.kept)
    problems = request_problems(form, open_categories(request) if form.category else (), waiting, request.app.state.settings)
    if problems:
        waiting = [upload for upload in waiting if upload.token in form.kept]
        kept = uploads.keep(request, nonce.value, form.files, waiting)
        return show(request, form, problems, visit=recorder(request).visit(request), status=422, kept=kept)
    return _file(request, form, nonce)


def _file(request: Request, form: RequestForm, nonce: Nonce) -> Response:
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
    """Return the request with what was read before and what it is to be held for. Raises TooMany."""
    read = articles_read(session, request, visit.id, form.locale) if visit and VISIT_COOKIE in request.cookies else ()
    articles = joined(read, named_articles(request, form.articles, form.locale))
    return replace(new, visit=visit, articles=articles, suspended_reason=_suspicion(request, session, form, nonce))


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


def _suspicion(request: Request, session: Session, form: RequestForm, nonce: Nonce) -> str | None:
    """Why the request is held for review. Raises TooMany where it is not even held."""
    most = request.app.state.settings.requests_per_hour
    count = count_hit(session, f"request:{client_network(request)}", window=timedelta(hours=1), now=now())
    if count > most * HARD_CAP:
        raise TooMany
    if form.trap:
        return N_("A field that only machines see was filled in.")
    # Browsers send Sec-Fetch-User when a person pressed the button; one with saved answers may be quick.
    if nonce.age(now()) < FASTEST and request.headers.get("sec-fetch-user") != "?1":
        return N_("The form was sent within two seconds of being opened.")
    return N_("Too many requests came from one address within an hour.") if count > most else None


def _sent_already(request: Request, form: RequestForm, nonce: Nonce | None) -> Response | None:
    if nonce is None:
        return None
    # Only looked for, so the files are digested where they are.
    files = tuple(StoredFile("", "", 0, sha256_of(file.file)) for file in form.files)
    with database(request).read() as session:
        sent = sent_before(session, _new_ticket(request, form, nonce, files).key or "")
    return _to_tracking_page(request, sent) if sent else None


def _offer_fresh(request: Request, form: RequestForm) -> Response:
    fresh = replace(form, nonce=new_nonce(site_key(request), now()), kept=())
    problem = _("This page was open for too long, so nothing was sent. What you typed is still here. Send it again.")
    if form.files or form.kept:
        problem += " " + _("Add your files again first.")
    return show(request, fresh, {"form": problem}, status=403)


def _to_tracking_page(request: Request, opened: FiledTicket) -> Response:
    path = tracking_path(site_key(request), opened.id, opened.salt)
    response = RedirectResponse(f"{path}?sent=1", 303, {"Cache-Control": "no-store"})
    remember(request, response, path)
    return response


def _check_answers(request: Request, form: RequestForm) -> Response:
    """The form again with articles that may answer: for readers without scripts."""
    nonce = read_nonce(site_key(request), form.nonce)
    if nonce is None:
        return _offer_fresh(request, form)
    kept = uploads.keep(request, nonce.value, form.files, uploads.named(request, nonce.value, form.kept))
    visit = recorder(request).visit(request)
    read = [article.slug for article in _read(request, form, visit)]
    results = suggestions(request, form.subject, form.description, read=read, locale=form.locale)
    if visit and results.hits:
        recorder(request).add(visit, Kind.SUGGEST_SHOWN, query=form.subject, hit_count=len(results.hits), hits=[hit.slug for hit in results.hits])
    articles = [open_article(request, hit.slug, form.locale) for hit in results.hits]
    bodies = {article.slug: embedded_html(article) for article in articles if article}
    return show(request, form, visit=visit, kept=kept, results=results, bodies=bodies)


def _read(request: Request, form: RequestForm, visit: CurrentVisit | None) -> tuple[ArticleVersion, ...]:
    named = named_articles(request, form.articles, form.locale)
    if visit is None or VISIT_COOKIE not in request.cookies:
        return named
    with database(request).read() as session:
        return joined(articles_read(session, request, visit.id, form.locale), named)
