"""The request form: show it, file what it sends, or show it again with all that was typed."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from kb.accounts.sessions import current_user
from kb.db import now
from kb.events.models import Kind
from kb.events.recorder import recorder
from kb.i18n import N_
from kb.i18n import gettext as _
from kb.text.cleanup import clean, one_line
from kb.web.errors import log_database_fault
from kb.web.forms import files, text
from tickets import uploads
from tickets.articles_read import catalog, embedded_html, open_article, open_categories
from tickets.forms import RequestForm, read_request, request_problems
from tickets.models import MAX_BODY_CHARS, MAX_SUBJECT_CHARS
from tickets.nonce import new_nonce, read_nonce
from tickets.requests.filing import file_request, sent_already
from tickets.requests.form_page import articles_shown, kept_files, show_form
from tickets.requests.moderation import TooManyRequests
from tickets.requests.referrer import article_before, readers_locale
from tickets.requests.suggestions import suggestions
from tickets.tracking import site_key
from tickets.uploads import FilesRefused

FORM_LIFE = timedelta(hours=24)
TOO_MANY = N_("Too many requests came from your network in the last hour, so yours was not sent. What you typed is still here. Send it again in an hour.")
NOT_SAVED = N_("Your request could not be saved, so nothing was sent. What you typed is still here. Send it again in a moment.")


def new(request: Request) -> Response:
    """Show the form, with the words of the search that led here."""
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
    return show_form(request, form, visit=visit)


def create(request: Request, form: FormData) -> Response:
    """File the request and lead to its page; show the form again, with all that was typed, where that fails."""
    draft = read_request(form)
    try:
        return _check_answers(request, draft) if "check" in form else _create(request, draft)
    except FilesRefused as error:
        return show_form(request, draft, {"files": str(error)}, status=error.status, kept=kept_files(request, draft))
    except TooManyRequests:
        return _not_sent(request, draft, _(TOO_MANY), status=429, retry_after_s=3600)
    except (OperationalError, PoolTimeout) as error:
        log_database_fault(error)
        return _not_sent(request, draft, _(NOT_SAVED), status=503, retry_after_s=5)


def is_brief(form: FormData) -> bool:
    """Return True if filing the form waits for nothing but the database: no files are stored, and no articles are searched."""
    return "check" not in form and not files(form, "files")


def withdraw(request: Request, form: FormData) -> Response:
    """Takes "this solved it" back: the form with what had been typed."""
    visit = recorder(request).visit(request)
    draft = read_request(form)
    if visit and (slug := text(form, "solved", 200)):
        recorder(request).add(visit, Kind.DEFLECT_WITHDRAWN, slug=slug)
    return show_form(request, draft, visit=visit, kept=kept_files(request, draft))


def _not_sent(request: Request, form: RequestForm, problem: str, *, status: int, retry_after_s: int) -> Response:
    """The form again: files that came with it before are still there, those of this time are not."""
    kept = kept_files(request, form)
    problems = {"form": problem + uploads.again(form.files, form.kept, kept)}
    return show_form(request, form, problems, status=status, headers={"Retry-After": str(retry_after_s)}, kept=kept)


def _create(request: Request, form: RequestForm) -> Response:
    nonce = read_nonce(site_key(request), form.nonce)
    is_too_old = nonce is not None and nonce.age(now()) > FORM_LIFE
    if nonce is None or is_too_old:
        return sent_already(request, form, nonce) or _offer_fresh(request, form)
    waiting = uploads.pending(request, nonce.value, form.kept)
    problems = request_problems(form, open_categories(request) if form.category else (), waiting, request.app.state.settings)
    if problems:
        waiting = [upload for upload in waiting if upload.token in form.kept]
        kept = uploads.keep(request, nonce.value, form.files, waiting)
        return show_form(request, form, problems, visit=recorder(request).visit(request), status=422, kept=kept)
    return file_request(request, form, nonce)


def _offer_fresh(request: Request, form: RequestForm) -> Response:
    fresh = replace(form, nonce=new_nonce(site_key(request), now()), kept=())
    problem = _("This page was open for too long, so nothing was sent. What you typed is still here. Send it again.")
    if form.files or form.kept:
        problem += " " + _("Add your files again first.")
    return show_form(request, fresh, {"form": problem}, status=403)


def _check_answers(request: Request, form: RequestForm) -> Response:
    """The form again with articles that may answer: for readers without scripts."""
    nonce = read_nonce(site_key(request), form.nonce)
    if nonce is None:
        return _offer_fresh(request, form)
    kept = uploads.keep(request, nonce.value, form.files, uploads.named(request, nonce.value, form.kept))
    visit = recorder(request).visit(request)
    read = [article.slug for article in articles_shown(request, form, visit)]
    results = suggestions(request, form.subject, form.description, read=read, locale=form.locale)
    if visit and results.hits:
        recorder(request).add(visit, Kind.SUGGEST_SHOWN, query=form.subject, hit_count=len(results.hits), hits=[hit.slug for hit in results.hits])
    articles = [open_article(request, hit.slug, form.locale) for hit in results.hits]
    bodies = {article.slug: embedded_html(article) for article in articles if article}
    return show_form(request, form, visit=visit, kept=kept, results=results, bodies=bodies)
