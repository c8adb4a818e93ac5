"""“Was this helpful?”: store the vote, and the reason when it was no."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kb.articles.article import Article
from kb.articles.catalog.audiences import audiences
from kb.articles.pages.languages import catalog_of
from kb.events.models import Kind
from kb.events.recorder import recorder, scrub
from kb.i18n import N_
from kb.i18n import gettext as _
from kb.web.forms import text
from kb.web.templates import render

MOST_REASON_CHARS = 400
REASONS = (N_("It doesn’t answer my question"), N_("It’s hard to follow"), N_("It’s wrong or out of date"), N_("Something else"))


def vote(request: Request, form: FormData) -> Response:
    """Records yes or no, or the reason for a no; then thanks, as a fragment for scripts, else as a page."""
    article, value = _article(request), text(form, "value", 3)
    if value not in ("yes", "no"):
        raise HTTPException(400, _("Select Yes or No."))
    words = [text(form, "choice", 100), text(form, "reason", MOST_REASON_CHARS)]
    reason = scrub(": ".join(word for word in words if word))
    if "reason" in form:
        _record(request, article, Kind.VOTE_REASON, reason) if reason else None
        value = "done"
    else:
        _record(request, article, Kind.VOTE, value)
    if form.get("fragment"):
        return render(request, "articles/_voted.html", _context(article, value))
    return RedirectResponse(quote(f"{article.url}/votes/{value}"), 303)


def thanks(request: Request) -> Response:
    """The page after a vote: thanks, and after a no the question why."""
    value = request.path_params["value"]
    if value not in ("yes", "no", "done"):
        raise HTTPException(404)
    return render(request, "articles/voted.html", _context(_article(request), value))


def _context(article: Article, value: str) -> dict[str, Any]:
    return {"article": article, "value": value, "reasons": REASONS, "most_chars": MOST_REASON_CHARS}


def _article(request: Request) -> Article:
    article = catalog_of(request).articles.get(request.path_params["slug"])
    if article is None or not article.is_open_to(audiences(request), datetime.now(UTC)):
        raise HTTPException(404)
    return article


def _record(request: Request, article: Article, kind: Kind, value: str) -> None:
    visit = recorder(request).visit(request)
    if visit is not None:
        recorder(request).add(visit, kind, slug=article.slug, digest=article.digest, commit=article.commit, locale=article.locale, value=value)
