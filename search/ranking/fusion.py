"""Words and meaning, fused: words by their score, meaning by rank and by how far an article stands out.

After Cormack, Clarke and Büttcher, "Reciprocal rank fusion outperforms Condorcet and individual rank learning methods" (SIGIR
2009), and Bruch, Gai and Ingber, "An analysis of fusion functions for hybrid retrieval" (TOIS 2023): the score by words tells
how sure they are, and ranks by meaning compare across models; so does how far an article stands out among those near. Fitted
with what `search.ranking.rerank` adds to the score, with multilingual-e5-small and all-MiniLM-L6-v2, on the same questions.
"""

from collections.abc import Iterable

from search.ranking.bm25 import Ranked, by_words
from search.ranking.embedding_lookup import NearestArticles

_PLACE, _PLACE_ALONE, _PLACE_OF_FRAGMENT = 0.3, 0.45, 0.2
"""What the first place by meaning adds, in shares of the best score by words: where leads are told, where they are not, for a fragment."""
_LEAD = 0.5
"""What a lead of 1.0 adds to it, for a question."""
_SOFTENING = 10
"""The smaller, the more the first places by meaning count."""


def fuse(ranked: Iterable[Ranked], near: NearestArticles, *, is_fragment: bool) -> list[Ranked]:
    """All of `ranked`, best first, on the scale of the scores by words."""
    held = {one.stored.slug: one for one in ranked}
    top = max((by_words(one) for one in held.values()), default=0.0) or 1.0
    leads = {} if is_fragment else near.leads
    first = _PLACE_OF_FRAGMENT if is_fragment else _PLACE if leads else _PLACE_ALONE
    shares = {slug: first * (_SOFTENING + 1) / (_SOFTENING + 1 + place) + _LEAD * max(0.0, leads.get(slug, 0.0)) for place, slug in enumerate(near.similarity)}
    rerank = [_placed(one, top * shares.get(slug, 0.0), near.similarity.get(slug, 0.0)) for slug, one in held.items()]
    return sorted(rerank, key=lambda one: (-one.score, one.stored.slug))


def _placed(one: Ranked, added: float, similarity: float) -> Ranked:
    return one._replace(score=one.score + added, parts={**one.parts, "by words": by_words(one), "meaning": similarity})
