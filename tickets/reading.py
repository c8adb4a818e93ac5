"""What the customer had read, and what the forms show of the articles."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import cast

from markupsafe import Markup
from sqlalchemy.orm import Session
from starlette.requests import Request

from kb.articles.article import Article, Catalog
from kb.articles.shelf import public_shelves
from tickets import queries
from tickets.opening import ReadArticle

ID_ATTRIBUTE = re.compile(r'(<[a-zA-Z][^<>]*?)\sid="[^"]*"')


def catalog(request: Request) -> Catalog:
    """The articles as they stand now; none while nothing is loaded."""
    library = getattr(request.app.state, "library", None)
    return cast(Catalog, library.catalog) if library is not None else Catalog(0)


def public_categories(shelves: Catalog, now: datetime) -> dict[str, str]:
    """Slug → name of the categories anybody may see, in order."""
    return {category.slug: category.name for category in public_shelves(shelves, now)}


def public_article(shelves: Catalog, slug: str, now: datetime) -> Article | None:
    """The article anybody may read under this slug."""
    article = shelves.articles.get(slug)
    return article if article is not None and article.is_public(now) else None


def articles_read(session: Session, shelves: Catalog, visit: str, now: datetime) -> tuple[ReadArticle, ...]:
    """The articles opened in this visit, newest first; only such as are public now."""
    rows = [(public_article(shelves, slug, now), digest, commit) for slug, digest, commit in queries.articles_read(session, visit)]
    return tuple(ReadArticle(article.slug, article.title, digest or "", commit) for article, digest, commit in rows if article)


def named_articles(shelves: Catalog, slugs: Iterable[str], now: datetime) -> tuple[ReadArticle, ...]:
    """The public articles under these slugs, in the version of now."""
    articles = [public_article(shelves, slug, now) for slug in slugs]
    return tuple(ReadArticle(article.slug, article.title, article.digest, article.commit) for article in articles if article)


def joined(*lists: Iterable[ReadArticle]) -> tuple[ReadArticle, ...]:
    """The lists one after the other, each article once."""
    return tuple({article.slug: article for articles in reversed(lists) for article in reversed(tuple(articles))}.values())[::-1]


def embedded_html(article: Article) -> Markup:
    """The article's sanitised page to be opened inside another: without ids, its own anchors leading to its own page."""
    bare = ID_ATTRIBUTE.sub(r"\1", article.html)
    return Markup(bare.replace('href="#', f'href="{article.url}#'))  # noqa: S704
