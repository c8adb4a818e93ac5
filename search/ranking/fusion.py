"""Combine words and meaning: words by their score, meaning by rank and by how far an article stands out.

After Cormack, Clarke and Büttcher, "Reciprocal rank fusion outperforms Condorcet and individual rank learning methods" (SIGIR
2009), and Bruch, Gai and Ingber, "An analysis of fusion functions for hybrid retrieval" (TOIS 2023): the score by words tells
how sure they are, and ranks by meaning compare across models; so does how far an article stands out among those near. Fitted
with what `search.ranking.rerank` adds to the score, with multilingual-e5-small and all-MiniLM-L6-v2, on the same questions.
"""

from collections.abc import Iterable

from search.ranking.bm25 import Ranked, by_words
from search.ranking.embedding_lookup import NearestArticles

PLACE, PLACE_ALONE, PLACE_OF_FRAGMENT = 0.3, 0.45, 0.2
"""What the first place by an embedder adds, in shares of the best score by words: where leads are known, where not, and for a fragment."""
LEAD = 0.5
"""What a lead of 1.0 by an embedder adds to a question."""
SIMILARITY = 0.9
"""What a lead of 1.0 by the word vectors adds, in shares of the weight of the words that were asked for: so it counts the more, the less words find.

In shares of the best score, at its best value, MRR is 0.012 ± 0.004 lower (eight question sets, the embedded engine).
"""
OF_FRAGMENT = 0.5
"""The same for a fragment, which looks for a title, in shares of a question's."""
_SOFTENING = 10
"""The smaller, the more the first places by meaning count."""


def fuse(ranked: Iterable[Ranked], near: NearestArticles, *, is_fragment: bool) -> list[Ranked]:
    """Return all of `ranked`, best first, with what an embedder says added on the scale of the scores by words."""
    held = {one.stored.slug: one for one in ranked}
    top = max((by_words(one) for one in held.values()), default=0.0) or 1.0
    leads = {} if is_fragment else near.leads
    first = PLACE_OF_FRAGMENT if is_fragment else PLACE if leads else PLACE_ALONE
    added = {slug: first * (_SOFTENING + 1) / (_SOFTENING + 1 + place) + LEAD * max(0.0, leads.get(slug, 0.0)) for place, slug in enumerate(near.similarity)}
    return _ordered(_add(one, top * added.get(slug, 0.0), near.similarity.get(slug, 0.0)) for slug, one in held.items())


def add_similarity(ranked: Iterable[Ranked], similar: NearestArticles, weight: float, *, is_fragment: bool) -> list[Ranked]:
    """Return all of `ranked`, best first, with what the word vectors say added; `weight` is that of the words asked for."""
    share = SIMILARITY * weight * (OF_FRAGMENT if is_fragment else 1.0)
    return _ordered(_add(one, share * max(0.0, similar.leads.get(one.stored.slug, 0.0)), similar.similarity.get(one.stored.slug, 0.0)) for one in ranked)


def _add(one: Ranked, added: float, similarity: float) -> Ranked:
    return one._replace(score=one.score + added, parts={**one.parts, "by words": by_words(one), "meaning": similarity})


def _ordered(ranked: Iterable[Ranked]) -> list[Ranked]:
    return sorted(ranked, key=lambda one: (-one.score, one.stored.slug))
