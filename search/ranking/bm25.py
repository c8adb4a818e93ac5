"""Rank candidates: BM25 over weighted fields, the best passage and neighbouring words; the same for every engine.

BM25F after Robertson, Zaragoza and Taylor, "Simple BM25 extension to multiple weighted fields" (CIKM 2004).
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from operator import mul
from types import MappingProxyType
from typing import NamedTuple

from search.index.store import KEYWORDS, Stored, StoredPassage
from search.query.field_weights import FieldWeights
from search.query.parsed_query import Alternative, ParsedQuery, QueryTerm

LOOKED_INTO = 40
"""Articles whose passages are looked at, of up to 200: so 2,546 questions find as many of their articles as with all, in two thirds of the time."""
USUAL_WORDS = 220
"""Length, in words, of a body that is neither long nor short."""
USUAL_PASSAGE_WORDS = 80
STEM_CHARS = 6
"""Of a stem and the space after it, on average."""
_WHOLE = 0.999
"""Coverage from which nothing is missing."""
_SHORT_CHARS = 40 * STEM_CHARS
"""In a text still shorter a word counts no more than in one of 40 words: a little less than in the title, or in a heading of the passage."""


class Ranked(NamedTuple):
    """A candidate in its place, with what its score is made of."""

    stored: Stored
    score: float
    coverage: float
    """Share of the question's weight that occurs anywhere in the article, 0.0 to 1.0."""
    passage: StoredPassage | None
    """The passage that answers; None for the article's beginning."""
    passage_coverage: float
    parts: Mapping[str, float] = MappingProxyType({})
    is_pinned: bool = False
    """A writer put it first."""


def rank(parsed: ParsedQuery, candidates: Iterable[Stored], weights: FieldWeights) -> list[Ranked]:
    """The candidates, best first.

    Passages are looked at where they may decide: not for a fragment, which looks for a title, nor far down by the article as a whole.
    """
    asked, pairs = _asked(parsed), [_pair(left, right) for left, right in pairwise(parsed.known)]
    sketches = sorted([_sketch(asked, pairs, stored, weights) for stored in candidates], key=lambda one: -one.score)
    closely = 0 if parsed.is_fragment or not weights.passage else LOOKED_INTO
    whole = sum([weight for weight, _ in asked]) or 1.0
    phrase = _phrase(parsed, weights)
    ranked = [_ranked(one, whole, weights, _bonus(asked, phrase, one, whole), with_passage=at < closely) for at, one in enumerate(sketches)]
    return sorted(ranked, key=lambda one: (-one.score, one.stored.slug))


def by_words(one: Ranked) -> float:
    """The score that its words alone gave it."""
    return one.parts.get("by words", one.score)


def add_passages(parsed: ParsedQuery, page: Sequence[Ranked], weights: FieldWeights) -> list[Ranked]:
    """The same with the passages that answer, where ranking has left them open: none where a title holds the whole fragment, which means the article."""
    asked = _asked(parsed)

    def passage(stored: Stored) -> StoredPassage | None:
        if _names(asked, stored):
            return None
        return _best_passage(_present(asked, stored), stored.passages, stored.stems[0], weights)[1]

    return [one if one.passage else one._replace(passage=passage(one.stored)) for one in page]


_Terms = list[tuple[float, Sequence[Alternative]]]
"""Slots as their weight and what to look for."""


def _asked(parsed: ParsedQuery) -> _Terms:
    return [(term.weight, term.alternatives) for term in parsed.known]


def _present(asked: _Terms, stored: Stored) -> _Terms:
    """What of it the article holds."""
    held = stored.counts
    present: _Terms = []
    for weight, needles in asked:
        if found := [one for one in needles if (one.stem in held if one.is_word else one.needle in stored.whole)]:
            present.append((weight, found))
    return present


class _Sketch(NamedTuple):
    """A candidate by the article as a whole."""

    stored: Stored
    present: _Terms
    covered: float
    """Weight of the slots in it."""
    article: float
    together: float
    """Of neighbouring words."""
    score: float


