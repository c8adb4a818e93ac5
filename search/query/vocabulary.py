"""The words of the index: how rare each is, in which forms, and in which rows they occur."""

import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, product
from typing import Any

from search.index.store import ADMITTED, Store
from search.text.normalizer import is_unspaced, spellings
from search.text.stemmer import stem
from search.text.stop_words import stop_words

EXPANSIONS = 24
LAST = "\U0010ffff"
"""Comes after every letter: what begins with `a` lies from `a` to `a` and this."""
_ELECTRONIC = frozenset("e")
"""In Italian and Portuguese an “and” as well, in every language the beginning of `e-mail`."""
_LEAST_APART, _LONGEST_APART = 4, 12
_RUNS = re.compile(r"\d+|\D+")
_MOST_WAYS = 64
_MOST_APART = 3


class Vocabulary:
    """The vocabulary of one generation of a store, read when asked for and then remembered.

    With a `locale`, only that of the documents its readers get: a Dutch word is not corrected to a German one. With `audiences`, only
    that of the documents for them: neither a correction nor how far an answer is believed tells what others may read.
    """

    def __init__(self, store: Store, locale: str | None = None, audiences: tuple[str, ...] | None = None) -> None:
        self._store = store
        self.generation = store.generation()
        every = store.locales(audiences=audiences)
        counts = store.locales(locale, audiences) or every
        self.size = sum(counts.values())
        self.locales: tuple[str, ...] = tuple(counts)
        self._only = self.locales if len(counts) < len(every) else ()
        self.is_part = bool(self._only)
        """Whether other readers get documents in more languages."""
        self.has_hidden = audiences is not None and sum(every.values()) < store.size()
        """Whether some documents are for others."""
        self._audiences = json.dumps(audiences)
        self._where = f" AND locale IN ({','.join('?' * len(self._only))})" if self._only else ""
        self._values = self._only
        if self.has_hidden:
            self._where += f" AND {ADMITTED}"
            self._values = (*self._only, self._audiences)
        self._frequencies = store.frequencies()  # looked up one by one they took a tenth of a new answer
        if self.has_hidden and audiences is not None:
            self._frequencies = dict(self._frequencies)
            for hidden, count in store.hidden(audiences).items():
                self._frequencies[hidden] = self._frequencies.get(hidden, 0) - int(count)
        self.stop_words = frozenset[str]().union(*map(stop_words, self.locales))

    def rarity(self, stem: str) -> float:
        """Return the inverse document frequency (BM25's, never below 0) of a stem that occurs."""
        count = self.documents(stem)
        return math.log(1 + (self.size - count + 0.5) / (count + 0.5))

    def rarity_in_a_row(self, stems: str) -> float:
        """Return the rarity of some stems in a row, with spaces between them: that of the rarest."""
        return max(map(self.rarity, stems.split()))

    def rarity_of(self, stems: str) -> float:
        """Return the rarities of some stems with spaces between them, each once, in all."""
        return sum(map(self.rarity, {*stems.split()}))

    @property
    def greatest_rarity(self) -> float:
        """Return the rarity of a word that occurs nowhere."""
        return math.log(2 * self.size + 2)

    def documents(self, stem: str) -> int:
        count = self._frequencies.get(stem, 0)
        return min(count, self.size) if count > 0 and not (self._only and self._is_foreign(stem)) else 0

    def _is_foreign(self, stem: str) -> bool:
        """Return whether only documents in other languages hold the stem."""
        rows = self._store.connection.execute("SELECT DISTINCT locale FROM words WHERE stem = ?", (stem,)).fetchall()
        return bool(rows) and not any(locale in self._only for (locale,) in rows)

    def stems(self, word: str) -> tuple[str, ...]:
        """Return the stems of a word, in the languages of the index, that occur in it."""
        found = dict.fromkeys(stem(one, locale) for locale in self.locales for one in spellings(word, locale))
        return tuple(one for one in found if self.documents(one))

    def form(self, stem: str) -> str:
        """Return the word with this stem that the articles use most."""
        rows = self.select("word", "stem = ?", stem, end="GROUP BY word ORDER BY total(documents) DESC, length(word), word LIMIT 1")
        return next((str(word) for (word,) in rows), stem)

    def frequency(self, word: str) -> tuple[int, int]:
        """Return in how many documents and titles this very form of the word occurs."""
        ((documents, titles),) = self.select("total(documents), total(titles)", "word = ?", word)
        return int(documents), int(titles)

    def begun_with(self, prefix: str) -> tuple[tuple[str, bool], ...]:
        """Return the stems of words that begin with `prefix`, those in titles and then the most frequent first, each with whether a title holds it."""
        end = f"GROUP BY +stem ORDER BY total(titles) * 4 + total(documents) DESC LIMIT {EXPANSIONS}"
        return tuple(
            (stem, bool(in_title)) for stem, in_title in self.select("stem, max(titles) > 0", "word >= ? AND word < ?", prefix, prefix + LAST, end=end)
        )

    def expand(self, prefix: str) -> tuple[tuple[str, bool], ...]:
        """Return the same for every spelling of `prefix` in the languages of the index."""
        ways = dict.fromkeys(one for locale in self.locales for one in spellings(prefix, locale))
        return tuple(dict.fromkeys(found for one in ways or (prefix,) for found in self.begun_with(one)))

    def apart(self, word: str) -> tuple[str, ...]:
        """Return the rows of stems that articles write for `word`: `wi fi` for `wifi`, `esp32 c3` for `esp32c3`, `10 000` for `10000`."""
        if is_unspaced(word) or not word.isalnum():
            return ()
        found = (self.phrase(pieces) for pieces in _cut_apart(word) if not (self.stop_words - _ELECTRONIC) & {*pieces})
        return tuple(one for one in dict.fromkeys(found) if one)[:_MOST_APART]

    def phrase(self, pieces: Sequence[str]) -> str | None:
        """Return the stems of these words with spaces between them; None where no article holds them in a row."""
        if len(pieces) < 2 or not all(self.frequency(one)[0] for one in pieces):
            return None
        phrase = " ".join((self.stems(one) or (one,))[0] for one in pieces)
        return phrase if self._matches(f'"{phrase}"') else None

    def is_known(self, word: str) -> bool:
        """Return whether an article holds the word, a longer one that begins with it, or a row of words that make it up."""
        return bool(self.stems(word) or self.expand(word) or self.apart(word))

    def is_in_a_title(self, typed: Sequence[str]) -> bool:
        """Return whether a title or keywords hold these words in a row, the last of which may be unfinished."""
        return self._matches(f"{{title keywords}} : ({self.in_a_row(typed)})")

    def in_a_row(self, typed: Sequence[str], sign: str = "") -> str:
        """Return an FTS5 query for these words in a row, the last of which may be unfinished; the sign `^` asks for the beginning of a field."""
        *whole, last = typed
        begun = " ".join([(self.stems(word) or (word,))[0] for word in whole] + [""])
        return " OR ".join([f'{sign}"{begun}{end}"*' for end in dict.fromkeys((last, *self.stems(last)))])  # `batteri` is the stem of `battery`

    def select(self, columns: str, where: str, *values: str, end: str = "") -> Iterable[tuple[Any, ...]]:
        """Read from the table of words those that these readers may know of."""
        return self._store.connection.execute(f"SELECT {columns} FROM words WHERE {where}{self._where} {end}", (*values, *self._values))

    def _matches(self, expression: str) -> bool:
        sql, values = "SELECT 1 FROM articles WHERE articles MATCH ?", [expression]
        if self.has_hidden:
            sql, values = f"{sql} AND +rowid IN (SELECT id FROM documents WHERE {ADMITTED})", [*values, self._audiences]
        return self._store.connection.execute(f"{sql} LIMIT 1", values).fetchone() is not None


def _cut_apart(word: str) -> Iterator[tuple[str, ...]]:
    """Yield the ways to cut a word that people write in several: after one or two letters, or before the last two; where letters meet digits; in thousands.

    No single letter stands last: articles hold `device's`.
    """
    if word.isalpha():
        if _LEAST_APART <= len(word) <= _LONGEST_APART:
            yield from ((word[:at], word[at:]) for at in (1, 2, len(word) - 2))
    elif word.isdecimal():
        if len(word) > 3:
            yield (word[: len(word) % 3 or 3], *(word[at : at + 3] for at in range(len(word) % 3 or 3, len(word), 3)))
    else:
        runs = _RUNS.findall(word)
        for joints in islice(product((False, True), repeat=len(runs) - 1), 1, _MOST_WAYS):
            pieces = [runs[0]]
            for is_cut, run in zip(joints, runs[1:], strict=True):
                pieces = [*pieces, run] if is_cut else [*pieces[:-1], pieces[-1] + run]
            yield tuple(pieces)
