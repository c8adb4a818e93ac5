"""Confidence that the top hit answers the query, 0.0 to 1.0.

A question's weight is shared among its telling words; a word of which the articles hold only others that mean nearly the same counts
as found in part, one that no article holds not at all. So the rest of its words cannot answer for the word that tells what is asked,
while everyday words, of which the word vectors know how common they are, need not be held.
What counts is what one section of the first hit holds with the title: words in two sections are no answer.
The logistic model is fitted by `tests/bench/confidence_fit.py` on four corpora, each corpus and each kind of question counting the
same. Fitted on the others, its area under the curve is 0.91 on the Arduino help centre, 0.99 on course FAQs, 0.87 on the manual and
0.67 on questions on an invoicing product in far-off words.
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
from search.text.word_vectors import WordVectors

_COVERAGE, _NEARNESS, _LENGTH, _HELD, _LEAST, _TITLE, _AGREEMENT, _BIAS = 1.13, 2.39, 1.2, 0.65, 0.82, 1.97, 0.88, -3.18
"""The bias is higher than fitted, so that at the threshold of 0.6 at most a quarter of what nothing answers counts as answered, on each set."""
_USUAL_AGREEMENT = 0.54
"""Where no word vectors are used."""
_COVERAGE_MEANT, _LEAD, _AGREEMENT_MEANT, _LENGTH_MEANT, _BIAS_MEANT = 2.8, 4.5, 1.0, 3.0, -4.1
"""The same where an embedder is asked as well: fitted on two models at once, on Arduino and course questions."""
_LIKE = (How.ALIKE, How.PREFIX_MATCH)
_LONG = 10
"""Telling words from which a question counts as long."""


def measure_signals(
    parsed: ParsedQuery,
    ranked: Sequence[Ranked],
    vocabulary: Vocabulary,
    weights: FieldWeights,
    vectors: WordVectors | None = None,
    near: NearestArticles | None = None,
) -> ConfidenceSignals:
    """Return what can be told of the first hits; `near` is what is near in meaning, where an embedder was asked."""
    telling = [term for term in parsed.terms if not term.is_stop_word] or list(parsed.terms)
    if ranked and ranked[0].is_pinned:
        return ConfidenceSignals(is_pinned=True, telling=len(telling))
    if not ranked or not telling:
        return ConfidenceSignals()
    best = max(ranked, key=earned)
    if parsed.says_nothing and best.stored.title_words != f" {parsed.phrase}":
        return ConfidenceSignals(is_fragment=parsed.is_fragment)
    shares = vectors.telling([term.word for term in telling]) if vectors else [1.0] * len(telling)
    needs = [share * _need(term, vocabulary) for term, share in zip(telling, shares, strict=True)]
    whole = sum(needs) or 1.0

    def held(text: str) -> list[float]:
        return [_share_held(term, text) for term in telling]

    def weighed(shares: Sequence[float]) -> float:
        return sum([need * share for need, share in zip(needs, shares, strict=True)])

    anywhere = held(best.stored.whole)
    return ConfidenceSignals(
        is_fragment=parsed.is_fragment,
        coverage=max(weighed(held(text)) for text in _passages(best.stored)) / whole,
        nearness=min(by_words(best) / ((weights.saturation + 1) * whole), 1.5),
        telling=len(telling),
        held=weighed(anywhere) / vocabulary.greatest_rarity,
        least=min(anywhere),
        title=weighed(held(best.stored.stems[0] + best.stored.stems[KEYWORDS])) / whole,
        agreement=_agreement(best, ranked),
        lead=_lead(near) if near else None,
        place=_place(ranked, near) if near else 0,
    )


def estimate_confidence(signs: ConfidenceSignals) -> float:
    """Return 0.0 to 1.0; for a fragment its coverage by one section, since a title or section it was meant for holds it whole."""
    if signs.is_pinned:
        return 1.0
    if signs.is_fragment or not signs.telling:
        return signs.coverage
    length = min(signs.telling, _LONG) / _LONG
    if signs.lead is None:
        known = _COVERAGE * signs.coverage + _TITLE * signs.title + _NEARNESS * signs.nearness + _LENGTH * length + _HELD * signs.held
        weighed = known + _LEAST * signs.least + _AGREEMENT * (_USUAL_AGREEMENT if signs.agreement is None else signs.agreement) + _BIAS
    else:
        agreement = 1 / signs.place if signs.place else 0.0
        weighed = _COVERAGE_MEANT * signs.coverage + _LEAD * signs.lead + _AGREEMENT_MEANT * agreement + _LENGTH_MEANT * length + _BIAS_MEANT
    return 1 / (1 + math.exp(-weighed))


def _agreement(best: Ranked, ranked: Sequence[Ranked]) -> float | None:
    """Return one divided by the place of the first hit by its similarity in meaning; None where that was not measured."""
    similarity = best.parts.get("meaning")
    return None if similarity is None else 1 / (1 + sum(one.parts.get("meaning", 0.0) > similarity for one in ranked))


def _passages(stored: Stored) -> list[str]:
    """Each section with the title and the keywords: words in two sections are no answer."""
    title, _, summary, keywords, _ = stored.stems
    short = title + summary + keywords
    return [short, *(short + passage.heading_stems + passage.stems for passage in stored.passages)]


def _need(term: QueryTerm, vocabulary: Vocabulary) -> float:
    """Return the rarity of the word as typed, else of what it stands for; of one that no article holds, the greatest."""
    own = [one.rarity for one in term.alternatives if one.how not in _LIKE]
    typed = [one.rarity for one in term.alternatives if one.how == How.TYPED]
    return max(typed or own, default=vocabulary.greatest_rarity)


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
