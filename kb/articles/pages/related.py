"""Choose the related articles of each article."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from kb.articles.article import Article

MOST = 4
LEAST = 3.0
"""Being in the same section is enough; from elsewhere it takes a link or rare words."""
_WORD = re.compile(r"[^\W_]{3,}")
_LINK = re.compile(r'href="(?:/[a-z0-9-]+)?/articles/([^"#]+)')


@dataclass(slots=True)
class Related:
    """Finds neighbours among `articles`: those named in front matter, else those that link here, share rare words or lie in the same section."""

    articles: Sequence[Article]
    _words: dict[str, frozenset[str]] = field(default_factory=dict)
    _weight: dict[str, float] = field(default_factory=dict)
    _links: dict[str, frozenset[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._words = {article.slug: _words(article) for article in self.articles}
        self._links = {article.slug: frozenset(_LINK.findall(article.html)) for article in self.articles}
        count = Counter(word for words in self._words.values() for word in words)
        self._weight = {word: math.log(len(self.articles) / number) for word, number in count.items() if number <= 3 + len(self.articles) / 12}

    def to(self, article: Article) -> list[Article]:
        """At most four, the nearest first; no two with the same address, never the article itself."""
        by_slug = {other.slug: other for other in self.articles}
        named = [by_slug[slug] for slug in article.related if slug in by_slug][:MOST]
        others = [other for other in self.articles if other.slug != article.slug and other not in named]
        near = sorted(((self._nearness(article, other), -place) for place, other in enumerate(others)), reverse=True)
        return named + [others[-place] for score, place in near[: MOST - len(named)] if score >= LEAST]

    def _nearness(self, one: Article, other: Article) -> float:
        shared = self._words.get(one.slug, frozenset()) & self._words[other.slug]
        rarity = sum(self._weight.get(word, 0.0) for word in shared)
        linked = 3.0 * (one.slug in self._links[other.slug]) + 1.0 * (other.slug in self._links.get(one.slug, ()))
        same = 1.0 * (one.category == other.category) + 2.0 * (one.category == other.category and one.section == other.section and bool(one.section))
        return rarity + linked + same


def _words(article: Article) -> frozenset[str]:
    return frozenset(_WORD.findall(f"{article.title} {' '.join(article.tags)}".casefold()))
