"""The order of the candidates: BM25 over weighted fields, the best passage, neighbouring words; the same for both engines.

BM25F after Robertson, Zaragoza and Taylor, "Simple BM25 extension to multiple weighted fields" (CIKM 2004).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from search.query import Alternative, Slot, Understood
from search.store import Stored, StoredPassage
from search.weights import Weights
from search.words import fold, words

USUAL_WORDS = 220
"""Length, in words, of a body that is neither long nor short."""
USUAL_PASSAGE_WORDS = 80
STEM_CHARS = 6
"""Of a stem and the space after it, on average."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate in its place, with what its score is made of."""

    stored: Stored
    score: float
    coverage: float
    """Share of the question's weight that occurs anywhere in the article, 0.0 to 1.0."""
    passage: StoredPassage | None
    """The passage that answers; None for the article's beginning."""
    passage_coverage: float
    parts: dict[str, float] = field(default_factory=dict)
    is_pinned: bool = False
    """A writer put it first."""


def rank(understood: Understood, candidates: Iterable[Stored], weights: Weights) -> list[Ranked]:
    """The candidates, best first."""
    asked = _asked(understood)
    if understood.is_fragment:  # it looks for a title: passages are looked at once the page is known
        weights = replace(weights, passage=0.0)
    pairs = [_pair(left, right) for left, right in pairwise(understood.known)]
    ranked = [_rank(asked, pairs, stored, weights) for stored in candidates]
    if understood.phrase:
        ranked = [_with_phrase(understood, one, weights) for one in ranked]
    return sorted(ranked, key=lambda one: (-one.score, one.stored.slug))


def with_passage(understood: Understood, ranked: Ranked, weights: Weights) -> Ranked:
    """The same with the passage that answers, where ranking has left it open."""
    if ranked.passage is not None:
        return ranked
    _, passage, _ = _best_passage(_asked(understood), ranked.stored.passages, f" {ranked.stored.stems[0]} ", weights)
    return replace(ranked, passage=passage)


def _asked(understood: Understood) -> list["_Asked"]:
    return [_Asked(slot, tuple((one, _needle(one)) for one in slot.alternatives)) for slot in understood.known]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A slot with what to look for in texts that are stems between spaces."""

    slot: Slot
    needles: tuple[tuple[Alternative, str], ...]


def _rank(asked: Sequence[_Asked], pairs: Sequence[tuple[str, float]], stored: Stored, weights: Weights) -> Ranked:
    title, headings, summary, keywords, labels = fields = [f" {stems} " for stems in stored.stems]
    body = "".join([passage.stems for passage in stored.passages])
    whole = "".join([*fields, body])
    present = [_Asked(one.slot, found) for one in asked if (found := tuple(needle for needle in one.needles if needle[1] in whole))]
    norm = 1 - weights.length + weights.length * len(body) / STEM_CHARS / USUAL_WORDS
    by_field = ((weights.title, title), (weights.headings, headings), (weights.summary, summary), (weights.keywords, keywords), (weights.labels, labels))
    texts = (*((weight, text) for weight, text in by_field if len(text) > 2), (weights.body / norm, body))
    article = sum(_score(one, texts, weights) for one in present)
    passage_score, passage, covered = _best_passage(present, stored.passages, title, weights) if weights.passage else (0.0, None, 0.0)
    together = sum(weight * (2 if pair in title or pair in keywords else pair in whole) for pair, weight in pairs)
    total = (1 - weights.passage) * article + weights.passage * passage_score + weights.pairs * together
    weight = sum(one.slot.weight for one in asked) or 1.0
    coverage = sum(one.slot.weight for one in present) / weight
    parts = {"article": article, "passage": passage_score, "pairs": together}
    return Ranked(stored, total, coverage, passage, covered / weight, parts)


def _score(asked: _Asked, texts: Iterable[tuple[float, str]], weights: Weights) -> float:
    """What one slot adds: its best alternative, by how often it occurs where."""
    best = 0.0
    for one, needle in asked.needles:
        count = sum([weight * text.count(needle) for weight, text in texts])
        score = one.weight * one.rarity * count * (weights.saturation + 1) / (count + weights.saturation)
        best = max(best, score)
    return best


def _best_passage(asked: Sequence[_Asked], passages: Sequence[StoredPassage], title: str, weights: Weights) -> tuple[float, StoredPassage | None, float]:
    """The score of the passage that answers best, that passage (None when no words stand out anywhere), and the weight of the slots in it."""
    best: tuple[float, StoredPassage | None, float] = (0.0, None, 0.0)
    for passage in passages:
        norm = 1 - weights.length + weights.length * len(passage.stems) / STEM_CHARS / USUAL_PASSAGE_WORDS
        texts = ((weights.title, title), (weights.headings, passage.heading_stems), (1 / norm, passage.stems))
        scores = [_score(one, texts, weights) for one in asked]
        if (score := sum(scores)) > best[0] * 1.0001:
            best = (score, passage, sum(one.slot.weight for one, score in zip(asked, scores, strict=True) if score))
    return best


def _with_phrase(understood: Understood, ranked: Ranked, weights: Weights) -> Ranked:
    """A title that begins with the fragment, or holds it, is what was meant."""
    if understood.phrase.partition(" ")[0] not in fold(ranked.stored.title):  # most titles, told cheaply
        return ranked
    title = " " + " ".join(words(ranked.stored.title))
    phrase = " " + understood.phrase
    if phrase not in title:
        return ranked
    share = 1.0 if title.startswith(phrase) else 0.6
    bonus = share * weights.phrase * sum(slot.weight for slot in understood.slots)
    return replace(ranked, score=ranked.score + bonus, parts=ranked.parts | {"phrase": bonus})


def _pair(left: Slot, right: Slot) -> tuple[str, float]:
    return f" {left.alternatives[0].stem}{_needle(right.alternatives[0])}", min(left.weight, right.weight)


def _needle(one: Alternative) -> str:
    return f" {one.stem}" if one.is_prefix else f" {one.stem} "
