"""Snippets: the sentence that matters, with the query's words marked."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from html import escape
from itertools import islice, takewhile

from search.text.normalizer import fold, is_unspaced, language, visible
from search.text.stemmer import stem
from search.text.tokenizer import MAX_WORD_CHARS, part_spans, spans, words

SNIPPET_CHARS = 190
_LEAD_CHARS = 40
_LOOKED_AT = 12
"""Places of each word that decide where a snippet is cut: in a long text the first ones tell as much as all."""
_LOWER_AND_SPACES = bytes(ord(chr(code).lower()) if chr(code).isalnum() else 32 for code in range(128)).ljust(256)
_UNTOLD = "\0"
_OPEN, _CLOSE = "\x02", "\x03"
"""Where a mark begins and ends until the text is escaped, all at once."""
_LONGEST_ENDING = {1: 3, 2: 3, 3: 6}
"""Letters that a stem so short may lose: few, or every word with its first letters would have to be stemmed."""
_REST = re.compile(r"[^\W_]*(?:\+\+|#)?")


class Marker:
    """Marks the words of one question; escaping comes first, so no text of an article can become markup."""

    def __init__(self, stems: Collection[str], prefixes: Collection[str], locales: tuple[str, ...]) -> None:
        self._stems = frozenset(stems)
        self._prefixes = tuple(prefixes)
        self._locales = locales
        # The Dutch stemmer makes `factuur` of `facturen`.
        self._beginnings = _beginnings(self._stems, self._prefixes, changed=3 if any(language(locale) == "nl" for locale in locales) else 1)
        self._known: dict[str, bool] = {}
        self._seen: dict[str, str] = {}

    def marked(self, text: str) -> str:
        """The whole text as escaped HTML."""
        return _marked(text, self._found(text), 0, len(text))

    def snippet(self, text: str) -> str:
        """About SNIPPET_CHARS characters of `text` where most of the asked words stand together, as escaped HTML."""
        text = text.strip()
        found = self._found(text, most=_LOOKED_AT)
        start, end = _window(text, found)
        if len(found) >= _LOOKED_AT:  # there may be more
            found = self._found(text, start, end)
        before, after = "… " if start else "", " …" if end < len(text) else ""
        return f"{before}{_marked(text, found, start, end)}{after}"

    def _found(self, text: str, start: int = 0, end: int | None = None, most: int = 1 << 30) -> list["_Found"]:
        """Where each asked word begins and ends in that stretch of the text, and the word; of each beginning at most so many."""
        end = len(text) if end is None else end
        spaced = _spaced(text)
        found = [(begins, ends, word) for word, begins, ends in _parts(text) if start <= begins and ends <= end and self._matches(word)]
        if spaced is None:
            found += [(begins, ends, word) for word, begins, ends in spans(text) if start <= begins and ends <= end and self._matches(word)]
            return sorted(found)
        for beginning, longest in self._beginnings.items():
            left, at = most, spaced.find(beginning, start, end + 1)
            while at >= 0 and left:
                after = _REST.match(text, at).end()  # type: ignore[union-attr]
                if after - at <= longest and (word := self._asked(text[at:after])):
                    found.append((at, after, word))
                    left -= 1
                at = spaced.find(beginning, after, end + 1)
        return sorted(found)

    def _asked(self, written: str) -> str:
        """The folded word, if it is one of those asked for; else empty."""
        word = self._seen.get(written)
        if word is None:
            folded = [written.lower()] if written.isascii() and written.isalnum() else words(written)
            word = self._seen[written] = folded[0] if folded and self._matches(folded[0]) else ""
        return word

    def _matches(self, word: str) -> bool:
        known = self._known.get(word)
        if known is None:
            known = self._known[word] = word.startswith(self._prefixes) or any(stem(word, locale) in self._stems for locale in self._locales)
        return known


@lru_cache(maxsize=32)
def make_marker(stems: frozenset[str], prefixes: tuple[str, ...], locales: tuple[str, ...]) -> Marker:
    """A marker that remembers the words it saw, in the other hits of an answer and from one keystroke to the next."""
    return Marker(stems, prefixes, locales)


_Found = tuple[int, int, str]


def _beginnings(stems: Collection[str], prefixes: Collection[str], *, changed: int) -> dict[str, int]:
    """What the words begin with, after a space, none with another, and how long such a word may be.

    A stemmer leaves all but the last letters alone, so most words need no stem to be told apart.
    """
    shortest: dict[str, int] = {}
    last = ""
    longest = dict.fromkeys(prefixes, MAX_WORD_CHARS)
    for one in stems:
        written = one.removesuffix("plusplus").removesuffix("sharp") or one  # `c++` and `c#`
        start = written[: max(2, len(written) - changed)]
        longest[start] = max(longest.get(start, 0), len(written) + _LONGEST_ENDING.get(len(written), MAX_WORD_CHARS))
    for one in sorted(longest):
        if not shortest or not one.startswith(last):
            last = one
        shortest[last] = max(shortest.get(last, 0), longest[one])
    return {f" {start}": length for start, length in shortest.items()}


@lru_cache(maxsize=2048)
def _spaced(text: str) -> str | None:
    """`text` folded, with a space before it and for all that is in no word: each word stands one place later, behind a space.

    None where places would not stay the same, or words stand without spaces: only cutting them tells.
    """
    if text.isascii():
        return " " + text.encode().translate(_LOWER_AND_SPACES).decode()
    folded = "".join(map(_folded, text))
    return None if _UNTOLD in folded else " " + folded


@lru_cache(maxsize=2048)
def _parts(text: str) -> tuple[tuple[str, int, int], ...]:
    """The parts of names, which stand in the index as words of their own."""
    return tuple(part_spans(text))


@lru_cache(maxsize=4096)
def _folded(character: str) -> str:
    if not character.isalnum():
        return _UNTOLD if unicodedata.category(character)[0] == "M" or not visible(character) else " "
    folded = fold(character)
    return folded if len(folded) == 1 and not is_unspaced(character) else _UNTOLD


def _marked(text: str, found: Iterable[_Found], start: int, end: int) -> str:
    """That stretch of the text as escaped HTML; words that overlap, as in Chinese, are marked as one."""
    if _OPEN in text or _CLOSE in text:
        text = text.replace(_OPEN, " ").replace(_CLOSE, " ")
    pieces, done, is_open = [], start, False
    for begins, ends, _ in found:
        if begins < start or ends > end:
            continue
        if is_open and begins >= done:
            pieces.append(_CLOSE)
            is_open = False
        if not is_open:
            pieces += [text[done:begins], _OPEN]
            done, is_open = begins, True
        pieces.append(text[done:ends])
        done = ends
    marked = "".join([*pieces, _CLOSE if is_open else "", text[done:end]])
    return escape(marked).replace(_OPEN, "<mark>").replace(_CLOSE, "</mark>")


def _window(text: str, found: Sequence[_Found]) -> tuple[int, int]:
    """The stretch with the most different words, begun and ended between words."""
    size = SNIPPET_CHARS // 2 if found and is_unspaced(found[0][2]) else SNIPPET_CHARS
    if len(text) <= size + _LEAD_CHARS:
        return 0, len(text)
    start = _sentence_start(text, _densest(found, size - _LEAD_CHARS))
    end = min(len(text), start + size)
    between = text.rfind(" ", start + size // 2, end)
    return start, between if between > 0 and end < len(text) else end


def _densest(found: Sequence[_Found], size: int) -> int:
    """Where the first stretch of `size` characters begins that holds the most different words."""
    best, most = found[0][0] if found else 0, 1
    possible = len({word for _, _, word in found})
    for at, (start, _, _) in enumerate(found):
        if most == possible:
            break
        held = {word for begins, _, word in takewhile(lambda one: one[0] < start + size, islice(found, at, None))}  # noqa: B023
        if len(held) > most:
            best, most = start, len(held)
    return best


def _sentence_start(text: str, at: int) -> int:
    """The beginning of the sentence around `at` when it is near, else of a word a little before."""
    earliest = max(0, at - _LEAD_CHARS)
    for mark in (". ", "? ", "! ", ": ", "。", "？", "！"):
        if (found := text.rfind(mark, max(0, at - 2 * _LEAD_CHARS), at)) >= 0:
            return found + len(mark)
    return 0 if earliest == 0 else text.find(" ", earliest, at) + 1 or at
