"""Suggest articles beside the request form, and record that one of them solved it."""

from collections.abc import Collection
from typing import cast

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from kb.articles.catalog.audiences import audiences
from kb.events.models import Kind
from kb.events.recorder import recorder
from kb.i18n import gettext as _
from kb.web.forms import text, with_form
from kb.web.templates import FOR_BACK, render, render_text
from search.engine import EngineUnavailable, Query, Results
from search.query.text_cleanup import clean_query
from search.rate_limit import require_share
from tickets.articles_read import catalog, embedded_html, open_article, readers_catalog
from tickets.forms import read_request
from tickets.requests.referrer import readers_locale

MOST = 5
FEWEST_CHARS = 3
MOST_READ = 20
CANDIDATES = 30
"""Articles of the subject that the description may move."""
DESCRIPTION_WEIGHT = 0.15
"""Of the description beside the subject: an article that it favours passes those a little better by the subject."""
LEAST_CONFIDENCE = 0.3
"""From here on articles are shown as related; below, they are noise."""


def suggestions(request: Request, subject: str, description: str = "", *, read: Collection[str] = (), locale: str = "") -> Results:
    """Return at most five articles that may answer, without those `read` before; none while the search is away: the form works without.

    The subject is the question. The description moves what the subject finds, and is asked alone only where there is no subject.
    """
    whole, in_locale = catalog(request), readers_catalog(request, locale)
    asked = clean_query(subject) if len(clean_query(subject)) >= FEWEST_CHARS else ""
    searcher = getattr(request.app.state, "searcher", None)
    if searcher is None:
        return Results(asked)

    def found_for(words: str) -> Results:
        if len(words) < FEWEST_CHARS:
            return Results(words)
        query = Query(words, limit=CANDIDATES, audiences=audiences(request), locale=in_locale.locale if whole.translated else None)
        return cast(Results, searcher.search(query))

    try:
        found = _refined(found_for(asked), found_for(clean_query(f"{asked}\n{description}")) if description.strip() else None)
    except EngineUnavailable:
        return Results(asked)
    hits = (hit._replace(url=article.url) if (article := in_locale.articles.get(hit.slug)) else hit for hit in found.hits)
    return _without(found._replace(hits=tuple(hits)), read)


def _refined(found: Results, described: Results | None) -> Results:
    """What the subject finds, in an order that the description has a say in; nothing where neither is likely to answer."""
    if found.confidence < LEAST_CONFIDENCE and not found.answered:
        if described and not found.query and described.confidence >= LEAST_CONFIDENCE:
            return described
        return found._replace(hits=(), answered=False)
    if described is None:
        return found
    more = {hit.slug: hit.score for hit in described.hits}
    hits = sorted(found.hits, key=lambda hit: -(hit.score + DESCRIPTION_WEIGHT * more.get(hit.slug, 0.0)))
    return found._replace(hits=tuple(hits))


def listed(request: Request) -> Response:
    """Return the list of suggestions for the subject `q` and the `description`, without the articles `read`, as a fragment; records nothing."""
    require_share(request, is_typing=True)
    asked, described = request.query_params.get("q", ""), request.query_params.get("description", "")
    read = request.query_params.getlist("read")[:MOST_READ]
    locale = readers_locale(request, catalog(request))
    results = suggestions(request, asked, described, read=read, locale=locale)
    return _fragment(request, "requests/_suggestions.html", {"results": results, "bodies": {}, "locale": locale})


def opened(request: Request) -> Response:
    """The text of one suggested article, as a fragment."""
    article = open_article(request, request.path_params["slug"], readers_locale(request, catalog(request)))
    if article is None:
        raise HTTPException(404)
    return _fragment(request, "requests/_article.html", {"article": article, "html": embedded_html(article)})


def confirm(request: Request, form: FormData) -> Response:
    """Notes that an article solved it, and says goodbye; what was typed stays at hand for "it did not after all"."""
    draft = read_request(form)
    article = open_article(request, text(form, "solved", 200), draft.locale)
    if article is None:
        raise HTTPException(422, _("This article is no longer available. Go back, your text is still in the form."))
    visit = recorder(request).visit(request)
    if visit:
        told = {"slug": article.slug, "digest": article.digest, "commit": article.commit, "locale": article.locale if draft.locale else ""}
        recorder(request).add(visit, Kind.DEFLECT_CONFIRMED, query=draft.subject or None, **told)
    response = render(
        request,
        "requests/solved.html",
        {"article": article, "form": draft, "locale": draft.locale, "home_url": f"{readers_catalog(request, draft.locale).prefix}/"},
        headers=FOR_BACK,
    )
    if visit:
        visit.stamp(response)
    return response


def _without(found: Results, read: Collection[str]) -> Results:
    """Who has read the article that answers best, and is here all the same, was not answered by it."""
    left = tuple(hit for hit in found.hits if hit.slug not in read)[:MOST]
    is_best_left = bool(left) and left[0] is found.hits[0]
    return found._replace(hits=left, answered=found.answered and is_best_left)


def _fragment(request: Request, name: str, context: dict[str, object]) -> Response:
    return HTMLResponse(render_text(request, name, context), headers={"Cache-Control": "no-store", "X-Robots-Tag": "noindex"})


routes = [
    Route("/requests/suggestions", listed),
    Route("/requests/suggestions/{slug}", opened),
    Route("/requests/deflections", with_form(confirm), methods=["POST"]),
]
