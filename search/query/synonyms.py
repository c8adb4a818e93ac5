"""Finding in a query what the site's writers gave other names: by stem, so that plurals and verb forms count too."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from search.query.rules import LEAST_TYPED, SearchRules, Words
from search.text.tokenizer import stem


@dataclass(frozen=True, slots=True)
class SynonymMatch:
    """The words from `start` to `end` of a query, and what else they may be called, folded."""

    start: int
    end: int
    others: tuple[Words, ...]
    locale: str


def find_synonyms(typed: Sequence[str], rules: SearchRules, locales: Sequence[str], *, unfinished: str = "") -> Iterator[SynonymMatch]:
    """Every name in `typed` that the writers know others for; `unfinished` is a last word that nothing in the index begins with."""
    if not rules.synonyms:
        return
    for locale in locales:
        stems = tuple(stem(word, locale) for word in typed)
        for at, first in enumerate(stems):
            for name, others in _by_first_stem(rules, locale).get(first, ()):
                if stems[at : at + len(name)] == name:
                    yield SynonymMatch(at, at + len(name), others, locale)
        if len(unfinished) >= LEAST_TYPED:
            yield from _begun(stems, unfinished, rules, locale)


def _begun(stems: Words, unfinished: str, rules: SearchRules, locale: str) -> Iterator[SynonymMatch]:
    for names in _by_first_stem(rules, locale).values():
        for name, others in names:
            if stems[len(stems) - len(name) : -1] == name[:-1] and len(name) <= len(stems) and name[-1].startswith(unfinished):
                yield SynonymMatch(len(stems) - len(name), len(stems), others, locale)


@lru_cache(maxsize=16)
def _by_first_stem(rules: SearchRules, locale: str) -> dict[str, list[tuple[Words, tuple[Words, ...]]]]:
    """First stem of a name → the names that begin with it, as stems, and their other names."""
    book: dict[str, list[tuple[Words, tuple[Words, ...]]]] = {}
    for name, others in rules.synonyms.items():
        stems = tuple(stem(word, locale) for word in name)
        book.setdefault(stems[0], []).append((stems, others))
    return book
