"""What the customer had read, and what the forms show of the articles."""

from collections.abc import Iterable
from typing import cast

from markupsafe import Markup
from sqlalchemy.orm import Session
from starlette.requests import Request

from kb.articles.article import Article, Catalog
from kb.articles.catalog.audiences import audiences
from kb.articles.catalog.visible_categories import category_names
from kb.articles.pages.faq import embedded
from kb.db import now
from tickets import queries
from tickets.comment import ArticleVersion


def catalog(request: Request) -> Catalog:
    """The articles as they stand now; none while nothing is loaded."""
    library = getattr(request.app.state, "library", None)
    return cast(Catalog, library.catalog) if library is not None else Catalog(0)


def readers_catalog(request: Request, locale: str) -> Catalog:
    """The articles as readers of a language get them; in the site's own for one that it does not have, or none."""
    whole = catalog(request)
    return whole.translated.get(locale, whole)


def open_categories(request: Request, locale: str = "") -> dict[str, str]:
    """Slug → name of the categories this reader may see, in order."""
    return category_names(readers_catalog(request, locale), audiences(request), now())


def open_article(request: Request, slug: str, locale: str = "") -> Article | None:
    """The article this reader may read under this slug, as readers of `locale` get it."""
    article = readers_catalog(request, locale).articles.get(slug)
    return article if article is not None and article.is_open_to(audiences(request), now()) else None


def articles_read(session: Session, request: Request, visit: str, locale: str = "") -> tuple[ArticleVersion, ...]:
    """The articles opened in this visit, newest first; only such as this reader may read now."""
    rows = [(open_article(request, slug, locale), digest, commit) for slug, digest, commit in queries.articles_read(session, visit)]
    return tuple(ArticleVersion(article.slug, article.title, digest or "", commit) for article, digest, commit in rows if article)


def named_articles(request: Request, slugs: Iterable[str], locale: str = "") -> tuple[ArticleVersion, ...]:
    """Those of the articles under these slugs that this reader may read, in the version of now."""
    articles = [open_article(request, slug, locale) for slug in slugs]
    return tuple(ArticleVersion(article.slug, article.title, article.digest, article.commit) for article in articles if article)


def joined(*lists: Iterable[ArticleVersion]) -> tuple[ArticleVersion, ...]:
    """The lists one after the other, each article once."""
    return tuple({article.slug: article for articles in reversed(lists) for article in reversed(tuple(articles))}.values())[::-1]


def embedded_html(article: Article) -> Markup:
    """Return the article's page to be opened inside another, as the sanitiser left it."""
    return Markup(embedded(article))  # noqa: S704
