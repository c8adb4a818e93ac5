"""Gathering why each hit stands where it stands, from the same values that put it there."""

from collections.abc import Sequence
from dataclasses import replace

from search.explanation import Explanation, Found, HitExplained, Name, Signs, Word
from search.query.field_weights import Weights
from search.query.parsed_query import Alternative, Slot, Understood
from search.query.vocabulary import Vocabulary
from search.ranking.bm25 import Ranked, rank
from search.ranking.rerank import CAUSES

PLACES = ("title", "heading", "summary", "keywords", "tags or folder")
TEXT = "text"
MOST_NAMES = 8


def explain(understood: Understood, hits: Sequence[Ranked], vocabulary: Vocabulary, weights: Weights, signs: Signs) -> Explanation:
    """The account of `hits`, which are those shown and no more."""
    words = tuple(_word(slot, vocabulary) for slot in understood.slots)
    told = tuple(_hit(one, understood, vocabulary, weights) for one in hits)
    return Explanation(understood.is_fragment, vocabulary.size, words, understood.left_out, told, signs)


def _word(slot: Slot, vocabulary: Vocabulary) -> Word:
    names = tuple(_name(one, slot, vocabulary) for one in slot.alternatives[:MOST_NAMES])
    return Word(slot.typed, slot.word, slot.is_stop_word, slot.weight, names)


def _name(one: Alternative, slot: Slot, vocabulary: Vocabulary) -> Name:
    stems = one.stem.split()
    is_typed = one.how == "typed"
    text = slot.typed if is_typed else f"{one.stem}…" if one.is_prefix else " ".join(vocabulary.form(stem) for stem in stems)
    return Name(text, one.how, min(vocabulary.documents(stem) for stem in stems), one.weight)


def _hit(ranked: Ranked, understood: Understood, vocabulary: Vocabulary, weights: Weights) -> HitExplained:
    held = [(slot, best) for slot in understood.known if (best := _best(slot, ranked))]
    alone = [rank(replace(understood, slots=(slot,), phrase=""), [ranked.stored], weights)[0].parts["article"] for slot, _ in held]
    whole = sum(alone) or 1.0
    found = [Found(slot.typed, _name(one, slot, vocabulary), places, part / whole) for (slot, (one, places)), part in zip(held, alone, strict=True)]
    typed = {one.typed for one in found}
    section = ranked.passage.passage.trail[-1] if ranked.passage and ranked.passage.passage.trail else ""
    return HitExplained(
        ranked.stored.slug,
        ranked.is_pinned,
        tuple(sorted(found, key=lambda one: -one.share)),
        tuple(slot.typed for slot in understood.slots if slot.typed not in typed),
        section,
        ranked.passage_coverage,
        min(ranked.coverage, 1.0),
        ranked.score,
        _points(ranked, weights),
        ranked.parts.get("meaning"),
    )


def _best(slot: Slot, ranked: Ranked) -> tuple[Alternative, dict[str, int]] | None:
    """The name of the word that counts most in the article, and how often it stands where; None when none does."""
    rated = []
    for at, one in enumerate(slot.alternatives):
        if places := _places(one, ranked):
            rated.append((one.weight * one.rarity, -at, one, places))
    return max(rated)[2:] if rated else None


def _places(one: Alternative, ranked: Ranked) -> dict[str, int]:
    needle = f" {one.stem}" if one.is_prefix else f" {one.stem} "
    texts = ranked.stored.stems
    counts = {place: text.count(needle) for place, text in zip(PLACES, texts, strict=True)}
    counts[TEXT] = sum(passage.stems.count(needle) for passage in ranked.stored.passages)
    return {place: count for place, count in counts.items() if count}


def _points(ranked: Ranked, weights: Weights) -> dict[str, float]:
    """The score by cause; all of it for words where meaning or a pin gave the place."""
    together, phrase = weights.pairs * ranked.parts.get("pairs", 0.0), ranked.parts.get("phrase", 0.0)
    placing = {cause: ranked.parts[cause] for cause in CAUSES if cause in ranked.parts}
    words = max(0.0, ranked.score - together - phrase - sum(placing.values()))
    points = {"words": words, "words together": together, "a title as typed or with every word": phrase} | placing
    return {cause: round(value, 3) for cause, value in points.items() if value}