def _sketch(asked: _Terms, pairs: Sequence["_Pair"], stored: Stored, weights: FieldWeights) -> _Sketch:
    """A slot adds what its best alternative does, by how often that occurs where."""
    counts, whole, short, stems, fields = stored.counts, stored.whole, stored.short, stored.stems, weights.of_fields
    saturation, rest = weights.saturation, weights.saturation + 1
    body = weights.body / (1 - weights.length + weights.length * max(stored.body_chars, _SHORT_CHARS) / STEM_CHARS / USUAL_WORDS)
    present: _Terms = []
    covered = article = 0.0
    for weight, needles in asked:
        found, most = [], 0.0
        for one in needles:
            if one.is_word:
                if one.stem not in counts:
                    continue
                count = body * counts[one.stem]
            elif one.needle in whole:
                count = body * sum([passage.stems.count(one.needle) for passage in stored.passages])
            else:
                continue
            found.append(one)
            if one.needle in short:
                count += sum(map(mul, fields, [text.count(one.needle) for text in stems]))
            most = max(most, one.worth * count * rest / (count + saturation))
        if found:
            present.append((weight, found))
            covered += weight
            article += most
    together = sum([worth * (2 if pair in stems[0] or pair in stems[KEYWORDS] else pair in whole) for first, pair, worth in pairs if first in counts])
    return _Sketch(stored, present, covered, article, together, article + weights.pairs * together)


def _ranked(one: _Sketch, whole: float, weights: FieldWeights, bonus: float, *, with_passage: bool) -> Ranked:
    """`whole` is the weight of all that was asked, `bonus` what the title as typed adds."""
    coverage = one.covered / whole
    parts = {"article": one.article, "passage": 0.0, "pairs": one.together}
    if bonus:
        parts["phrase"] = bonus
    if not with_passage:
        return Ranked(one.stored, one.score + bonus, coverage, None, 0.0, parts)
    points, passage, covered = _best_passage(one.present, one.stored.passages, one.stored.stems[0], weights)
    parts["passage"] = points
    score = (1 - weights.passage) * one.article + weights.passage * points + weights.pairs * one.together
    return Ranked(one.stored, score + bonus, coverage, passage, covered / whole, parts)


def _best_passage(present: _Terms, passages: Sequence[StoredPassage], title: str, weights: FieldWeights) -> tuple[float, StoredPassage | None, float]:
    """The score of the passage that answers best, that passage (None when no words stand out anywhere), and the weight of the slots in it."""
    best: tuple[float, StoredPassage | None, float] = (0.0, None, 0.0)
    saturation, rest, headings = weights.saturation, weights.saturation + 1, weights.headings
    terms = [(weight, [(one.needle, one.worth * rest, weights.title * title.count(one.needle)) for one in needles]) for weight, needles in present]
    for passage in passages:
        body = 1 / (1 - weights.length + weights.length * max(len(passage.stems), _SHORT_CHARS) / STEM_CHARS / USUAL_PASSAGE_WORDS)
        score, covered, heading, text = 0.0, 0.0, passage.heading_stems, passage.stems
        for weight, needles in terms:
            most = 0.0
            for needle, worth, count in needles:
                count += body * text.count(needle)
                if heading:
                    count += headings * heading.count(needle)
                if count and (points := worth * count / (count + saturation)) > most:
                    most = points
            if most:
                score += most
                covered += weight
        if score > best[0] * 1.0001:
            best = (score, passage, covered)
    return best


class _Phrase(NamedTuple):
    """What was typed, after a space, and what a title that begins with it is worth; one that holds it, or every word of a fragment, is worth a part of that."""

    text: str
    worth: float
    is_fragment: bool


def _phrase(parsed: ParsedQuery, weights: FieldWeights) -> _Phrase | None:
    return _Phrase(f" {parsed.phrase}", weights.phrase * sum([term.weight for term in parsed.terms]), parsed.is_fragment) if parsed.phrase else None


def _bonus(asked: _Terms, phrase: _Phrase | None, one: _Sketch, whole: float) -> float:
    """What a title adds that is what was meant."""
    if phrase is None:
        return 0.0
    title = one.stored.title_words
    share = 0.0 if phrase.text not in title else 1.0 if title.startswith(phrase.text) else 0.6
    if phrase.is_fragment and one.covered > _WHOLE * whole and _names(asked, one.stored):
        share += 0.5
    return share * phrase.worth


def _names(asked: _Terms, stored: Stored) -> bool:
    """Whether the title holds every word."""
    title = stored.stems[0]
    for _, needles in asked:
        for one in needles:
            if one.needle in title:
                break
        else:
            return False
    return True


_Pair = tuple[str, str, float]
"""A word, that and the next one as they would stand in a text, and what finding them so is worth."""


def _pair(left: QueryTerm, right: QueryTerm) -> _Pair:
    stem = left.alternatives[0].stem
    return stem.partition(" ")[0], f" {stem}{right.alternatives[0].needle}", min(left.weight, right.weight)
