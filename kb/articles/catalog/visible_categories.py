"""The categories and articles that a reader may see now; empty categories are left out."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from kb.articles.article import PUBLIC, Article, ArticleType, Catalog, Category, Section
from kb.i18n import N_

NO_SUCH_CATEGORY = N_("There is no such category. Use the slug of a category’s folder.")


@dataclass(frozen=True, slots=True)
class ArticleLocation:
    """Where an article stands: its shelves, and its neighbours for tutorials."""

    category: Category
    section: Section | None
    before: Article | None
    after: Article | None


def public_categories(catalog: Catalog, now: datetime) -> tuple[Category, ...]:
    """Categories that hold at least one public article."""
    return visible_categories(catalog, PUBLIC, now)


def visible_categories(catalog: Catalog, audiences: Collection[str], now: datetime) -> tuple[Category, ...]:
    """Categories that hold at least one article for these audiences."""
    categories = (_open_category(category, audiences, now) for category in catalog.categories)
    return tuple(category for category in categories if category.all_articles)


def category_names(catalog: Catalog, audiences: Collection[str], now: datetime) -> dict[str, str]:
    """Slug → name of the categories that hold at least one article for these audiences, in order."""
    return {category.slug: category.name for category in catalog.categories if any(article.is_open_to(audiences, now) for article in category.all_articles)}


def find_category(categories: tuple[Category, ...], slug: str) -> Category | None:
    """The category with this slug."""
    return next((category for category in categories if category.slug == slug), None)


def find_section(category: Category, slug: str) -> Section | None:
    """The category's section with this slug."""
    return next((section for section in category.sections if section.slug == slug), None)


def is_faq(section: Section) -> bool:
    """Whether the section reads as one page of questions: it holds nothing but FAQs."""
    return all(article.type == ArticleType.FAQ for article in section.articles)


def locate(categories: tuple[Category, ...], article: Article) -> ArticleLocation | None:
    """Where an article on these shelves stands."""
    category = find_category(categories, article.category)
    if category is None:
        return None
    section = find_section(category, article.section) if article.section else None
    row = [other for other in (section or category).articles if other.type == ArticleType.TUTORIAL]
    if article.type != ArticleType.TUTORIAL or article not in row:
        return ArticleLocation(category, section, None, None)
    index = row.index(article)
    return ArticleLocation(category, section, row[index - 1] if index else None, row[index + 1] if index + 1 < len(row) else None)


def _open_category(category: Category, audiences: Collection[str], now: datetime) -> Category:
    def admitted(articles: tuple[Article, ...]) -> tuple[Article, ...]:
        return tuple(article for article in articles if article.is_open_to(audiences, now))

    sections = (replace(section, articles=admitted(section.articles)) for section in category.sections)
    return replace(category, articles=admitted(category.articles), sections=tuple(section for section in sections if section.articles))
