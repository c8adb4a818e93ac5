"""What words mean: a table of word vectors that ships with Deskbook; words of about a hundred languages that mean the same lie close together.

Made by tests/bench/vectors/make.py from the word embeddings of all-MiniLM-L6-v2 (Apache-2.0) and multilingual-e5-small (MIT) and, for
words that these lack, from GloVe 6B (public domain, PDDL).
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

NUMBERS = 128
"""In each vector."""
SCALE = 300
"""Of the numbers in 8 bits: hardly one of a vector of length 1 is beyond 0.42."""
TABLE = Path(__file__).with_name("word_vectors.npy")
LEAST_SHARE_KNOWN = 0.5
"""Of the words of a text: in a language of which it knows less, words mostly count as they are spelt."""
TITLE_WEIGHT = 2
"""How many times a word of the title counts beside one of the text."""
_KNOWN = 60_000
Array = Any


class WordVectors:
    """The table, mapped into memory: only what is looked up is read."""

    def __init__(self, path: Path = TABLE) -> None:
        import numpy

        self._numpy = numpy
        table = numpy.load(path, mmap_mode="r")
        self._keys = numpy.array(table["key"])
        self._weights, self._vectors = numpy.asarray(table["weight"]), numpy.asarray(table["vector"])
        self._rows: dict[str, int] = {}

    def rows(self, words: Iterable[str]) -> list[int]:
        """Return the row of each folded word; -1 for those that the table lacks."""
        words, held = list(words), self._rows
        if unknown := list(dict.fromkeys(word for word in words if word not in held)):
            if len(held) > _KNOWN:
                self._rows = held = {word: held[word] for word in words if word in held}
            wanted = self._numpy.array([key_of(word) for word in unknown], "<u8")
            at = self._numpy.minimum(self._keys.searchsorted(wanted), len(self._keys) - 1)
            held.update(zip(unknown, self._numpy.where(self._keys[at] == wanted, at, -1).tolist(), strict=True))
        return [held[word] for word in words]

    def share_known(self, words: Iterable[str]) -> float:
        """Return the share of these words, 0.0 to 1.0, that the table knows; single letters and what holds digits aside."""
        rows = self.rows(word for word in words if word.isalpha() and len(word) > 1)
        return sum(row >= 0 for row in rows) / len(rows) if rows else 0.0

    def telling(self, words: Sequence[str]) -> list[float]:
        """Return how much each folded word tells, 0.0 to 1.0: everyday words little; one that the table lacks as much as the rarest."""
        return [float(self._weights[row]) / 255 if row >= 0 else 1.0 for row in self.rows(words)]

    def vectors(self, rows: Sequence[int]) -> Array:
        """Return the vectors in these rows, each of about length 1."""
        return self._vectors[list(rows)].astype(self._numpy.float32) / SCALE

    def of_text(self, words: Iterable[str], title: Iterable[str] = ()) -> Array | None:
        """Return the vector of a text, of length 1: rare words count more, those of its title twice. None where no word is known."""
        rows = [(row, times) for some, times in ((words, 1), (title, TITLE_WEIGHT)) for row in self.rows(some) if row >= 0]
        if not rows:
            return None
        at = [row for row, _ in rows]
        weights = self._weights[at].astype(self._numpy.float32) * self._numpy.array([times for _, times in rows], self._numpy.float32)
        summed = weights @ self.vectors(at)
        return summed / max(float(self._numpy.linalg.norm(summed)), 1e-9)

    def packed(self, vectors: Iterable[Array | None]) -> bytes:
        """Return vectors of length 1 as bytes, 8 bits for each number; those that are None as zeros."""
        nothing = self._numpy.zeros(NUMBERS, self._numpy.int8)
        return b"".join([(nothing if one is None else self._numpy.round(one * 127).astype(self._numpy.int8)).tobytes() for one in vectors])

    def unpacked(self, packed: bytes) -> Array:
        """Return the vectors in these bytes, as rows."""
        return self._numpy.frombuffer(packed, self._numpy.int8).reshape(-1, NUMBERS).astype(self._numpy.float32) / 127


@lru_cache(maxsize=1)
def word_vectors() -> WordVectors:
    """Return the table, opened once."""
    return WordVectors()


def key_of(word: str) -> int:
    """Return the number that a folded word is found by."""
    return int.from_bytes(blake2b(word.encode("utf-8", "replace"), digest_size=8).digest(), "little")
