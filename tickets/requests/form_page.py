"""The page of the request form."""

from collections.abc import Sequence
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import Response

from kb.config import Settings
from kb.db import database
from kb.events.recorder import VISIT_COOKIE, CurrentVisit
from kb.web.templates import FOR_BACK, render
from tickets import uploads
from tickets.articles_read import articles_read, catalog, joined, named_articles, open_categories, readers_catalog
from tickets.comment import ArticleVersion
from tickets.forms import Problems, RequestForm
from tickets.models import MAX_SUBJECT_CHARS, Attachment
from tickets.nonce import read_nonce
from tickets.tracking import site_key


def show_form(
    request: Request,
    form: RequestForm,
    problems: Problems | None = None,
    *,
    visit: CurrentVisit | None = None,
    status: int = 200,
    headers: dict[str, str] | None = None,
    **more: Any,
) -> Response:
    """Show the form with what was typed; `more` adds the files that are kept and suggestions."""
    settings = cast(Settings, request.app.state.settings)
    readers = readers_catalog(request, form.locale)
    context = {
        "path": "/requests/new",
        "locale": readers.locale if catalog(request).translated else "",
        "home_url": f"{readers.prefix}/",
        "form": form,
        "problems": problems or {},
        "categories": list(open_categories(request, form.locale).items()),
        "read": articles_shown(request, form, visit),
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
    response = render(request, "requests/new.html", context | more, status=status, headers=(FOR_BACK if request.method == "POST" else {}) | (headers or {}))
    if visit:
        visit.stamp(response)
    return response


def kept_files(request: Request, form: RequestForm) -> Sequence[Attachment]:
    """Return the files that came with the form before and are still there."""
    nonce = read_nonce(site_key(request), form.nonce)
    return uploads.named(request, nonce.value if nonce else None, form.kept)


def articles_shown(request: Request, form: RequestForm, visit: CurrentVisit | None) -> tuple[ArticleVersion, ...]:
    """Return the articles that the form lists as read before."""
    named = named_articles(request, form.articles, form.locale)
    if visit is None or VISIT_COOKIE not in request.cookies:
        return named
    with database(request).read() as session:
        return joined(articles_read(session, request, visit.id, form.locale), named)
