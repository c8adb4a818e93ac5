"""Articles, sections and categories as immutable values."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

PUBLIC = ("public",)
"""The audiences of somebody who is not signed in."""


class ArticleType(StrEnum):
    """The kinds of article; a section of FAQs reads as one page, a tutorial has numbered steps."""

    ARTICLE = "article"
    FAQ = "faq"
    TUTORIAL = "tutorial"
    TROUBLESHOOTING = "troubleshooting"


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of the rendered page; `level` is 2 to 6, `id` its anchor."""

    level: int
    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Passage:
    """The plain text from one heading to the next; `trail` holds the headings above and including its own.

    The text before the first heading has the empty anchor and trail.
    """

    anchor: str
    trail: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Article:
    """One file of the content folder, rendered. `html` is sanitised; everything else is plain text."""

    path: str
    """Relative to the content folder, with `/`."""
    slug: str
    title: str
    html: str
    digest: str
    """Of the file's bytes: names the version a reader saw."""
    category: str
    """Slug of the category's folder."""
    section: str
    """Slug of the section's folder; empty for an article that lies directly in its category."""
    updated_at: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    commit: str | None = None
    headings: tuple[Heading, ...] = ()
    passages: tuple[Passage, ...] = ()
    external_id: str | None = None
    summary: str = ""
    type: ArticleType = ArticleType.ARTICLE
    tags: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    order: int = 0
    promoted: bool = False
    draft: bool = False
    publish_at: datetime | None = None
    audience: str = "public"
    owner: str = ""
    review_by: datetime | None = None
    aliases: tuple[str, ...] = ()
    locale: str = "en"
    related: tuple[str, ...] = ()
    is_searchable: bool = True
    boost: float = 1.0
    """How many times as much as others it counts in search."""
    minutes: int | None = None
    """Time needed, for tutorials."""
    prefix: str = ""
    """What its address begins with: `/es` among the Spanish pages, nothing among those of the site's own language."""

    @property
    def url(self) -> str:
        """Path of its page on the site."""
        return f"{self.prefix}/articles/{self.slug}"

    def is_published(self, now: datetime) -> bool:
        """Whether those it is for may read it at `now`: not a draft, its time has come."""
        return not self.draft and (self.publish_at is None or self.publish_at <= now)

    def is_open_to(self, audiences: Collection[str], now: datetime) -> bool:
        """Whether somebody who belongs to these audiences may read it at `now`."""
        return self.audience in audiences and self.is_published(now)

    def is_public(self, now: datetime) -> bool:
        """Whether anybody may read it at `now`."""
        return self.is_open_to(PUBLIC, now)


@dataclass(frozen=True, slots=True)
class Section:
    """A folder of articles inside a category, in reading order."""

    slug: str
    name: str
    category: str
    description: str = ""
    order: int = 0
    articles: tuple[Article, ...] = ()
    prefix: str = ""

    @property
    def url(self) -> str:
        """Path of its page on the site."""
        return f"{self.prefix}/categories/{self.category}/{self.slug}"


@dataclass(frozen=True, slots=True)
class Category:
    """A top-level folder, its sections in order; `articles` are those that lie in no section."""

    slug: str
    name: str
    description: str = ""
    order: int = 0
    sections: tuple[Section, ...] = ()
    articles: tuple[Article, ...] = ()
    prefix: str = ""

    @property
    def url(self) -> str:
        """Path of its page on the site."""
        return f"{self.prefix}/categories/{self.slug}"

    @property
    def all_articles(self) -> tuple[Article, ...]:
        """Its own articles, then those of its sections, in reading order."""
        return self.articles + tuple(article for section in self.sections for article in section.articles)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something a writer should mend, at `path:line`. Errors fail the check; those found while loading keep that version from being published."""

    path: str
    line: int
    message: str
    is_error: bool = True

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class Catalog:
    """One whole state of the content: what a request sees from beginning to end."""

    generation: int
    """Grows by one with every change that is published."""
    categories: tuple[Category, ...] = ()
    articles: Mapping[str, Article] = field(default_factory=dict)
    """By slug, in reading order, each in the version that this locale's readers get: drafts and restricted ones too; ask `is_public`."""
    by_external_id: Mapping[str, str] = field(default_factory=dict)
    """External id → slug."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Old path → the URL that answers now."""
    problems: tuple[Problem, ...] = ()
    locale: str = "en"
    restricted: tuple[str, ...] = ()
    """Audiences other than the public for whom there are articles that are no drafts."""
    versions: tuple[Article, ...] = ()
    """Every version of every article in every language, in reading order."""
    translated: Mapping[str, "Catalog"] = field(default_factory=dict)
    """Locale → the same content for its readers; empty on a site with one language, and in a catalog found here."""

    @property
    def prefix(self) -> str:
        """What addresses of this locale's pages begin with; known to a catalog out of `translated`."""
        return next((category.prefix for category in self.categories), "")

    def at(self, url: str) -> Article | None:
        """The article whose page is at this path; None when there is none."""
        before, _, slug = url.partition("/articles/")
        catalog = self.translated.get(before[1:]) if before else self
        return catalog.articles.get(slug) if catalog else None

    def locales_of(self, slug: str, now: datetime) -> tuple[str, ...]:
        """The languages in which anybody may read the article at `now`; the site's own first."""
        found = {article.locale for article in self.versions if article.slug == slug and article.is_public(now)}
        return tuple(locale for locale in (self.locale, *self.translated) if locale in found)
