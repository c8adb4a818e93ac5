"""The words of the index: how rare each is, which it may have been meant for, and how it may be split or joined."""

import math
import threading
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from search.store import Store
from search.words import is_cjk, spellings, stem

EXPANSIONS = 24
_CORRECTIONS = 3


@dataclass(frozen=True, slots=True)
class Near:
    """A word of the index that an unknown one may stand for; `likeness` is 0.0 to 1.0."""

    word: str
    stem: str
    likeness: float


class Vocabulary:
    """The vocabulary of one generation of a store, read when asked for and then remembered."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.generation = store.generation()
        self.size = store.size()
        self.locales: tuple[str, ...] = tuple(row[0] for row in store.connection.execute("SELECT locale FROM documents GROUP BY locale ORDER BY count(*) DESC"))
        self.has_restricted = bool(store.connection.execute("SELECT EXISTS (SELECT 1 FROM documents WHERE audience <> 'public')").fetchone()[0])
        """Whether some documents are not for everybody."""
        self._by_length: dict[int, list[str]] | None = None
        self._reading = threading.Lock()
        self.documents = lru_cache(maxsize=8192)(self._documents)
        self.near = lru_cache(maxsize=1024)(self._near)
        self.expand = lru_cache(maxsize=1024)(self._beginnings)
        self.stems = lru_cache(maxsize=4096)(self._stems)

    def rarity(self, stem: str) -> float:
        """Inverse document frequency (BM25's, never below 0) of a stem that occurs."""
        count = self.documents(stem)
        return math.log(1 + (self.size - count + 0.5) / (count + 0.5))

    @property
    def greatest_rarity(self) -> float:
        """What a word that occurs nowhere would weigh."""
        return math.log(2 * self.size + 2)

    def _documents(self, stem: str) -> int:
        row = self._store.connection.execute("SELECT doc FROM terms WHERE term = ?", (stem,)).fetchone()
        return int(row[0]) if row else 0

    def _stems(self, word: str) -> tuple[str, ...]:
        """The stems of a word in the languages of the index that occur in it."""
        found = dict.fromkeys(stem(one, locale) for locale in self.locales for one in spellings(word, locale))
        return tuple(one for one in found if self.documents(one))

    def form(self, stem: str) -> str:
        """The word behind a stem that the articles use most."""
        rows = self._store.connection.execute("SELECT word FROM words WHERE stem = ? ORDER BY documents DESC, length(word), word LIMIT 1", (stem,))
        return next((str(word) for (word,) in rows), stem)

    def frequency(self, word: str) -> tuple[int, int]:
        """In how many documents and titles this very form of the word occurs."""
        row = self._store.connection.execute("SELECT total(documents), total(titles) FROM words WHERE word = ?", (word,)).fetchone()
        return int(row[0]), int(row[1])

    def _expand(self, prefix: str) -> tuple[tuple[str, bool], ...]:
        """The stems of words that begin with `prefix`, those in titles and then the most frequent first, and whether a title holds each."""
        rows = self._store.connection.execute(
            "SELECT stem, max(titles) > 0 FROM words WHERE word >= ? AND word < ? GROUP BY stem ORDER BY total(titles) * 4 + total(documents) DESC LIMIT ?",
            (prefix, prefix + "\U0010ffff", EXPANSIONS),
        )
        return tuple((stem, bool(in_title)) for stem, in_title in rows)

    def _beginnings(self, prefix: str) -> tuple[tuple[str, bool], ...]:
        """The same for every way to spell `prefix` in the languages of the index."""
        ways = dict.fromkeys(one for locale in self.locales for one in spellings(prefix, locale))
        return tuple(dict.fromkeys(found for one in ways or (prefix,) for found in self._expand(one)))

    def _near(self, word: str) -> tuple[Near, ...]:
        """Words of the index at most two typing errors away, the likeliest first."""
        allowed = errors_allowed(word)
        if not allowed:
            return ()
        by_length = self._words()
        pool = [known for length in range(len(word) - allowed, len(word) + allowed + 1) for known in by_length.get(length, ())]
        close = process.extract(word, pool, scorer=OSA.distance, score_cutoff=allowed, limit=24)
        rated = sorted(((self._likeness(word, known, int(distance)), known) for known, distance, _ in close), reverse=True)
        return tuple(Near(known, stems[0], likeness) for likeness, known in rated[:_CORRECTIONS] if (stems := self.stems(known)))

    def _likeness(self, word: str, known: str, distance: int) -> float:
        documents, titles = self.frequency(known)
        common = math.log1p(documents + 4 * titles) / math.log1p(5 * self.size)
        same_start = 0.12 * (word[0] == known[0]) + 0.06 * (sorted(word) == sorted(known)) + 0.04 * (word[-1] == known[-1])
        return max(0.05, min(1.0, 0.86 - 0.28 * distance + same_start + 0.22 * common))

    def split(self, word: str) -> tuple[str, str] | None:
        """The two words of the index that `word` runs together, when there are such."""
        if len(word) < 6 or is_cjk(word) or not word.isalpha():
            return None
        pairs = ((word[:at], word[at:]) for at in range(3, len(word) - 2))
        known = [(min(self.frequency(left)[0], self.frequency(right)[0]), left, right) for left, right in pairs]
        best = max(known)
        return (best[1], best[2]) if best[0] else None

    def _words(self) -> dict[int, list[str]]:
        with self._reading:
            if self._by_length is None:
                self._by_length = defaultdict(list)
                for (word,) in self._store.connection.execute("SELECT DISTINCT word FROM words WHERE length(word) > 2"):
                    if word.isalpha() and not is_cjk(word):
                        self._by_length[len(word)].append(word)
            return self._by_length


def errors_allowed(word: str) -> int:
    """How many typing errors a word of this length may hold and still be corrected; 0 for numbers and codes."""
    digits = sum(char.isdigit() for char in word)
    if digits > 1 or len(word) < 4 or is_cjk(word):
        return 0 if digits or len(word) != 3 or is_cjk(word) else 1
    return 1 if len(word) < 6 else 2
