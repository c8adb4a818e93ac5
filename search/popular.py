"""Articles to offer where a search has nothing to show."""

from datetime import UTC, datetime

from starlette.requests import Request

from kb.articles.article import Article, ArticleType, Catalog

MOST = 6


def popular(request: Request, catalog: Catalog) -> list[Article]:
    """The promoted articles, then the most read, then the first of each category."""
    moment = datetime.now(UTC)
    public = {slug: article for slug, article in catalog.articles.items() if article.is_public(moment)}
    promoted = [article for article in public.values() if article.promoted]
    read = [public[slug] for slug in request.app.state.most_read.slugs() if slug in public]
    firsts = {article.category: article for article in list(public.values())[::-1] if article.type != ArticleType.FAQ}
    offered = {article.slug: article for article in [*promoted, *read] or list(firsts.values())[::-1]}
    return list(offered.values())[:MOST]
