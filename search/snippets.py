"""Snippets: the sentence that matters, cut from our own text, with the words asked for marked."""

import re
from collections.abc import Collection, Iterable, Sequence
from html import escape
from itertools import islice, takewhile

from search.words import is_cjk, language, spans, stem, words

SNIPPET_CHARS = 190
_LEAD_CHARS = 40
_FOREIGN = re.compile(r"[^\x00-\xbf\u2000-\u2bff]")
"""Letters that folding changes, or that stand without spaces between words: anything but ASCII, marks and symbols."""
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
        found = self._found(text)
        start, end = _window(text, found)
        before, after = "… " if start else "", " …" if end < len(text) else ""
        return f"{before}{_marked(text, found, start, end)}{after}"

    def _found(self, text: str) -> list["_Found"]:
        """Where each asked word begins and ends, and the word."""
        if _FOREIGN.search(text):
            return [(start, end, word) for word, start, end in spans(text) if self._matches(word)]
        found, lower = [], text.lower()
        for beginning in self._beginnings:
            at = lower.find(beginning)
            while at >= 0:
                end = at + 1
                if at == 0 or not lower[at - 1].isalnum():
                    end = _REST.match(text, at).end()  # type: ignore[union-attr]
                    if word := self._asked(text[at:end]):
                        found.append((at, end, word))
                at = lower.find(beginning, end)
        return sorted(found) if len(self._beginnings) > 1 else found

    def _asked(self, written: str) -> str:
        """The folded word, if it is one of those asked for; else empty."""
        word = self._seen.get(written)
        if word is None:
            folded = words(written)
            word = self._seen[written] = folded[0] if folded and self._matches(folded[0]) else ""
        return word

    def _matches(self, word: str) -> bool:
        known = self._known.get(word)
        if known is None:
            known = self._known[word] = word.startswith(self._prefixes) or any(stem(word, locale) in self._stems for locale in self._locales)
        return known


_Found = tuple[int, int, str]


def _beginnings(stems: Collection[str], prefixes: Collection[str], *, changed: int) -> list[str]:
    """What the words begin with, none with another. A stemmer leaves all but the last letters alone, so most words need no stem to be told apart."""
    shortest: list[str] = []
    for one in sorted({*(one[: max(2, len(one) - changed)] for one in stems), *prefixes}):
        if not shortest or not one.startswith(shortest[-1]):
            shortest.append(one)
    return shortest


def _marked(text: str, found: Iterable[_Found], start: int, end: int) -> str:
    """That stretch of the text as escaped HTML; words that overlap, as in Chinese, are marked as one."""
    pieces, done, is_open = [], start, False
    for begins, ends, _ in found:
        if begins < start or ends > end:
            continue
        if is_open and begins >= done:
            pieces.append("</mark>")
            is_open = False
        if not is_open:
            pieces += [escape(text[done:begins]), "<mark>"]
            done, is_open = begins, True
        pieces.append(escape(text[done:ends]))
        done = ends
    return "".join([*pieces, "</mark>" if is_open else "", escape(text[done:end])])


def _window(text: str, found: Sequence[_Found]) -> tuple[int, int]:
    """The stretch with the most different words, begun and ended between words."""
    size = SNIPPET_CHARS // 2 if found and is_cjk(found[0][2]) else SNIPPET_CHARS
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
