"""Snippets: the sentence that matters, cut from our own text, with the words asked for marked."""

import re
from collections.abc import Collection, Iterator
from html import escape

from search.words import is_cjk, language, spans, stem, words

SNIPPET_CHARS = 190
_LEAD_CHARS = 40
_FOREIGN = re.compile(r"[^\x00-\xbf\u2000-\u2bff]")
"""Letters that folding changes, or that stand without spaces between words: anything but ASCII, marks and symbols."""
_SPACE = re.compile(r"\s+")


class Marker:
    """Marks the words of one question; escaping comes first, so no text of an article can become markup."""

    def __init__(self, stems: Collection[str], prefixes: Collection[str], locales: tuple[str, ...]) -> None:
        self._stems = frozenset(stems)
        self._prefixes = tuple(prefixes)
        self._locales = locales
        # A stemmer leaves the beginning of a word alone, so most words need no stem to be told apart; the Dutch one makes `factuur` of `facturen`.
        changed = 3 if any(language(locale) == "nl" for locale in locales) else 1
        starts = {one[: max(2, len(one) - changed)] for one in self._stems} | set(self._prefixes)
        beginnings = "|".join(re.escape(one) for one in sorted(starts)) or "(?!)"
        self._possible = re.compile(rf"(?<![^\W_])(?:{beginnings})[^\W_]*(?:\+\+|#)?", re.IGNORECASE)
        self._known: dict[str, bool] = {}
        self._seen: dict[str, str] = {}

    def marked(self, text: str) -> str:
        """The whole text as escaped HTML."""
        pieces, done = [], 0
        for start, end, _ in self._merged(text):
            pieces += [escape(text[done:start]), "<mark>", escape(text[start:end]), "</mark>"]
            done = end
        return "".join([*pieces, escape(text[done:])])

    def snippet(self, text: str) -> str:
        """About SNIPPET_CHARS characters of `text` where most of the asked words stand together, as escaped HTML."""
        text = _SPACE.sub(" ", text).strip()
        start, end = _window(text, list(self._found(text)))
        before, after = "… " if start else "", " …" if end < len(text) else ""
        return f"{before}{self.marked(text[start:end])}{after}"

    def _found(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Where each asked word begins and ends, and the word."""
        if not _FOREIGN.search(text):
            for match in self._possible.finditer(text):
                if word := self._asked(match[0]):
                    yield match.start(), match.end(), word
        else:
            yield from ((start, end, word) for word, start, end in spans(text) if self._matches(word))

    def _merged(self, text: str) -> list[tuple[int, int, str]]:
        """The same with overlapping ones, as in Chinese, made one."""
        merged: list[tuple[int, int, str]] = []
        for start, end, word in self._found(text):
            if merged and start < merged[-1][1]:
                merged[-1] = (merged[-1][0], end, word)
            else:
                merged.append((start, end, word))
        return merged

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


def _window(text: str, found: list[tuple[int, int, str]]) -> tuple[int, int]:
    """The stretch with the most different words, begun and ended between words."""
    size = SNIPPET_CHARS // 2 if found and is_cjk(found[0][2]) else SNIPPET_CHARS
    if len(text) <= size + _LEAD_CHARS:
        return 0, len(text)
    best = max(found, key=lambda one: len({word for start, _, word in found if one[0] <= start < one[0] + size - _LEAD_CHARS}), default=(0, 0, ""))[0]
    start = _sentence_start(text, best)
    end = min(len(text), start + size)
    return start, end if end == len(text) else max(text.rfind(" ", start + size // 2, end), start + size // 2)


def _sentence_start(text: str, at: int) -> int:
    """The beginning of the sentence around `at` when it is near, else of a word a little before."""
    earliest = max(0, at - _LEAD_CHARS)
    for mark in (". ", "? ", "! ", ": "):
        if (found := text.rfind(mark, max(0, at - 2 * _LEAD_CHARS), at)) >= 0:
            return found + len(mark)
    return 0 if earliest == 0 else text.find(" ", earliest, at) + 1 or at
