"""Popular articles, for a search that has nothing to show."""

from datetime import UTC, datetime
from typing import NamedTuple

from starlette.requests import Request

from kb.articles.article import Catalog
from kb.articles.catalog.visible_categories import public_categories

MOST = 6


class Link(NamedTuple):
    """A page of the site."""

    title: str
    url: str


def popular(request: Request, catalog: Catalog) -> list[Link]:
    """The promoted articles, then the most read; the categories where nothing is promoted and nobody has read yet."""
    moment = datetime.now(UTC)
    public = {slug: article for slug, article in catalog.articles.items() if article.is_public(moment) and article.is_searchable}
    promoted = [article for article in public.values() if article.promoted]
    read = [public[slug] for slug in request.app.state.most_read.slugs() if slug in public]
    articles = {article.slug: Link(article.title, article.url) for article in [*promoted, *read]}
    return (list(articles.values()) or [Link(category.name, category.url) for category in public_categories(catalog, moment)])[:MOST]
