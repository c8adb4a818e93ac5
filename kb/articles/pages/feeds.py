"""The sitemap, robots.txt and the feed of new and changed articles."""

from datetime import UTC, datetime
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import Response

from kb.articles.article import Article, Catalog
from kb.articles.catalog.library import Library
from kb.articles.catalog.visible_categories import public_categories
from kb.config import Settings
from kb.text.characters import without_forbidden
from kb.web.pages import finish, finished_pages, respond
from kb.web.templates import render_text

MOST_ENTRIES = 50


async def sitemap(request: Request) -> Response:
    """Every public page with the date it last changed."""
    return _xml(request, "articles/sitemap.xml", "application/xml; charset=utf-8")


async def feed(request: Request) -> Response:
    """Atom: the articles changed last, newest first."""
    return _xml(request, "articles/feed.xml", "application/atom+xml; charset=utf-8")


async def robots(request: Request) -> Response:
    """Everything public may be crawled; forms, searches and the desk are no pages to find."""
    settings: Settings = request.app.state.settings
    refused = ("/search", "/requests", "/desk", "/sign-in", "/api/", "/events")
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in refused), f"Sitemap: {settings.public_url}/sitemap.xml", ""]
    page = finished_pages(request).get("/robots.txt", _generation(request), lambda: finish("\n".join(lines), "text/plain; charset=utf-8"))
    return respond(request, page)


def _xml(request: Request, template: str, media_type: str) -> Response:
    def make() -> str:
        return without_forbidden(render_text(request, template, _context(request)))

    page = finished_pages(request).get(request.url.path, _generation(request), lambda: finish(make(), media_type))
    return respond(request, page)


def _context(request: Request) -> dict[str, Any]:
    settings: Settings = request.app.state.settings
    catalog, now = cast(Library, request.app.state.library).catalog, datetime.now(UTC)
    categories = public_categories(catalog, now)
    articles = [article for category in categories for article in category.all_articles]
    newest = sorted(articles, key=_newest_first)[:MOST_ENTRIES]
    changed = newest[0].updated_at if newest else datetime(1970, 1, 1, tzinfo=UTC)
    return {
        "base": settings.public_url,
        "categories_by_prefix": {catalog.prefix: categories} | {one.prefix: public_categories(one, now) for one in catalog.translated.values()},
        "articles": articles,
        "newest": newest,
        "changed": changed,
        "entries": _entries(catalog, now),
    }


def _entries(catalog: Catalog, now: datetime) -> list[tuple[Article, list[Article]]]:
    """Every public article in every language, with its versions where there are several."""
    public = [article for article in catalog.versions if article.is_public(now)]
    versions: dict[str, list[Article]] = {}
    for article in public:
        versions.setdefault(article.slug, []).append(article)
    return [(article, found if len(found := versions[article.slug]) > 1 else []) for article in public]


def _newest_first(article: Article) -> tuple[float, str]:
    return -article.updated_at.timestamp(), article.slug


def _generation(request: Request) -> int:
    return cast(Library, request.app.state.library).catalog.generation
