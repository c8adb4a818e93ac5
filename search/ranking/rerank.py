"""Reranking signals added to the BM25 score: the whole title or the keywords, the folder, one passage that holds most, brevity.

Each in shares of the best score, from a conditional logit over the candidates of 129 development questions on one corpus and
1,144 on another, rounded: hit at 5 / MRR by words 0.82 / 0.65 → 0.85 / 0.68 and 0.98 / 0.92 → 0.98 / 0.92; on 129 questions
that nothing was fitted on 0.74 / 0.63 → 0.76 / 0.65. Fragments are not fitted: they look for a title anyway.
"""

from collections.abc import Sequence
from math import log

from search.index.store import KEYWORDS, LABELS, Stored
from search.query.parsed_query import ParsedQuery, QueryTerm
from search.query.vocabulary import Vocabulary
from search.ranking.bm25 import STEM_CHARS, USUAL_WORDS, Ranked, by_words

_FITTED = ("a title or keywords that were asked for", "its folder", "one section that holds most", "being short")
_BOOST = "the number in its front matter"
CAUSES = (*_FITTED, _BOOST)
"""What each adds to a score is called so in its parts and in explanations."""
_TITLE, _FOLDER, _PASSAGE, _BREVITY = 0.4, 0.25, 0.3, 0.07
_FEWEST_WORDS = 20
_WEAKEST, _WEAKEST_OF_FRAGMENT = 0.4, 0.1
"""Shares of the best score below which a hit is not shown. Of 1,300 questions one lost an answer on the first page; the median total fell from 49 to 10."""


def rerank(ranked: Sequence[Ranked], parsed: ParsedQuery, vocabulary: Vocabulary, best: float) -> list[Ranked]:
    """The candidates, best first, where `best` is the highest score by words."""
    if parsed.is_fragment:
        return list(ranked)
    known, asked = parsed.known, _asked(parsed)
    moved = [_moved(one, known, asked, vocabulary, best) for one in ranked]
    return sorted(moved, key=lambda one: (-one.score, one.stored.slug))


def apply_boosts(ranked: Sequence[Ranked]) -> list[Ranked]:
    """The same, best first, once what a writer gave to an article has multiplied its score."""
    if all(one.stored.boost == 1.0 for one in ranked):
        return list(ranked)
    return sorted([_apply_boost(one) for one in ranked], key=lambda one: (-one.score, one.stored.slug))


def worth_showing(ranked: Sequence[Ranked], parsed: ParsedQuery) -> list[Ranked]:
    """Those of `ranked` (best first) that are not far below the best; never none of some. A boost moves, but neither shows nor hides."""
    best = max([earned(one) for one in ranked], default=0.0)
    least = (_WEAKEST_OF_FRAGMENT if parsed.is_fragment else _WEAKEST) * best
    return [one for one in ranked if earned(one) >= least]


def _apply_boost(one: Ranked) -> Ranked:
    added = max(0.0, one.score) * (one.stored.boost - 1)
    return one._replace(score=one.score + added, parts={**one.parts, "by words": by_words(one), _BOOST: added})


def earned(one: Ranked) -> float:
    """Return the score without what a writer gave to the article."""
    return one.score - one.parts.get(_BOOST, 0.0)


def _moved(one: Ranked, known: Sequence[QueryTerm], asked: dict[str, float], vocabulary: Vocabulary, best: float) -> Ranked:
    shares = (
        _TITLE * max(_title(one.stored, asked, vocabulary), _held(known, one.stored, KEYWORDS)),
        _FOLDER * _held(known, one.stored, LABELS),
        _PASSAGE * one.passage_coverage,
        -_BREVITY * _length(one),
    )
    causes = {cause: best * share for cause, share in zip(_FITTED, shares, strict=True)}
    return one._replace(score=one.score + sum(causes.values()), parts={**one.parts, **causes, "by words": one.score})


def _asked(parsed: ParsedQuery) -> dict[str, float]:
    """Every stem that was asked for, and how much it counts beside the word typed."""
    found: dict[str, float] = {}
    for term in parsed.known:
        for one in term.alternatives:
            for stem in one.stem.split():
                found[stem] = max(one.weight, found.get(stem, 0.0))
    return found


def _title(stored: Stored, asked: dict[str, float], vocabulary: Vocabulary) -> float:
    """Share of the title's rarity that was asked for."""
    title = stored.stems[0]
    whole = vocabulary.rarity_of(title)
    return sum([asked[stem] * vocabulary.rarity(stem) for stem in {*title.split()} if stem in asked]) / whole if whole else 0.0


def _held(known: Sequence[QueryTerm], stored: Stored, field: int) -> float:
    """Share of the question's weight that stands in keywords, or in tags and folder names."""
    text = stored.stems[field]
    if not text:
        return 0.0
    whole = sum([term.weight for term in known])
    held = sum([term.weight for term in known if any(f" {other.stem} " in text for other in term.alternatives)])
    return held / whole if whole else 0.0


def _length(one: Ranked) -> float:
    """How many times as long as usual, as a logarithm; less than nothing for a short article."""
    words = one.stored.body_chars / STEM_CHARS
    return log(max(words, _FEWEST_WORDS) / USUAL_WORDS)
