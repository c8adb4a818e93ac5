"""How far the best hit is believed to answer, from what the words can tell.

A logistic model of three signs, fitted on the development questions of two corpora (answerable ones against ones that
nothing answers, and against the same questions with the article that answers taken away): how much of the question's weight
the best article covers, how near its score comes to the highest possible, and how many telling words there are. The last
because coverage alone misleads: of a long question no article holds every word, while two words are soon found together.
Area under the curve on questions that were not fitted: 0.65 by coverage alone, 0.79 with all three.

The default threshold, 0.6, calls 0.92 of 818 answerable questions answered and 0.26 of 180 that nothing answers (0.5: 0.95 and 0.41;
0.7: 0.86 and 0.17); `make bench ARGS=answers` prints the curve of each set.

Where an embedder is asked there is a fourth: how far the nearest article stands apart from the next ones. Plain similarity
means something else with every model. Area without and with it: 0.879 and 0.873 on the questions it was fitted on, 0.821 and
0.828 on as many others: no difference that 118 questions can tell.
"""

import math
from collections.abc import Mapping, Sequence
from statistics import fmean, pstdev

from search.explained import Signs
from search.query import Understood
from search.ranking import Ranked, by_words
from search.vocabulary import Vocabulary
from search.weights import Weights

_COVERAGE, _NEARNESS, _LENGTH, _BIAS = 3.6, 3.2, 2.8, -3.8
_APART, _USUALLY_APART = 0.3, 2.5
_LONG = 10
"""Telling words from which a question counts as long."""


def signs_of(understood: Understood, ranked: Sequence[Ranked], vocabulary: Vocabulary, weights: Weights, near: Mapping[str, float] | None = None) -> Signs:
    """What can be told of the first hits; `near` holds similarities where words and meaning were fused."""
    telling = [slot for slot in understood.slots if not slot.is_stop_word] or list(understood.slots)
    if ranked and ranked[0].is_pinned:
        return Signs(is_pinned=True, telling=len(telling))
    if not ranked or not telling:
        return Signs()
    unknown = vocabulary.greatest_rarity * sum(not slot.alternatives for slot in telling)
    known = sum(slot.weight for slot in understood.known)
    best = max(ranked, key=by_words)
    coverage = best.coverage * known / (known + unknown or 1.0)
    highest = (weights.saturation + 1) * (known + unknown) or 1.0
    return Signs(False, understood.is_fragment, coverage, min(by_words(best) / highest, 1.0), len(telling), _apart(list(near.values())) if near else None)


def confidence_of(signs: Signs) -> float:
    """0.0 to 1.0; for a fragment the square of its coverage, since a title it was meant for holds it whole."""
    if signs.is_pinned:
        return 1.0
    if signs.is_fragment or not signs.telling:
        return signs.coverage**2
    weighed = _COVERAGE * signs.coverage + _NEARNESS * signs.nearness + _LENGTH * min(signs.telling, _LONG) / _LONG + _BIAS
    if signs.apart is not None:
        weighed += _APART * (signs.apart - _USUALLY_APART)
    return 1 / (1 + math.exp(-weighed))


def _apart(similarities: Sequence[float]) -> float:
    """How many standard deviations the greatest stands above the mean; the usual for too few to tell."""
    spread = pstdev(similarities)
    return (max(similarities) - fmean(similarities)) / spread if len(similarities) > 9 and spread else _USUALLY_APART
