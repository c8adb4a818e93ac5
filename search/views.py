"""The search pages: the list while typing, the results page, and the API."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import quote, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from kb.articles.article import Catalog
from kb.articles.catalog.audiences import audiences, load_audiences
from kb.articles.catalog.visible_categories import NO_SUCH_CATEGORY, category_names, find_category, visible_categories
from kb.articles.pages.languages import Language
from kb.events.models import Kind
from kb.events.recorder import recorder
from kb.i18n import N_
from kb.i18n import gettext as _
from kb.i18n.translate import current
from kb.text.whole_number import parse_whole_number
from kb.web.locales import name_of
from kb.web.numbers import query_number
from kb.web.templates import render
from search.engine import Hit, Query, Results
from search.instant_list import render_list
from search.popular import Link, popular
from search.query.text_cleanup import clean_query
from search.rate_limit import require_share
from search.searcher import Key, Searcher
from search.text.tokenizer import words

INSTANT_HITS = 6
INSTANT_POPULAR = 3
PAGE_HITS = 10
MOST_HITS = 50
MOST_PAGES = 30
"""More than any answer fills."""
TYPE_NAMES = {"article": N_("Article"), "faq": N_("Question and answer"), "tutorial": N_("Tutorial"), "troubleshooting": N_("Troubleshooting")}


def api(request: Request) -> JSONResponse:
    """Return the hits for a program; 400 for a category that does not exist, and for a limit that is none."""
    require_share(request)
    query = _query(request, limit=_limit(request))
    if query.category and query.category not in category_names(_catalog(request), audiences(request), datetime.now(UTC)):
        raise HTTPException(400, _(NO_SUCH_CATEGORY))
    return JSONResponse(_told(_placed(request, _searcher(request).search(query), query.locale)), headers={"Cache-Control": "no-store"})


async def instant(request: Request) -> Response:
    """The list under the search box for what is typed so far; records nothing.

    What was asked before, and the few words that most people type, are answered on the event loop: handing them to a thread
    and back cost a quarter of the answer (2.1 ms of processor time with it, 1.6 without).
    """
    require_share(request, is_typing=True)
    await load_audiences(request)
    query, searcher = _query(request, limit=INSTANT_HITS, is_typing=True), _searcher(request)
    key = searcher.key(query)
    kept_as = (key, current().code) if key else None
    body = searcher.lists.get(kept_as) if kept_as else None
    if body is None:
        found = await _typed(query, searcher, key)
        offered = [] if found.hits or not query.text else await run_in_threadpool(_popular, request, query)
        body = _list(request, query, found, offered[:INSTANT_POPULAR])
        if kept_as and not found.degraded:
            searcher.lists.put(kept_as, body)
    return Response(body, media_type="text/html", headers={"Cache-Control": "no-store"})


def results(request: Request) -> Response:
    """The settled results page; what was asked and found is recorded as one search event."""
    require_share(request)
    page = query_number(request, "page", most=MOST_PAGES)
    query = _query(request, limit=PAGE_HITS, offset=(page - 1) * PAGE_HITS, is_verbatim=request.query_params.get("verbatim") == "1")
    catalog = _catalog(request)
    if not words(query.text):
        query = query._replace(text="")  # nothing but signs
    found = _placed(request, _searcher(request).search(query), query.locale) if query.text else Results("")
    response = render(request, "search/results.html", _page(request, query, found, page, catalog))
    if query.text and page == 1:
        _record(request, response, query, found)
    return response


routes = [
    Route("/api/search", api),
    Route("/search/instant", instant),
    Route("/search", results),
]


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a filter: where it leads, and how many articles it leaves."""

    name: str
    count: int
    url: str
    is_current: bool


def _query(request: Request, *, limit: int, offset: int = 0, is_typing: bool = False, is_verbatim: bool = False) -> Query:
    return Query(
        clean_query(request.query_params.get("q", "")),
        limit,
        offset,
        category=_value(request, "category"),
        type=_value(request, "type"),
        tag=_value(request, "tag"),
        locale=_locale(request),
        audiences=audiences(request),
        is_typing=is_typing,
        is_verbatim=is_verbatim,
        with_facets=request.scope["path"] == "/search",
    )


def _locale(request: Request) -> str | None:
    """The reader's language: as the address says, else the site's; None on a site with one language."""
    catalog = _catalog(request)
    asked = request.query_params.get("locale", "").lower()
    known = (catalog.locale, *catalog.translated)
    # `es-MX` reads `es`, where nothing is nearer.
    return next((one for one in (asked, asked.partition("-")[0]) if one in known), catalog.locale) if catalog.translated else None


def _placed(request: Request, found: Results, locale: str | None) -> Results:
    """The hits at their addresses among the pages of the reader's language."""
    translated = _catalog(request).translated.get(locale or "")
    if translated is None:
        return found
    return found._replace(hits=tuple([hit._replace(url=f"/{locale}/articles/{hit.slug}") for hit in found.hits]))


def _value(request: Request, name: str) -> str | None:
    return clean_query(request.query_params.get(name, ""))[:200] or None


async def _typed(query: Query, searcher: Searcher, key: Key | None) -> Results:
    if not query.text:
        return Results("")
    return searcher.search(query, key) if searcher.is_quick(query) else await run_in_threadpool(searcher.search, query, key)


