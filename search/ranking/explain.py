"""Explain why each hit stands where it does, from the values that put it there."""

from collections.abc import Sequence
from dataclasses import replace

from search.explanation import ConfidenceSignals, Explanation, HitExplanation, TermExplanation, TermMatch, TermReading
from search.query.field_weights import FieldWeights
from search.query.parsed_query import Alternative, ParsedQuery, QueryTerm
from search.query.vocabulary import Vocabulary
from search.ranking.bm25 import Ranked, rank
from search.ranking.rerank import CAUSES

PLACES = ("title", "heading", "summary", "keywords", "tags or folder")
TEXT = "text"
MOST_NAMES = 8


def explain(parsed: ParsedQuery, hits: Sequence[Ranked], vocabulary: Vocabulary, weights: FieldWeights, signs: ConfidenceSignals) -> Explanation:
    """The account of `hits`, which are those shown and no more."""
    words = tuple(_word(term, vocabulary) for term in parsed.terms)
    told = tuple(_hit(one, parsed, vocabulary, weights) for one in hits)
    return Explanation(parsed.is_fragment, vocabulary.size, words, parsed.left_out, told, signs)


def _word(term: QueryTerm, vocabulary: Vocabulary) -> TermExplanation:
    names = tuple(_name(one, term, vocabulary) for one in term.alternatives[:MOST_NAMES])
    return TermExplanation(term.typed, term.word, term.is_stop_word, term.weight, names)


def _name(one: Alternative, term: QueryTerm, vocabulary: Vocabulary) -> TermReading:
    stems = one.stem.split()
    is_typed = one.how == "typed"
    text = term.typed if is_typed else f"{one.stem}…" if one.is_prefix else " ".join(vocabulary.form(stem) for stem in stems)
    return TermReading(text, one.how, min(vocabulary.documents(stem) for stem in stems), one.weight)


def _hit(ranked: Ranked, parsed: ParsedQuery, vocabulary: Vocabulary, weights: FieldWeights) -> HitExplanation:
    held = [(term, best) for term in parsed.known if (best := _best(term, ranked))]
    alone = [rank(replace(parsed, terms=(term,), phrase=""), [ranked.stored], weights)[0].parts["article"] for term, _ in held]
    whole = sum(alone) or 1.0
    found = [TermMatch(term.typed, _name(one, term, vocabulary), places, part / whole) for (term, (one, places)), part in zip(held, alone, strict=True)]
    typed = {one.typed for one in found}
    section = ranked.passage.passage.trail[-1] if ranked.passage and ranked.passage.passage.trail else ""
    return HitExplanation(
        ranked.stored.slug,
        ranked.is_pinned,
        tuple(sorted(found, key=lambda one: -one.share)),
        tuple(term.typed for term in parsed.terms if term.typed not in typed),
        section,
        ranked.passage_coverage,
        min(ranked.coverage, 1.0),
        ranked.score,
        _points(ranked, weights),
        ranked.parts.get("meaning"),
    )


def _best(term: QueryTerm, ranked: Ranked) -> tuple[Alternative, dict[str, int]] | None:
    """The name of the word that counts most in the article, and how often it stands where; None when none does."""
    rated = []
    for at, one in enumerate(term.alternatives):
        if places := _places(one, ranked):
            rated.append((one.weight * one.rarity, -at, one, places))
    return max(rated)[2:] if rated else None


def _places(one: Alternative, ranked: Ranked) -> dict[str, int]:
    needle = f" {one.stem}" if one.is_prefix else f" {one.stem} "
    texts = ranked.stored.stems
    counts = {place: text.count(needle) for place, text in zip(PLACES, texts, strict=True)}
    counts[TEXT] = sum(passage.stems.count(needle) for passage in ranked.stored.passages)
    return {place: count for place, count in counts.items() if count}


def _points(ranked: Ranked, weights: FieldWeights) -> dict[str, float]:
    """The score by cause; all of it for words where meaning or a pin gave the place."""
    together, phrase = weights.pairs * ranked.parts.get("pairs", 0.0), ranked.parts.get("phrase", 0.0)
    placing = {cause: ranked.parts[cause] for cause in CAUSES if cause in ranked.parts}
    words = max(0.0, ranked.score - together - phrase - sum(placing.values()))
    points = {"words": words, "words together": together, "a title as typed or with every word": phrase} | placing
    return {cause: round(value, 3) for cause, value in points.items() if value}
