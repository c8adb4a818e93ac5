"""Words and meaning, fused: words by their score, meaning by rank.

After Cormack, Clarke and Büttcher, "Reciprocal rank fusion outperforms Condorcet and individual rank learning methods" (SIGIR
2009), and Bruch, Gai and Ingber, "An analysis of fusion functions for hybrid retrieval" (TOIS 2023): the score by words tells
how sure they are, and the ranks by meaning compare across models. Fitted with what `search.placing` adds to the score, with
multilingual-e5-small, on the same questions.
"""

from collections.abc import Iterable, Mapping

from search.ranking import Ranked, by_words

_MEANING, _MEANING_OF_FRAGMENT = 0.45, 0.2
"""What the first place by meaning adds, in shares of the best score by words."""
_SOFTENING = 10
"""The smaller, the more the first places by meaning count."""


def fused(ranked: Iterable[Ranked], similarity: Mapping[str, float], *, is_fragment: bool) -> list[Ranked]:
    """All of `ranked`, best first, on the scale of the scores by words; `similarity` is in the order of nearness."""
    held = {one.stored.slug: one for one in ranked}
    top = max((by_words(one) for one in held.values()), default=0.0) or 1.0
    share = top * (_MEANING_OF_FRAGMENT if is_fragment else _MEANING)
    adds = {slug: share * (_SOFTENING + 1) / (_SOFTENING + 1 + place) for place, slug in enumerate(similarity)}
    placed = [_placed(one, adds.get(slug, 0.0), similarity.get(slug, 0.0)) for slug, one in held.items()]
    return sorted(placed, key=lambda one: (-one.score, one.stored.slug))


def _placed(one: Ranked, added: float, similarity: float) -> Ranked:
    return one._replace(score=one.score + added, parts={**one.parts, "by words": by_words(one), "meaning": similarity})
