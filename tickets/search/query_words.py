"""Words that an agent searches for, as the index is asked for them and as snippets mark them."""

from collections.abc import Iterable
from dataclasses import dataclass

from search.text.normalizer import fold
from search.text.tokenizer import words as cut
from tickets.search.index_text import word_stems

MOST_WORDS = 8
LEAST_PREFIX = 3


@dataclass(frozen=True, slots=True)
class QueryWords:
    """All of these must be in a ticket: each one of its stems, or a word that begins with its prefix."""

    words: tuple[tuple[tuple[str, ...], str], ...]
    languages: tuple[str, ...]

    @property
    def stems(self) -> frozenset[str]:
        """Return every stem."""
        return frozenset(stem for stems, _prefix in self.words for stem in stems)

    @property
    def prefixes(self) -> tuple[str, ...]:
        """Return every prefix."""
        return tuple(prefix for _stems, prefix in self.words if prefix)


def query_words(text: str, languages: Iterable[str]) -> QueryWords:
    """Return the words of `text`. The last one may be unfinished; others are when they end with `*`."""
    known = tuple(dict.fromkeys(languages)) or ("en",)
    unfinished = {word for typed in text.split() if typed.endswith("*") for word in cut(typed)[-1:]}
    found = list(dict.fromkeys(cut(text)))[:MOST_WORDS]
    last = found[-1] if found and not text.endswith(" ") else ""
    # Names and tags are indexed as they are written.
    return QueryWords(
        tuple((tuple(dict.fromkeys((*word_stems(word, known), word))), word if _is_prefix(word, last, unfinished) else "") for word in found), known
    )


def name_words(text: str) -> tuple[tuple[tuple[str, ...], str], ...]:
    """Return the words of a name or address, each of which may be unfinished."""
    return tuple(((), fold(word)) for word in cut(text)[:MOST_WORDS])


def _is_prefix(word: str, last: str, unfinished: set[str]) -> bool:
    return word in unfinished or (word == last and len(word) >= LEAST_PREFIX)
