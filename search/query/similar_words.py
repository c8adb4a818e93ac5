"""Words of an index that mean nearly the same as a word typed, by the word vectors that ship with Deskbook."""

from functools import lru_cache
from typing import Any

from search.query.vocabulary import Vocabulary
from search.text.word_vectors import NUMBERS, WordVectors

MOST_SIMILAR = 8
LEAST_LIKENESS = 0.4
FULL_LIKENESS = 0.75
"""From here on a word counts as much as one that is not the word itself may."""
MOST_COMPARED = 50_000
"""Words of the index, the most frequent, that are compared."""


class SimilarWords:
    """The stems of a vocabulary as points, each the mean of its words; read when the first question is asked."""

    def __init__(self, vocabulary: Vocabulary, vectors: WordVectors) -> None:
        self._vocabulary = vocabulary
        self._vectors = vectors
        self._read: tuple[list[str], Any] | None = None
        self.nearest = lru_cache(maxsize=1024)(self._nearest)

    def _nearest(self, word: str) -> tuple[tuple[str, float], ...]:
        """Return the nearest stems with their likeness, 0.0 to 1.0, the nearest first; the word's own may be among them."""
        (row,) = self._vectors.rows([word])
        stems, points = self._points() if row >= 0 else ([], None)
        if not stems:
            return ()
        likeness = points @ self._vectors.vectors([row])[0]
        best: list[int] = (-likeness).argsort(kind="stable")[: 2 * MOST_SIMILAR].tolist()
        return tuple((stems[at], min(1.0, float(likeness[at]))) for at in best if likeness[at] >= LEAST_LIKENESS)

    def _points(self) -> tuple[list[str], Any]:
        if self._read is None:
            import numpy

            end = f"GROUP BY word, stem ORDER BY total(documents) DESC LIMIT {MOST_COMPARED}"
            rows = self._vocabulary.select("word, stem, total(documents)", "length(word) > 1", end=end)
            held = [(word, stem, count) for word, stem, count in rows if word not in self._vocabulary.stop_words and self._vocabulary.documents(stem)]
            places = self._vectors.rows(word for word, _, _ in held)
            known = [(stem, count, place) for (_, stem, count), place in zip(held, places, strict=True) if place >= 0]
            at = {stem: number for number, stem in enumerate(dict.fromkeys(stem for stem, _, _ in known))}
            points = numpy.zeros((len(at), NUMBERS), numpy.float32)
            if known:
                counts = numpy.array([[count] for _, count, _ in known], numpy.float32)
                numpy.add.at(points, [at[stem] for stem, _, _ in known], self._vectors.vectors([place for _, _, place in known]) * counts)
            self._read = [*at], points / numpy.maximum(numpy.linalg.norm(points, axis=1, keepdims=True), 1e-9)
        return self._read
