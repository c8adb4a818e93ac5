"""Find the writers' synonyms in a query by stem, so that plurals and verb forms count too."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from search.query.parsed_query import Alternative, How, QueryTerm, make_term
from search.query.rules import LEAST_TYPED, SearchRules, Words
from search.query.vocabulary import Vocabulary
from search.text.stemmer import stem

SYNONYM_WEIGHT = 0.9
"""Of another name that a writer gave, beside the word typed."""
PART_WEIGHT = 0.3
"""Of one word out of such a name of several."""


@dataclass(frozen=True, slots=True)
class SynonymMatch:
    """The words from `start` to `end` of a query, and what else they may be called, folded."""

    start: int
    end: int
    others: tuple[Words, ...]
    locale: str


def add_synonyms(typed: list[str], terms: dict[str, QueryTerm], rules: SearchRules, vocabulary: Vocabulary, stops: frozenset[str], *, is_open: bool) -> None:
    """What the site's writers say a word or phrase is also called; each word of a phrase then counts as found where another name is."""
    last = terms.get(typed[-1]) if typed and is_open else None
    unfinished = typed[-1] if last and (last.is_corrected or not last.alternatives) else ""
    for one in find_synonyms(typed, rules, vocabulary.locales, unfinished=unfinished):
        phrase = typed[one.start : one.end]
        for word in [word for word in phrase if word in terms] or phrase[:1]:
            held = terms.get(word)
            own = () if held is None or held.is_corrected else held.alternatives
            most = max((other.rarity for other in own), default=vocabulary.greatest_rarity)
            found = {other.stem: other for other in own}
            for name in one.others:
                _add_name(name, one.locale, found, vocabulary, stops, most)
            terms[word] = replace(make_term(word, word, list(found.values())), is_stop_word=False)


def _add_name(name: tuple[str, ...], locale: str, found: dict[str, Alternative], vocabulary: Vocabulary, stops: frozenset[str], most: float) -> None:
    """Another name: as a whole, and less by each of its words. None counts as rarer than the word typed."""
    stems = [stem(word, locale) for word in name]
    known = [one for word, one in zip(name, stems, strict=True) if vocabulary.documents(one) and (word not in stops or len(name) == 1)]
    ways = [(one, SYNONYM_WEIGHT if len(name) == 1 else PART_WEIGHT, vocabulary.rarity(one)) for one in known]
    if len(name) > 1 and all(vocabulary.documents(one) for one in stems):
        ways.append((" ".join(stems), SYNONYM_WEIGHT, max(vocabulary.rarity(one) for one in stems)))
    for one, weight, rarity in ways:
        if one not in found or found[one].weight < weight:
            found[one] = Alternative(one, weight, min(most, rarity), how=How.SYNONYM)


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
