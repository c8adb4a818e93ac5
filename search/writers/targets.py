"""The articles and words that pins, golden queries and synonyms may name."""

from dataclasses import dataclass
from datetime import datetime

from kb.articles.article import Catalog
from search.query.rules import Words
from search.query.vocabulary import Vocabulary
from search.writers.yaml_file import did_you_mean


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a name leads to nothing a reader finds; no error where that may be meant for now."""

    message: str
    is_error: bool = True


class Targets:
    """Articles by slug or by path in the content folder, as they are `now`, and the words of their index."""

    def __init__(self, catalog: Catalog, now: datetime, vocabulary: Vocabulary | None = None) -> None:
        self._articles = catalog.articles
        self._categories = [category.slug for category in catalog.categories]
        self._locales = [catalog.locale, *catalog.translated]
        self._paths = {article.path: slug for slug, article in catalog.articles.items()}
        self._now = now
        self._vocabulary = vocabulary

    def slug(self, name: str) -> str | None:
        """The slug of the article called `name`; None when there is none."""
        return name if name in self._articles else self._paths.get(name)

    def fault(self, name: str) -> Fault | None:
        """Why the article called `name` cannot come up in a search; None when it can."""
        slug = self.slug(name)
        if slug is None:
            hint = did_you_mean(name, self._paths if "/" in name else self._articles)
            return Fault(f"there is no article `{name[:80]}`: {hint or 'use its slug, the last part of its address, or its path'}")
        article = self._articles[slug]
        if not article.is_searchable:
            return Fault(f"`{name}` says `search: false` and is never found: remove that line, or this one")
        if article.audience != "public":
            return Fault(f"`{name}` is for {article.audience} only and not found by readers in general: name another article")
        return None if article.is_public(self._now) else Fault(f"`{name}` is not published yet: until then this does nothing", is_error=False)

    def category_fault(self, slug: str) -> Fault | None:
        """Why there is no such category; None when there is."""
        if slug in self._categories:
            return None
        return Fault(f"there is no category `{slug[:80]}`: {did_you_mean(slug, self._categories) or 'use the slug of its folder, as in its address'}")

    def locale_fault(self, locale: str) -> Fault | None:
        """Why no articles are in such a language; None when some are."""
        if locale in self._locales:
            return None
        return Fault(f"no articles are in `{locale[:20]}`: known are {', '.join(self._locales)}")

    def occurs(self, name: Words) -> bool:
        """Whether each word of `name` stands in some article; True where no index was given."""
        return self._vocabulary is None or all(self._vocabulary.stems(word) for word in name)
