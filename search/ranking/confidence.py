"""Confidence that the top hit answers the query, 0.0 to 1.0.

A logistic model of three signs, fitted on the development questions of two corpora (answerable ones against ones that
nothing answers, and against the same questions with the article that answers taken away): how much of the question's weight
the best article covers, how near its score comes to the highest possible, and how many telling words there are. The last
because coverage alone misleads: of a long question no article holds every word, while two words are soon found together.
Area under the curve on questions that were not fitted: 0.65 by coverage alone, 0.79 with all three.

The default threshold, 0.6, calls 0.92 of 818 answerable questions answered and 0.21 of 180 that nothing answers (0.5: 0.95 and 0.33;
0.7: 0.87 and 0.14); `make bench ARGS=answers` prints the curve of each set.

Where an embedder is asked, how far the nearest article stands out (`search.ranking.embedding_lookup.leads`) and its place by words take the place of
the nearness. Fitted in the same way on both models of the manual at once. Area on 237 questions with an answer and 80 without that
were not fitted: 0.85 by words, 0.92 with all-MiniLM-L6-v2, 0.87 with multilingual-e5-small.
"""

import math
from collections.abc import Sequence

from search.explanation import ConfidenceSignals
from search.query.field_weights import FieldWeights
from search.query.parsed_query import How, ParsedQuery, QueryTerm
from search.query.vocabulary import Vocabulary
from search.ranking.bm25 import Ranked, by_words
from search.ranking.embedding_lookup import NearestArticles

_COVERAGE, _NEARNESS, _LENGTH, _BIAS = 3.6, 3.2, 2.8, -3.8
_COVERAGE_MEANT, _LEAD, _AGREEMENT, _LENGTH_MEANT, _BIAS_MEANT = 2.8, 4.5, 1.0, 3.0, -4.1
"""The same where meaning is asked for as well."""
_LIKE = (How.ALIKE, How.PREFIX_MATCH)
_STOOD_FOR = 0.5
"""Area on 60 questions with an answer and 10 without on a manual of 65 articles: 0.79 instead of 0.76; on hundreds of articles such words are rare."""
_LONG = 10
"""Telling words from which a question counts as long."""


def measure_signals(
    parsed: ParsedQuery, ranked: Sequence[Ranked], vocabulary: Vocabulary, weights: FieldWeights, near: NearestArticles | None = None
) -> ConfidenceSignals:
    """What can be told of the first hits; `near` is what is near in meaning, where an embedder was asked."""
    telling = [term for term in parsed.terms if not term.is_stop_word] or list(parsed.terms)
    if ranked and ranked[0].is_pinned:
        return ConfidenceSignals(is_pinned=True, telling=len(telling))
    if not ranked or not telling:
        return ConfidenceSignals()
    unknown = sum(_unknown(term, vocabulary.greatest_rarity) for term in telling)
    known = sum(term.weight for term in parsed.known)
    best = max(ranked, key=by_words)
    coverage = best.coverage * known / (known + unknown or 1.0)
    if parsed.says_nothing and best.stored.title_words != f" {parsed.phrase}":
        return ConfidenceSignals(is_fragment=parsed.is_fragment)
    highest = (weights.saturation + 1) * (known + unknown) or 1.0
    nearness = min(by_words(best) / highest, 1.0)
    return ConfidenceSignals(False, parsed.is_fragment, coverage, nearness, len(telling), _lead(near) if near else None, _place(ranked, near) if near else 0)


def estimate_confidence(signs: ConfidenceSignals) -> float:
    """0.0 to 1.0; for a fragment the square of its coverage, since a title it was meant for holds it whole."""
    if signs.is_pinned:
        return 1.0
    if signs.is_fragment or not signs.telling:
        return signs.coverage**2
    length = min(signs.telling, _LONG) / _LONG
    if signs.lead is None:
        weighed = _COVERAGE * signs.coverage + _NEARNESS * signs.nearness + _LENGTH * length + _BIAS
    else:
        agreement = 1 / signs.place if signs.place else 0.0
        weighed = _COVERAGE_MEANT * signs.coverage + _LEAD * signs.lead + _AGREEMENT * agreement + _LENGTH_MEANT * length + _BIAS_MEANT
    return 1 / (1 + math.exp(-weighed))


def _unknown(term: QueryTerm, greatest: float) -> float:
    """The weight of a word that occurs nowhere; of one for which only others stand that are like it, half of what it would tell more than they do."""
    if not term.alternatives:
        return greatest
    return _STOOD_FOR * max(0.0, greatest - term.weight) if all(one.how in _LIKE for one in term.alternatives) else 0.0


def _lead(near: NearestArticles) -> float | None:
    return max(near.leads.values(), default=None)


def _place(ranked: Sequence[Ranked], near: NearestArticles) -> int:
    """Where words put the article nearest in meaning, from 1; 0 where it holds none of them."""
    nearest = next(iter(near.similarity), "")
    points = next((by_words(one) for one in ranked if one.stored.slug == nearest), 0.0)
    return 1 + sum(by_words(one) > points for one in ranked) if points > 0 else 0