def _list(request: Request, query: Query, found: Results, offered: list[Link]) -> bytes:
    marks = request.app.state.templates.get_template("_ui.html").module.other_language
    return render_list(_placed(request, found, query.locale), query.locale or "", marks, offered).encode()


def _popular(request: Request, query: Query) -> list[Link]:
    catalog = _catalog(request)
    return popular(request, catalog.translated.get(query.locale or "", catalog))


def _told(found: Results) -> dict[str, Any]:
    return {
        "query": found.query,
        "hits": [_told_hit(hit) for hit in found.hits],
        "total": found.total,
        "answered": found.answered,
        "confidence": found.confidence,
        "corrected": found.corrected,
        "engine": found.engine,
        "degraded": found.degraded,
        "took_ms": found.took_ms,
    }


def _told_hit(hit: Hit) -> dict[str, Any]:
    return {name: getattr(hit, name) for name in ("path", "slug", "title", "url", "anchor", "heading", "snippet", "score", "type", "locale")}


def _page(request: Request, query: Query, found: Results, page: int, catalog: Catalog) -> dict[str, Any]:
    prefixed = query.locale if query.locale in catalog.translated else None
    chosen = {"category": query.category, "type": query.type, "tag": query.tag, "verbatim": "1" if query.is_verbatim else None, "locale": prefixed}
    base = {"q": query.text} | {name: value for name, value in chosen.items() if value}
    categories = visible_categories(catalog.translated.get(query.locale or "", catalog), audiences(request), datetime.now(UTC))
    types = {name: _(words) for name, words in TYPE_NAMES.items()}
    names = {"category": {category.slug: category.name for category in categories}, "type": types, "tag": {}}
    filters = [_filter(title, name, names[name], found, base) for title, name in ((_("Category"), "category"), (_("Type"), "type"), (_("Tag"), "tag"))]
    return {
        "query": query.text,
        "search_value": query.text,
        "results": found,
        "page": page,
        "pages": -(-found.total // PAGE_HITS),
        "locale": query.locale or "",
        "base": f"/search?{urlencode(base)}&",
        "first_rank": query.offset + 1,
        "filters": filters,
        "chosen": [choice for _, choices in filters for choice in choices if choice.is_current],
        "unfiltered_url": f"/search?{urlencode({name: value for name, value in base.items() if name not in names})}",
        "verbatim_url": f"/search?{urlencode(base | {'verbatim': '1'})}",
        "request_url": _request_url(query),
        "popular": [] if found.hits else _popular(request, query),
        "search_category": find_category(categories, query.category) if query.category else None,
        "home_url": f"/{prefixed}/" if prefixed else "/",
        "languages": _languages(catalog, query, base),
    }


def _languages(catalog: Catalog, query: Query, base: dict[str, str]) -> list[Language]:
    """The same search in each language of the site; none of them is `is_own`, as no search engine is to know of these pages."""
    locales = (catalog.locale, *catalog.translated) if catalog.translated else ()
    bare = {name: value for name, value in base.items() if name != "locale" and value}
    queries = {one: urlencode(bare | ({} if one == catalog.locale else {"locale": one})) for one in locales}
    return [Language(one, name_of(one), "/search" + (asked and f"?{asked}"), one == query.locale, False) for one, asked in queries.items()]


def _filter(title: str, name: str, names: dict[str, str], found: Results, base: dict[str, str]) -> tuple[str, list[Choice]]:
    chosen = base.get(name)
    counts = found.facets.get(name, {})
    shown = {value: count for value, count in list(counts.items())[:12] if value} | ({chosen: counts.get(chosen, 0)} if chosen else {})
    others = {key: value for key, value in base.items() if key != name}
    choices = [
        Choice(names.get(value, value), count, f"/search?{urlencode(others if value == chosen else others | {name: value})}", value == chosen)
        for value, count in shown.items()
    ]
    return title, choices if chosen or any(choice.count < found.total for choice in choices) else []


def _request_url(query: Query) -> str:
    subject = " ".join(query.text.split())[:200]
    category = f"&category={quote(query.category)}" if query.category else ""
    locale = f"&locale={quote(query.locale)}" if query.locale else ""
    return f"/requests/new?subject={quote(subject)}{category}{locale}"


def _record(request: Request, response: Response, query: Query, found: Results) -> None:
    log = recorder(request)
    if visit := log.visit(request):
        columns = {"engine": found.engine or None, "degraded": found.degraded, "answered": found.answered, "took_ms": found.took_ms}
        log.add(visit, Kind.SEARCH, query=query.text, hit_count=found.total, hits=[hit.slug for hit in found.hits], locale=query.locale or "", **columns)
        visit.stamp(response)


def _limit(request: Request) -> int:
    written = request.query_params.get("limit", "")
    number = parse_whole_number(written, most=MOST_HITS) if written else PAGE_HITS
    if not number:
        raise HTTPException(400, _("The limit is a whole number from 1 to %(num)s.") % {"num": MOST_HITS})
    return number


def _catalog(request: Request) -> Catalog:
    return cast(Catalog, request.app.state.library.catalog)


def _searcher(request: Request) -> Searcher:
    return cast(Searcher, request.app.state.searcher)
