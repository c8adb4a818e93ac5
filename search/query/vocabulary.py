"""The words of the index: how rare each is, which it may have been meant for, and how it may be split or joined."""

import json
import math
import re
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, product

from rapidfuzz import process
from rapidfuzz.distance import OSA

from search.index.store import ADMITTED, Store
from search.text.compounds import COMPOUNDING, LEAST_PART, UNSPACED, Compounds
from search.text.stop_words import stop_words
from search.text.tokenizer import is_unspaced, language, spellings, stem

EXPANSIONS = 24
COMPOUNDS = 8
_CORRECTIONS = 3
_LEAST_PREFIX = 5
_ELECTRONIC = frozenset("e")
"""In Italian and Portuguese an “and” as well, in every language the beginning of `e-mail`."""
_LEAST_TWICE_WRONG = 7
"""Letters of the longer word where two errors lie between: too many shorter ones are as near."""
_LEAST_APART, _LONGEST_APART = 4, 12
_RUNS = re.compile(r"\d+|\D+")
_MOST_WAYS = 64
_MOST_APART = 3
_LEAST_BEGUN, _MOST_BEGUN = 4, 16
"""Letters of an unfinished word that is compared with the beginnings of others."""


@dataclass(frozen=True, slots=True)
class SimilarWord:
    """A word of the index that an unknown one may stand for; `likeness` is 0.0 to 1.0."""

    word: str
    stems: tuple[str, ...]
    """Its own first; of a beginning, those of the words that go on from it."""
    likeness: float
    errors: int


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
        self._by_length: dict[int, list[str]] | None = None
        self._begun: dict[str, dict[str, int]] = {}
        self._reading = threading.Lock()
        self._frequencies = store.frequencies()  # looked up one by one they took a tenth of a new answer
        if self.has_hidden and audiences is not None:
            self._frequencies = dict(self._frequencies)
            for hidden, count in store.hidden(audiences).items():
                self._frequencies[hidden] = self._frequencies.get(hidden, 0) - int(count)
        self.documents = lru_cache(maxsize=8192)(self._documents)
        self.frequency = lru_cache(maxsize=4096)(self._frequency)
        self.rarity_of = lru_cache(maxsize=4096)(self._rarity_of)
        """The rarities of some stems with spaces between them, each once, in all."""
        self.near = lru_cache(maxsize=1024)(self._near)
        self.near_beginnings = lru_cache(maxsize=1024)(self._near_beginnings)
        self.expand = lru_cache(maxsize=1024)(self._beginnings)
        self.stems = lru_cache(maxsize=4096)(self._stems)
        self.compounds = lru_cache(maxsize=1024)(self._compounds_of)
        self.apart = lru_cache(maxsize=1024)(self._apart)
        self.stop_words = frozenset[str]().union(*map(stop_words, self.locales))
        self._joined: Compounds | None = None

    def rarity(self, stem: str) -> float:
        """Inverse document frequency (BM25's, never below 0) of a stem that occurs."""
        count = self.documents(stem)
        return math.log(1 + (self.size - count + 0.5) / (count + 0.5))

    def _rarity_of(self, stems: str) -> float:
        return sum(map(self.rarity, {*stems.split()}))

    @property
    def greatest_rarity(self) -> float:
        """What a word that occurs nowhere would weigh."""
        return math.log(2 * self.size + 2)

    def _documents(self, stem: str) -> int:
        count = self._frequencies.get(stem, 0)
        return min(count, self.size) if count > 0 and not (self._only and self._is_foreign(stem)) else 0

    def _is_foreign(self, stem: str) -> bool:
        """Whether only documents in other languages hold the stem."""
        rows = self._store.connection.execute("SELECT DISTINCT locale FROM words WHERE stem = ?", (stem,)).fetchall()
        return bool(rows) and not any(locale in self._only for (locale,) in rows)

    def _stems(self, word: str) -> tuple[str, ...]:
        """The stems of a word in the languages of the index that occur in it."""
        found = dict.fromkeys(stem(one, locale) for locale in self.locales for one in spellings(word, locale))
        return tuple(one for one in found if self.documents(one))

    def form(self, stem: str) -> str:
        """The word behind a stem that the articles use most."""
        sql = f"SELECT word FROM words WHERE stem = ?{self._where} GROUP BY word ORDER BY total(documents) DESC, length(word), word LIMIT 1"
        rows = self._store.connection.execute(sql, (stem, *self._values))
        return next((str(word) for (word,) in rows), stem)

    def _frequency(self, word: str) -> tuple[int, int]:
        """In how many documents and titles this very form of the word occurs."""
        sql = "SELECT total(documents), total(titles) FROM words WHERE word = ?" + self._where
        row = self._store.connection.execute(sql, (word, *self._values)).fetchone()
        return int(row[0]), int(row[1])

    def _expand(self, prefix: str) -> tuple[tuple[str, bool], ...]:
        """The stems of words that begin with `prefix`, those in titles and then the most frequent first, and whether a title holds each."""
        rows = self._store.connection.execute(
            f"SELECT stem, max(titles) > 0 FROM words WHERE word >= ? AND word < ?{self._where}"
            " GROUP BY +stem ORDER BY total(titles) * 4 + total(documents) DESC LIMIT ?",
            (prefix, prefix + "\U0010ffff", *self._values, EXPANSIONS),
        )
        return tuple((stem, bool(in_title)) for stem, in_title in rows)

    def _beginnings(self, prefix: str) -> tuple[tuple[str, bool], ...]:
        """The same for every way to spell `prefix` in the languages of the index."""
        ways = dict.fromkeys(one for locale in self.locales for one in spellings(prefix, locale))
        return tuple(dict.fromkeys(found for one in ways or (prefix,) for found in self._expand(one)))

    def _near(self, word: str) -> tuple[SimilarWord, ...]:
        """Words of the index at most two typing errors away, the likeliest first."""
        allowed = errors_allowed(word)
        if not allowed:
            return ()
        by_length = self._words()
        pool = [known for length in range(len(word) - allowed, len(word) + allowed + 1) for known in by_length.get(length, ())]
        found = process.extract(word, pool, scorer=OSA.distance, score_cutoff=allowed, limit=24)
        close = [(known, int(distance)) for known, distance, _ in found if _is_slip(word, known, int(distance))]
        rated = sorted(((self._likeness(word, known, distance), known, distance) for known, distance in close), reverse=True)
        return tuple(SimilarWord(known, stems[:1], likeness, distance) for likeness, known, distance in rated[:_CORRECTIONS] if (stems := self.stems(known)))

    def _near_beginnings(self, word: str) -> tuple[SimilarWord, ...]:
        """What an unfinished word with one typing error may go on to: `bluetooth` for `bleut`. Its first letter is right, or the first two are exchanged.

        Of 524 beginnings of titles with an error in the last word, 67 in 100 found theirs among five instead of 49.
        """
        if errors_allowed(word) == 0 or len(word) < _LEAST_BEGUN:
            return ()
        pool = self._begun_with(word[0]) | self._begun_with(word[1])
        found = process.extract(word, pool.keys(), scorer=OSA.distance, score_cutoff=1, limit=24)
        rated = sorted(((self._rated(word, begun, int(distance), pool[begun]), begun) for begun, distance, _ in found), reverse=True)
        return tuple(
            SimilarWord(self.form(stems[0]), stems, likeness, 1)
            for likeness, begun in rated[:_CORRECTIONS]
            if (stems := tuple(stem for stem, _ in self.expand(begun)))
        )

    def _begun_with(self, letter: str) -> dict[str, int]:
        """The beginnings of the words with this first letter, and how often titles (four times) and documents hold such words."""
        found = self._begun.get(letter)
        if found is None:
            sql = "SELECT word, total(titles) * 4 + total(documents) FROM words WHERE word >= ? AND word < ?"
            rows = self._store.connection.execute(f"{sql}{self._where} GROUP BY word", (letter, letter + "\U0010ffff", *self._values))
            counts: dict[str, int] = defaultdict(int)
            for word, count in rows:
                if word.isalpha() and not is_unspaced(word):
                    for end in range(_LEAST_BEGUN - 1, min(len(word), _MOST_BEGUN) + 1):
                        counts[word[:end]] += int(count)
            found = self._begun[letter] = dict(counts)
        return found

    def _likeness(self, word: str, known: str, distance: int) -> float:
        documents, titles = self.frequency(known)
        return self._rated(word, known, distance, documents + 4 * titles)

    def _rated(self, word: str, known: str, distance: int, count: int) -> float:
        common = math.log1p(count) / math.log1p(5 * self.size)
        same_start = 0.12 * (word[0] == known[0]) + 0.06 * (sorted(word) == sorted(known)) + 0.04 * (word[-1] == known[-1])
        return max(0.05, min(1.0, 0.86 - 0.28 * distance + same_start + 0.22 * common))

    def split(self, word: str) -> tuple[str, str] | None:
        """The two words of the index that `word` runs together, when there are such."""
        if len(word) < 6 or is_unspaced(word) or not word.isalpha():
            return None
        pairs = ((word[:at], word[at:]) for at in range(3, len(word) - 2))
        known = [(min(self.frequency(left)[0], self.frequency(right)[0]), left, right) for left, right in pairs]
        best = max(known)
        return (best[1], best[2]) if best[0] else None

    def _apart(self, word: str) -> tuple[str, ...]:
        """The rows of stems that articles write for `word`: `wi fi` for `wifi`, `esp32 c3` for `esp32c3`, `10 000` for `10000`."""
        if is_unspaced(word) or not word.isalnum():
            return ()
        found = (self.phrase(pieces) for pieces in _cut_apart(word) if not (self.stop_words - _ELECTRONIC) & {*pieces})
        return tuple(one for one in dict.fromkeys(found) if one)[:_MOST_APART]

    def phrase(self, pieces: Sequence[str]) -> str | None:
        """The stems of these words with spaces between, where an article holds them in a row."""
        if len(pieces) < 2 or not all(self.frequency(one)[0] for one in pieces):
            return None
        phrase = " ".join((self.stems(one) or (one,))[0] for one in pieces)
        return phrase if self._matches(f'"{phrase}"') else None

    def is_known(self, word: str) -> bool:
        """Whether an article holds the word, a longer one that begins with it, or a row of words that it is."""
        return bool(self.stems(word) or self.expand(word) or self.apart(word))

    def is_in_a_title(self, typed: Sequence[str]) -> bool:
        """Whether a title, or keywords, hold these words in a row, the last of which may be unfinished."""
        return self._matches(f"{{title keywords}} : ({self.in_a_row(typed)})")

    def in_a_row(self, typed: Sequence[str], sign: str = "") -> str:
        """Asks FTS5 for these words in a row, the last of which may be unfinished; with `^` at the beginning of a field."""
        *whole, last = typed
        begun = " ".join([(self.stems(word) or (word,))[0] for word in whole] + [""])
        return " OR ".join([f'{sign}"{begun}{end}"*' for end in dict.fromkeys((last, *self.stems(last)))])  # `batteri` is the stem of `battery`

    def _matches(self, expression: str) -> bool:
        sql, values = "SELECT 1 FROM articles WHERE articles MATCH ?", [expression]
        if self.has_hidden:
            sql, values = f"{sql} AND +rowid IN (SELECT id FROM documents WHERE {ADMITTED})", [*values, self._audiences]
        return self._store.connection.execute(f"{sql} LIMIT 1", values).fetchone() is not None

    def parts(self, word: str) -> tuple[str, ...]:
        """The known words that an unknown compound ends and begins with; empty in a language that has no compounds."""
        return self._compounds().parts(word, LEAST_PART) if self._in(COMPOUNDING) and word.isalpha() and not is_unspaced(word) else ()

    def ending(self, character: str) -> tuple[str, ...]:
        """The pairs of characters that end with this one, those in most documents first."""
        return tuple(sorted(self._compounds().ending(character), key=lambda one: -self.documents(one))[:COMPOUNDS])

    def prefix_matches(self, word: str) -> tuple[str, ...]:
        """The stems that share the beginning of an unknown word, all but three letters at most: `retour` for `retourner`."""
        for own in dict.fromkeys(stem(word, locale) for locale in self.locales if word.isalpha() and not is_unspaced(word)):
            for length in range(len(own), max(_LEAST_PREFIX, len(own) - 3) - 1, -1):
                if found := [one for one, _ in self._expand(own[:length]) if len(one) <= length + 3]:
                    return tuple(found[:_CORRECTIONS])
        return ()

    def _compounds_of(self, word: str) -> tuple[str, ...]:
        """The stems of words that end or begin with `word`, in languages that write compounds; those in most documents first."""
        found = dict.fromkeys(
            one
            for locale in self._in(COMPOUNDING)
            for way in spellings(word, locale)
            for part in dict.fromkeys((stem(way, locale), way))
            for one in self._compounds().of(part)
        )
        return tuple(sorted(found, key=lambda one: -self.documents(one))[:COMPOUNDS])

    def _compounds(self) -> Compounds:
        if self._joined is None:
            chosen = self._in((*COMPOUNDING, *UNSPACED))
            marks = ",".join("?" * len(chosen))
            rows = self._store.connection.execute(f"SELECT word, stem FROM words WHERE locale IN ({marks}){self._where}", (*chosen, *self._values))
            self._joined = Compounds(dict(rows), lambda word: bool(self.stems(word)))
        return self._joined

    def _in(self, languages: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(locale for locale in self.locales if language(locale) in languages)

    def _words(self) -> dict[int, list[str]]:
        with self._reading:
            if self._by_length is None:
                self._by_length = defaultdict(list)
                for (word,) in self._store.connection.execute("SELECT DISTINCT word FROM words WHERE length(word) > 2" + self._where, self._values):
                    if word.isalpha() and not is_unspaced(word):
                        self._by_length[len(word)].append(word)
            return self._by_length


def _cut_apart(word: str) -> Iterator[tuple[str, ...]]:
    """The ways to cut a word that people spell apart: letters behind one or two, or before two; where letters meet digits; digits in thousands.

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


def _is_slip(word: str, known: str, distance: int) -> bool:
    """Whether an error of that size is likely: `slack` is no slip for `lack`, nor is `fritzing`, wrong in two places, for `writing`."""
    is_long = max(len(word), len(known)) >= _LEAST_TWICE_WRONG
    return distance < 2 + is_long and (word[0] == known[0] or word[:2] == known[1::-1] or (is_long and distance < 2))


def errors_allowed(word: str) -> int:
    """How many typing errors a word of this length may hold and still be corrected; 0 for numbers and codes."""
    digits = sum(char.isdigit() for char in word)
    if digits > 1 or len(word) < 4 or is_unspaced(word):
        return 0 if digits or len(word) != 3 or is_unspaced(word) else 1
    return 1 if len(word) < 6 else 2
