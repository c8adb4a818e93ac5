"""Combine words and meaning: words by their score, meaning by rank and by how far an article stands out.

After Cormack, Clarke and Büttcher, "Reciprocal rank fusion outperforms Condorcet and individual rank learning methods" (SIGIR
2009), and Bruch, Gai and Ingber, "An analysis of fusion functions for hybrid retrieval" (TOIS 2023): the score by words tells
how sure they are, and ranks by meaning compare across models; so does how far an article stands out among those near. Fitted
with what `search.ranking.rerank` adds to the score, with multilingual-e5-small and all-MiniLM-L6-v2, on the same questions.
"""

from collections.abc import Iterable
from typing import NamedTuple

from search.ranking.bm25 import Ranked, by_words
from search.ranking.embedding_lookup import NearestArticles


class Shares(NamedTuple):
    """What meaning adds, in shares of the best score by words."""

    place: float
    """The first place, where leads are known."""
    place_alone: float
    """The first place, where they are not."""
    place_of_fragment: float
    lead: float
    """A lead of 1.0, for a question."""


EMBEDDER = Shares(0.3, 0.45, 0.2, 0.5)
WORD_VECTORS = Shares(0.0, 0.0, 0.0, 0.75)
_SOFTENING = 10
"""The smaller, the more the first places by meaning count."""


def fuse(ranked: Iterable[Ranked], near: NearestArticles, shares: Shares, *, is_fragment: bool) -> list[Ranked]:
    """All of `ranked`, best first, on the scale of the scores by words."""
    held = {one.stored.slug: one for one in ranked}
    top = max((by_words(one) for one in held.values()), default=0.0) or 1.0
    leads = {} if is_fragment else near.leads
    first = shares.place_of_fragment if is_fragment else shares.place if leads else shares.place_alone
    added = {
        slug: first * (_SOFTENING + 1) / (_SOFTENING + 1 + place) + shares.lead * max(0.0, leads.get(slug, 0.0)) for place, slug in enumerate(near.similarity)
    }
    rerank = [_placed(one, top * added.get(slug, 0.0), near.similarity.get(slug, 0.0)) for slug, one in held.items()]
    return sorted(rerank, key=lambda one: (-one.score, one.stored.slug))


def _placed(one: Ranked, added: float, similarity: float) -> Ranked:
    return one._replace(score=one.score + added, parts={**one.parts, "by words": by_words(one), "meaning": similarity})
