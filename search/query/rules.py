"""The rules that writers set for search: synonyms, pinned articles, stop words and field weights."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from search.query.field_weights import FieldWeights
from search.text.tokenizer import words

Words = tuple[str, ...]
"""Folded words: what a text comes down to without case, accents and punctuation."""
LEAST_TYPED = 3
"""Letters of a pin's last word from which it counts while typing."""


@dataclass(frozen=True, slots=True, eq=False)
class SearchRules:
    """One state of `_search.yml`; as no two are equal, what is worked out of one may be remembered for it."""

    synonyms: Mapping[Words, tuple[Words, ...]] = field(default_factory=dict)
    """A word or phrase, and what else it may be called."""
    pins: Mapping[Words, str] = field(default_factory=dict)
    """A whole query, and the article that comes first for it by its slug or path."""
    added_stop_words: frozenset[str] = frozenset()
    removed_stop_words: frozenset[str] = frozenset()
    weights: FieldWeights = field(default_factory=FieldWeights)

    def stop_words(self, usual: frozenset[str]) -> frozenset[str]:
        """The usual words that do not count, as the writers want them."""
        return (usual | self.added_stop_words) - self.removed_stop_words if self.added_stop_words or self.removed_stop_words else usual

    def pinned(self, text: str, *, is_typing: bool = False) -> str | None:
        """The article pinned to `text`: case, accents and punctuation do not matter, everything else does.

        While typing, a pin counts from the third letter of its last word on, so that it does not jump in at the end.
        """
        if not self.pins:
            return None
        typed = tuple(words(text))
        if (exact := self.pins.get(typed)) or not is_typing or not typed or len(typed[-1]) < LEAST_TYPED:
            return exact
        *whole, begun = typed
        return next((name for query, name in self.pins.items() if len(query) == len(typed) and [*query[:-1]] == whole and query[-1].startswith(begun)), None)
