"""The catalog as readers may see it: only what is public now, empty shelves left out."""

from dataclasses import dataclass, replace
from datetime import datetime

from kb.articles.article import Article, ArticleType, Catalog, Category, Section


@dataclass(frozen=True, slots=True)
class Place:
    """Where an article stands: its shelves, and its neighbours for tutorials."""

    category: Category
    section: Section | None
    before: Article | None
    after: Article | None


def public_shelves(catalog: Catalog, now: datetime) -> tuple[Category, ...]:
    """Categories that hold at least one public article."""
    shelves = (_public_category(category, now) for category in catalog.categories)
    return tuple(category for category in shelves if category.all_articles)


def find_category(shelves: tuple[Category, ...], slug: str) -> Category | None:
    """The category with this slug."""
    return next((category for category in shelves if category.slug == slug), None)


def find_section(category: Category, slug: str) -> Section | None:
    """The category's section with this slug."""
    return next((section for section in category.sections if section.slug == slug), None)


def is_faq(section: Section) -> bool:
    """Whether the section reads as one page of questions: it holds nothing but FAQs."""
    return all(article.type == ArticleType.FAQ for article in section.articles)


def place_of(shelves: tuple[Category, ...], article: Article) -> Place | None:
    """Where a public article stands."""
    category = find_category(shelves, article.category)
    if category is None:
        return None
    section = find_section(category, article.section) if article.section else None
    row = [other for other in (section or category).articles if other.type == ArticleType.TUTORIAL]
    if article.type != ArticleType.TUTORIAL or article not in row:
        return Place(category, section, None, None)
    index = row.index(article)
    return Place(category, section, row[index - 1] if index else None, row[index + 1] if index + 1 < len(row) else None)


def _public_category(category: Category, now: datetime) -> Category:
    sections = (replace(section, articles=_public(section.articles, now)) for section in category.sections)
    return replace(category, articles=_public(category.articles, now), sections=tuple(section for section in sections if section.articles))


def _public(articles: tuple[Article, ...], now: datetime) -> tuple[Article, ...]:
    return tuple(article for article in articles if article.is_public(now))
