"""What of a hit is shown with the words asked for marked: worked out once for an article and those of the words that it holds.

From one keystroke to the next half of the hits hold the same words as before.
"""

from typing import NamedTuple

from search.index.store import Stored, StoredPassage
from search.query.parsed_query import How, Understood
from search.query.vocabulary import Vocabulary
from search.ranking.snippets import marker_of


class Marked(NamedTuple):
    """Parts of a hit as escaped HTML, the words asked for in `<mark>`."""

    title: str
    heading: str
    snippet: str


class Marks:
    """Marks what was typed, in every form, but no stop word beside others.

    In snippets also words that only mean nearly the same, where nothing else is there to mark.
    """

    def __init__(self, understood: Understood, vocabulary: Vocabulary) -> None:
        telling = [slot for slot in understood.slots if not slot.is_stop_word] or understood.slots
        alternatives = [one for slot in telling for one in slot.alternatives]
        typed = {stem: None for one in alternatives if one.how is not How.ALIKE and not one.is_prefix for stem in one.stem.split()}
        self._typed = list(typed)
        self._alike = [stem for one in alternatives if one.how is How.ALIKE for stem in one.stem.split() if stem not in typed]
        self._prefixes = tuple([one.stem for one in alternatives if one.is_prefix])
        self._vocabulary = vocabulary

    def marked(self, stored: Stored, found: StoredPassage | None) -> Marked:
        """The parts of a hit that leads to `found`, or to the article's beginning."""
        typed, alike = self._held(self._typed, stored), self._held(self._alike, stored)
        key = (stored.id, found.at if found else -1, typed, alike, self._prefixes)
        marked = self._vocabulary.marked.get(key)
        if marked is None:
            marked = self._mark(stored, found, typed, alike)
            self._vocabulary.marked.keep(key, marked)
        return marked

    def _held(self, stems: list[str], stored: Stored) -> frozenset[str]:
        """Those of the stems that the article has words with: none of them in another language, which the same word may be."""
        if len(self._vocabulary.locales) > 1:
            return frozenset(stems)
        counts = stored.counts
        return frozenset([stem for stem in stems if stem in counts])

    def _mark(self, stored: Stored, found: StoredPassage | None, typed: frozenset[str], alike: frozenset[str]) -> Marked:
        passage = found.passage if found else None
        text = passage.text if passage else ""
        if not text:
            text = next((other.passage.text for other in stored.passages if other.passage.text), stored.title)
        marker = marker_of(typed, self._prefixes, self._vocabulary.locales)
        snippet = marker.snippet(text)
        if alike and "<mark>" not in snippet:
            snippet = marker_of(typed | alike, self._prefixes, self._vocabulary.locales).snippet(text)
        return Marked(marker.marked(stored.title), marker.marked(passage.trail[-1] if passage and passage.trail else ""), snippet)
