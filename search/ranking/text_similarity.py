"""How near candidates are to a question in meaning, by the word vectors that ship with Deskbook.

They are compared with each other, so that no index of vectors is needed.
"""

from collections.abc import Sequence
from statistics import median

from search.index.store import Stored
from search.ranking.embedding_lookup import NearestArticles
from search.text.word_vectors import WordVectors


def measure_similarity(words: Sequence[str], candidates: Sequence[Stored], vectors: WordVectors) -> NearestArticles:
    """Return the candidates nearest first: of each the best passage counts, and as its lead how far that stands above the usual of all candidates."""
    question = vectors.of_text(words)
    if question is None or not candidates:
        return NearestArticles({})
    import numpy

    starts = numpy.cumsum([0, *(len(one.vectors) for one in candidates[:-1])])
    best = numpy.maximum.reduceat(numpy.concatenate([one.vectors for one in candidates]) @ question, starts)
    found = sorted(((one.slug, float(value)) for one, value in zip(candidates, best, strict=True)), key=lambda pair: -pair[1])
    usual = median([value for _, value in found])
    return NearestArticles(dict(found), {slug: (value - usual) / max(1.0 - usual, 1e-3) for slug, value in found})
