"""Link articles in a reply: find them by search, write them into the text, tie them to the ticket."""

from collections.abc import Sequence
from typing import cast

from starlette.requests import Request
from starlette.responses import Response

from kb.accounts.sessions import require_staff
from kb.articles.article import Article
from kb.articles.catalog.addresses import articles_in, articles_named, site_of
from kb.articles.catalog.audiences import audiences
from kb.config import Settings
from kb.db import now
from kb.text.cleanup import clean
from kb.web.templates import render
from search.engine import Hit, Query
from search.searcher import Searcher
from tickets.articles_read import catalog, open_article
from tickets.comment import ArticleVersion

MOST_HITS = 8


def suggest(request: Request) -> Response:
    """The options of the composer's article search, as a fragment."""
    require_staff(request)
    query = clean(request.query_params.get("q", ""))[:200]
    return render(request, "desk/_article_options.html", {"hits": find_articles(request, query), "query": query, "base": _settings(request).public_url})


def find_articles(request: Request, query: str) -> tuple[Hit, ...]:
    """The articles that staff may read, best first, at most 8."""
    searcher = cast(Searcher | None, getattr(request.app.state, "searcher", None))
    if searcher is None or not query.strip():
        return ()
    return searcher.search(Query(query, limit=MOST_HITS, audiences=audiences(request), is_typing=True)).hits


def with_links(request: Request, body: str, slugs: Sequence[str]) -> str:
    """Return the text with a line for each of the articles that it does not link yet; links carry the configured address."""
    there = {article.slug for article in _linked(request, body)}
    articles = [article for slug in slugs if slug not in there and (article := open_article(request, slug))]
    return "\n\n".join([body, *(f"{article.title}\n{_settings(request).public_url}{article.url}" for article in articles)])


def linked_articles(request: Request, body: str) -> tuple[ArticleVersion, ...]:
    """Return the articles that a message links, each once, in the version of now."""
    return tuple(ArticleVersion(article.slug, article.title, article.digest, article.commit) for article in _linked(request, body))


def unreadable(request: Request, body: str, slugs: Sequence[str]) -> list[Article]:
    """Return the articles chosen, or named by their address in the text, that a customer cannot open."""
    chosen = [article for slug in slugs if (article := open_article(request, slug))]
    named = [article for article in articles_named(catalog(request), body) if article.is_open_to(audiences(request), now())]
    found = {article.slug: article for article in (*chosen, *_linked(request, body), *named)}
    return [article for article in found.values() if not article.is_public(now())]


def _linked(request: Request, body: str) -> list[Article]:
    settings = _settings(request)
    found = articles_in(catalog(request), body, {site_of(settings.public_url), *settings.allowed_hosts})
    return list({article.slug: article for article in found if article.is_open_to(audiences(request), now())}.values())


def _settings(request: Request) -> Settings:
    return cast(Settings, request.app.state.settings)
