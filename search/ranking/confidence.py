"""Confidence that the top hit answers the query, 0.0 to 1.0.

A question's weight is shared among its telling words; a word of which the articles hold only others that mean nearly the same counts
as found in part, one that no article holds not at all. So the rest of its words cannot answer for the word that tells what is asked.
The logistic models are fitted by `tests/bench/confidence_fit.py` on four corpora, each corpus and each kind of question counting
the same, and judged on a corpus that was left out: area under the curve 0.90 on the Arduino help centre, 0.99 on course FAQs, 0.83
on the manual, 0.67 on questions on an invoicing product in far-off words.
"""

import math
from collections.abc import Sequence

from search.explanation import ConfidenceSignals
from search.index.store import KEYWORDS, Stored
from search.query.field_weights import FieldWeights
from search.query.parsed_query import Alternative, How, ParsedQuery, QueryTerm
from search.query.vocabulary import Vocabulary
from search.ranking.bm25 import Ranked, by_words
from search.ranking.embedding_lookup import NearestArticles
from search.ranking.rerank import earned

_COVERAGE, _NEARNESS, _LENGTH, _MARGIN, _SIMILARITY, _TITLE, _BIAS = 1.99, 2.52, 1.61, 3.6, 1.49, 1.32, -3.34
_BIAS_UNLIKE = -2.63
"""Where no word vectors are used, which of an answer give a similarity of 0.47."""
_COVERAGE_MEANT, _LEAD, _AGREEMENT, _LENGTH_MEANT, _BIAS_MEANT = 2.8, 4.5, 1.0, 3.0, -4.1
"""The same where an embedder is asked as well: fitted on two models at once, on Arduino and course questions."""
_LIKE = (How.ALIKE, How.PREFIX_MATCH)
_LONG = 10
"""Telling words from which a question counts as long."""


def measure_signals(
    parsed: ParsedQuery, ranked: Sequence[Ranked], vocabulary: Vocabulary, weights: FieldWeights, near: NearestArticles | None = None
) -> ConfidenceSignals:
    """Return what can be told of the first hits; `near` is what is near in meaning, where an embedder was asked."""
    telling = [term for term in parsed.terms if not term.is_stop_word] or list(parsed.terms)
    if ranked and ranked[0].is_pinned:
        return ConfidenceSignals(is_pinned=True, telling=len(telling))
    if not ranked or not telling:
        return ConfidenceSignals()
    first, *others = sorted([(earned(one), -at, one) for at, one in enumerate(ranked)], reverse=True)
    best = first[2]
    if parsed.says_nothing and best.stored.title_words != f" {parsed.phrase}":
        return ConfidenceSignals(is_fragment=parsed.is_fragment)
    needs = [_need(term, vocabulary) for term in telling]
    whole = sum(needs) or 1.0

    def held(text: str) -> float:
        return sum([need * _share_held(term, text) for term, need in zip(telling, needs, strict=True)]) / whole

    coverage = max(map(held, _passages(best.stored))) if parsed.is_fragment else held(best.stored.whole)
    return ConfidenceSignals(
        is_pinned=False,
        is_fragment=parsed.is_fragment,
        coverage=coverage,
        nearness=min(by_words(best) / ((weights.saturation + 1) * whole), 1.5),
        telling=len(telling),
        lead=_lead(near) if near else None,
        place=_place(ranked, near) if near else 0,
        margin=1.0 - others[0][0] / first[0] if others and first[0] > 0 else 1.0,
        similarity=best.parts.get("meaning"),
        title=held(best.stored.stems[0] + best.stored.stems[KEYWORDS]),
    )


def estimate_confidence(signs: ConfidenceSignals) -> float:
    """Return 0.0 to 1.0; for a fragment its coverage by one section, since a title or section it was meant for holds it whole."""
    if signs.is_pinned:
        return 1.0
    if signs.is_fragment or not signs.telling:
        return signs.coverage
    length = min(signs.telling, _LONG) / _LONG
    if signs.lead is None:
        known = _COVERAGE * signs.coverage + _NEARNESS * signs.nearness + _LENGTH * length + _MARGIN * signs.margin * signs.coverage**2 + _TITLE * signs.title
        weighed = known + (_BIAS_UNLIKE if signs.similarity is None else _SIMILARITY * signs.similarity + _BIAS)
    else:
        agreement = 1 / signs.place if signs.place else 0.0
        weighed = _COVERAGE_MEANT * signs.coverage + _LEAD * signs.lead + _AGREEMENT * agreement + _LENGTH_MEANT * length + _BIAS_MEANT
    return 1 / (1 + math.exp(-weighed))


def _passages(stored: Stored) -> list[str]:
    """Each section with the title and the keywords: words in two sections are no answer."""
    title, _, summary, keywords, _ = stored.stems
    short = title + summary + keywords
    return [short, *(short + passage.heading_stems + passage.stems for passage in stored.passages)]


def _need(term: QueryTerm, vocabulary: Vocabulary) -> float:
    """Return the rarity of the word itself; of one that no article holds, the greatest."""
    own = [one.rarity for one in term.alternatives if one.how not in _LIKE]
    return max(own) if own else vocabulary.greatest_rarity


def _share_held(term: QueryTerm, text: str) -> float:
    return max([_worth(one) for one in term.alternatives if one.needle in text], default=0.0)


def _worth(one: Alternative) -> float:
    return one.weight if one.how in _LIKE else 1.0


def _lead(near: NearestArticles) -> float | None:
    return max(near.leads.values(), default=None)


def _place(ranked: Sequence[Ranked], near: NearestArticles) -> int:
    """Where words put the article nearest in meaning, from 1; 0 where it holds none of them."""
    nearest = next(iter(near.similarity), "")
    points = next((by_words(one) for one in ranked if one.stored.slug == nearest), 0.0)
    return 1 + sum(by_words(one) > points for one in ranked) if points > 0 else 0
