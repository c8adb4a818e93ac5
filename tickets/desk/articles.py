"""Linking articles in a reply: found by search, written into the text, tied to the ticket."""

import re
from collections.abc import Sequence
from typing import cast
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response

from kb.accounts.sessions import require_staff
from kb.articles.article import Article
from kb.articles.readers import audiences
from kb.config import Settings
from kb.db import now
from kb.text import clean
from kb.web.templates import render
from search.engine import Hit, Query
from search.searcher import Searcher
from tickets.reading import open_article

MOST_HITS = 8
ADDRESS = re.compile(r"/articles/([^\s/?#)>\]\"']+)")


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
    """The text with a line for each article that it does not link yet; links carry the configured address."""
    articles = [article for slug in slugs if (article := open_article(request, slug))]
    base = _settings(request).public_url
    lines = [f"{article.title}\n{base}{article.url}" for article in articles if f"{base}{article.url}" not in body]
    return "\n\n".join([body, *lines])


def unreadable(request: Request, body: str, slugs: Sequence[str]) -> list[Article]:
    """The articles chosen, or named by their address in the text, that a customer cannot open."""
    named = [unquote(slug).rstrip(".,;:!") for slug in ADDRESS.findall(body)]
    found = [article for slug in dict.fromkeys([*slugs, *named]) if (article := open_article(request, slug))]
    return [article for article in found if not article.is_public(now())]


def _settings(request: Request) -> Settings:
    return cast(Settings, request.app.state.settings)
