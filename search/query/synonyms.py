"""Finding in a query what the site's writers gave other names: by stem, so that plurals and verb forms count too."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from search.query.rules import LEAST_TYPED, Steering
from search.text.tokenizer import stem
from search.writers.yaml_file import Words


@dataclass(frozen=True, slots=True)
class Renamed:
    """The words from `start` to `end` of a query, and what else they may be called, folded."""

    start: int
    end: int
    others: tuple[Words, ...]
    locale: str


def renamed(typed: Sequence[str], steering: Steering, locales: Sequence[str], *, unfinished: str = "") -> Iterator[Renamed]:
    """Every name in `typed` that the writers know others for; `unfinished` is a last word that nothing in the index begins with."""
    if not steering.synonyms:
        return
    for locale in locales:
        stems = tuple(stem(word, locale) for word in typed)
        for at, first in enumerate(stems):
            for name, others in _book(steering, locale).get(first, ()):
                if stems[at : at + len(name)] == name:
                    yield Renamed(at, at + len(name), others, locale)
        if len(unfinished) >= LEAST_TYPED:
            yield from _begun(stems, unfinished, steering, locale)


def _begun(stems: Words, unfinished: str, steering: Steering, locale: str) -> Iterator[Renamed]:
    for names in _book(steering, locale).values():
        for name, others in names:
            if stems[len(stems) - len(name) : -1] == name[:-1] and len(name) <= len(stems) and name[-1].startswith(unfinished):
                yield Renamed(len(stems) - len(name), len(stems), others, locale)


@lru_cache(maxsize=16)
def _book(steering: Steering, locale: str) -> dict[str, list[tuple[Words, tuple[Words, ...]]]]:
    """First stem of a name → the names that begin with it, as stems, and their other names."""
    book: dict[str, list[tuple[Words, tuple[Words, ...]]]] = {}
    for name, others in steering.synonyms.items():
        stems = tuple(stem(word, locale) for word in name)
        book.setdefault(stems[0], []).append((stems, others))
    return book
