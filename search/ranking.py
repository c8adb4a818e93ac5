"""The order of the candidates: BM25 over weighted fields, the best passage, neighbouring words; the same for both engines.

BM25F after Robertson, Zaragoza and Taylor, "Simple BM25 extension to multiple weighted fields" (CIKM 2004).
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from operator import mul
from types import MappingProxyType
from typing import NamedTuple

from search.query import Alternative, Slot, Understood
from search.store import Stored, StoredPassage
from search.weights import Weights

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


def rank(understood: Understood, candidates: Iterable[Stored], weights: Weights) -> list[Ranked]:
    """The candidates, best first.

    Passages are looked at where they may decide: not for a fragment, which looks for a title, nor far down by the article as a whole.
    """
    asked, pairs = _asked(understood), [_pair(left, right) for left, right in pairwise(understood.known)]
    sketches = sorted([_sketch(asked, pairs, stored, weights) for stored in candidates], key=lambda one: -one.score)
    closely = 0 if understood.is_fragment else LOOKED_INTO
    weight = sum([weight for weight, _ in asked]) or 1.0
    ranked = [_ranked(one, weight, weights, with_passage=at < closely) for at, one in enumerate(sketches)]
    if understood.phrase:
        ranked = [_with_phrase(asked, understood, one, weights) for one in ranked]
    return sorted(ranked, key=lambda one: (-one.score, one.stored.slug))


def by_words(one: Ranked) -> float:
    """The score that its words alone gave it."""
    return one.parts.get("by words", one.score)


def with_passages(understood: Understood, page: Sequence[Ranked], weights: Weights) -> list[Ranked]:
    """The same with the passages that answer, where ranking has left them open: none where a title holds the whole fragment, which means the article."""
    asked = _asked(understood)

    def passage(stored: Stored) -> StoredPassage | None:
        if _names(asked, stored):
            return None
        return _best_passage(_present(asked, stored), stored.passages, stored.stems[0], weights)[1]

    return [one if one.passage else one._replace(passage=passage(one.stored)) for one in page]


_Slots = list[tuple[float, Sequence[Alternative]]]
"""Slots as their weight and what to look for."""


def _asked(understood: Understood) -> _Slots:
    return [(slot.weight, slot.alternatives) for slot in understood.known]


def _present(asked: _Slots, stored: Stored) -> _Slots:
    """What of it the article holds."""
    held = stored.counts
    present: _Slots = []
    for weight, needles in asked:
        if found := [one for one in needles if (one.stem in held if one.is_word else one.needle in stored.whole)]:
            present.append((weight, found))
    return present


class _Sketch(NamedTuple):
    """A candidate by the article as a whole."""

    stored: Stored
    present: _Slots
    article: float
    together: float
    """Of neighbouring words."""
    score: float


def _sketch(asked: _Slots, pairs: Sequence["_Pair"], stored: Stored, weights: Weights) -> _Sketch:
    title, _, _, keywords, _ = stored.stems
    present = _present(asked, stored)
    norm = 1 - weights.length + weights.length * max(stored.body_chars, _SHORT_CHARS) / STEM_CHARS / USUAL_WORDS
    article = sum([_score(needles, weights.body / norm, stored, weights) for _, needles in present])
    together = sum([worth * (2 if pair in title or pair in keywords else pair in stored.whole) for first, pair, worth in pairs if first in stored.counts])
    return _Sketch(stored, present, article, together, article + weights.pairs * together)


def _ranked(one: _Sketch, whole: float, weights: Weights, *, with_passage: bool) -> Ranked:
    """`whole` is the weight of all that was asked."""
    coverage = sum([weight for weight, _ in one.present]) / whole
    parts = {"article": one.article, "passage": 0.0, "pairs": one.together}
    if not with_passage or not weights.passage:
        return Ranked(one.stored, one.score, coverage, None, 0.0, parts)
    points, passage, covered = _best_passage(one.present, one.stored.passages, one.stored.stems[0], weights)
    score = (1 - weights.passage) * one.article + weights.passage * points + weights.pairs * one.together
    return Ranked(one.stored, score, coverage, passage, covered / whole, parts | {"passage": points})


def _score(needles: Sequence[Alternative], body: float, stored: Stored, weights: Weights) -> float:
    """What one slot adds: its best alternative, by how often it occurs where."""
    best = 0.0
    for one in needles:
        needle = one.needle
        count = body * (stored.counts[one.stem] if one.is_word else sum([passage.stems.count(needle) for passage in stored.passages]))
        if needle in stored.short:
            count += sum(map(mul, weights.of_fields, [text.count(needle) for text in stored.stems]))
        best = max(best, one.worth * count * (weights.saturation + 1) / (count + weights.saturation))
    return best


def _best_passage(present: _Slots, passages: Sequence[StoredPassage], title: str, weights: Weights) -> tuple[float, StoredPassage | None, float]:
    """The score of the passage that answers best, that passage (None when no words stand out anywhere), and the weight of the slots in it."""
    best: tuple[float, StoredPassage | None, float] = (0.0, None, 0.0)
    saturation, rest, headings = weights.saturation, weights.saturation + 1, weights.headings
    slots = [(weight, [(one, weights.title * title.count(one.needle)) for one in needles]) for weight, needles in present]
    for passage in passages:
        body = 1 / (1 - weights.length + weights.length * max(len(passage.stems), _SHORT_CHARS) / STEM_CHARS / USUAL_PASSAGE_WORDS)
        score, covered, heading, text = 0.0, 0.0, passage.heading_stems, passage.stems
        for weight, needles in slots:
            most = 0.0
            for one, count in needles:
                count += headings * heading.count(one.needle) + body * text.count(one.needle)
                if count:
                    most = max(most, one.worth * count * rest / (count + saturation))
            if most:
                score += most
                covered += weight
        if score > best[0] * 1.0001:
            best = (score, passage, covered)
    return best


def _with_phrase(asked: _Slots, understood: Understood, ranked: Ranked, weights: Weights) -> Ranked:
    """A title that begins with what was typed, or holds it, and one that holds every word of a fragment, is what was meant."""
    phrase, title = " " + understood.phrase, ranked.stored.title_words
    share = 0.0 if phrase not in title else 1.0 if title.startswith(phrase) else 0.6
    if understood.is_fragment and ranked.coverage > _WHOLE and _names(asked, ranked.stored):
        share += 0.5
    if not share:
        return ranked
    bonus = share * weights.phrase * sum([slot.weight for slot in understood.slots])
    return ranked._replace(score=ranked.score + bonus, parts={**ranked.parts, "phrase": bonus})


def _names(asked: _Slots, stored: Stored) -> bool:
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


def _pair(left: Slot, right: Slot) -> _Pair:
    stem = left.alternatives[0].stem
    return stem.partition(" ")[0], f" {stem}{right.alternatives[0].needle}", min(left.weight, right.weight)
