"""Highlight the words of a query in a hit's title, heading and snippet."""

from collections.abc import Hashable
from typing import NamedTuple

from search.index.store import Stored, StoredPassage
from search.lru_cache import LRUCache
from search.query.parsed_query import How, ParsedQuery
from search.query.vocabulary import Vocabulary
from search.ranking.snippets import make_marker


class Highlighted(NamedTuple):
    """Parts of a hit as escaped HTML, with the query's words in `<mark>`."""

    title: str
    heading: str
    snippet: str


HighlightCache = LRUCache[Hashable, Highlighted]
"""By article and the query's words that it holds: from one keystroke to the next half of the hits hold the same ones. 0.6 KB each."""
MOST_HIGHLIGHTS = 2048


class Highlighter:
    """Highlights every form of what was typed; stop words only where nothing else was typed, synonyms only in a snippet that would show no highlight."""

    def __init__(self, parsed: ParsedQuery, vocabulary: Vocabulary, cache: HighlightCache) -> None:
        telling = [term for term in parsed.terms if not term.is_stop_word] or parsed.terms
        alternatives = [one for term in telling for one in term.alternatives]
        typed = {stem: None for one in alternatives if one.how is not How.ALIKE and not one.is_prefix for stem in one.stem.split()}
        self._typed = list(typed)
        self._alike = [stem for one in alternatives if one.how is How.ALIKE for stem in one.stem.split() if stem not in typed]
        self._prefixes = tuple([one.stem for one in alternatives if one.is_prefix])
        self._locales = vocabulary.locales
        self._cache = cache

    def highlight(self, stored: Stored, found: StoredPassage | None) -> Highlighted:
        """Return the highlighted parts of a hit that leads to the passage `found`, or to the beginning of the article."""
        typed, alike = self._held(self._typed, stored), self._held(self._alike, stored)
        key = (stored.id, found.at if found else -1, typed, alike, self._prefixes)
        highlighted = self._cache.get(key)
        if highlighted is None:
            highlighted = self._highlight(stored, found, typed, alike)
            self._cache.put(key, highlighted)
        return highlighted

    def _held(self, stems: list[str], stored: Stored) -> frozenset[str]:
        """Return those of the stems that the article holds."""
        if len(self._locales) > 1:
            return frozenset(stems)
        counts = stored.counts
        return frozenset([stem for stem in stems if stem in counts])

    def _highlight(self, stored: Stored, found: StoredPassage | None, typed: frozenset[str], alike: frozenset[str]) -> Highlighted:
        passage = found.passage if found else None
        text = passage.text if passage else ""
        if not text:
            text = next((other.passage.text for other in stored.passages if other.passage.text), stored.title)
        marker = make_marker(typed, self._prefixes, self._locales)
        snippet = marker.snippet(text)
        if alike and "<mark>" not in snippet:
            snippet = make_marker(typed | alike, self._prefixes, self._locales).snippet(text)
        return Highlighted(marker.marked(stored.title), marker.marked(passage.trail[-1] if passage and passage.trail else ""), snippet)
