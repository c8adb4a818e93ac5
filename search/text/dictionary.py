"""Words that are spelled correctly: a question with one of them is not corrected to a word that the articles happen to use.

The words and how often they occur are those of pyspellchecker, from film subtitles (OpenSubtitles) and, for some languages, edited since.
"""

import gzip
import json
import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from functools import lru_cache
from importlib.resources import files

from search.text.normalizer import fold, language

MOST_WORDS = 35_000
"""The most frequent words of a language; rarer ones are as likely to be slips for others: `oder` for `order`, `hight` for `height`."""
LEAST_COUNT = 100
UNCOUNTED = {"de"}
"""German nouns, which have a capital, were not counted there: every word is taken."""
_NEGATING = re.compile("^(?:un|non|dis|mis)")
_AMERICAN = (("our", "or"), ("is", "iz"), ("ys", "yz"), ("tre", "ter"), ("ogue", "og"), ("ll", "l"))
"""How British words are spelt, which the list of English lacks, and how it spells them."""


def is_word(word: str, locale: str) -> bool:
    """Whether a folded word is an everyday one in the language of `locale`; False for languages without a list."""
    code = language(locale)
    ways = [word] if code != "en" else [word, _NEGATING.sub("", word), *(word.replace(british, american) for british, american in _AMERICAN)]
    known = _words(code)
    return any(_holds(known, hash(way)) for way in ways)


def prepare(locales: Iterable[str]) -> None:
    """Reads the lists of these languages, 0.2 s each, before a question has to wait for it."""
    for code in {language(locale) for locale in locales}:
        _words(code)


@lru_cache
def _words(code: str) -> "array[int]":
    """The hashes of the words, in order: 8 bytes for each, where a set of words takes 130."""
    held = files("spellchecker") / "resources" / f"{code}.json.gz"
    if not held.is_file():
        return array("q")
    counts: dict[str, int] = json.loads(gzip.decompress(held.read_bytes()))
    if code not in UNCOUNTED:
        frequent = sorted([(-count, word) for word, count in counts.items() if count >= LEAST_COUNT])[:MOST_WORDS]
        counts = {word: -count for count, word in frequent}
    return array("q", sorted(map(hash, fold(" ".join(counts)).split())))


def _holds(known: "array[int]", one: int) -> bool:
    at = bisect_left(known, one)
    return at < len(known) and known[at] == one
