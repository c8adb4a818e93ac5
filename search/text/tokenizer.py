"""Cut text into words, the same for articles and for queries."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from kb.text.unicode_classes import INVISIBLE, MARKS
from search.text.normalizer import HAS_UNSPACED, UNSPACED, fold, is_unspaced, visible

_WORD = rf"\w{MARKS}"
_TOKEN = re.compile(
    rf"[{UNSPACED}][{UNSPACED}{MARKS}{INVISIBLE}]*|(?:(?![{UNSPACED}_])[{_WORD}{INVISIBLE}])+(?:['’](?:s|t|re|ve|ll|d|m)\b|\+\+|#(?!\w))?",
    re.IGNORECASE,
)
_CONTRACTED = re.compile(r"['’](?<=[^\W_].)(?=(?:s|t|re|ve|ll|d|m)\b)")
_SIGNED = re.compile(r"\+\+(?<=[^\W_]\+\+)|#(?<=[^\W_]#)(?!\w)")
_NOT_ASCII = re.compile("[^\x00-\x7f]")
_LETTERS = re.compile(f"[{_WORD}]+")
_LOWER, _UPPER = "a-zß-öø-ÿα-ωа-џ", "A-ZÀ-ÖØ-ÞΑ-ΩЀ-Я"
_HUMP = rf"[{_LOWER}][{_UPPER}]|\d[{_UPPER}][{_LOWER}]"
_HAS_HUMP = re.compile(_HUMP)
_IS_NAME = re.compile(rf"{_HUMP}|[^\W_]_+[^\W_]")
_NAME = re.compile(rf"\b\w*(?:{_HUMP}|[^\W_]_+[^\W_])\w*")
"""A name as programs have them: `getUserById`, `get_user_by_id`."""
_PART = re.compile(rf"[{_UPPER}]+(?![{_LOWER}])\d*|[{_UPPER}]?[{_LOWER}]+\d*|[^\W_{_LOWER}{_UPPER}]+|[^\W_]")
_LEAST_PART = 3
_SPACED = bytes(code if chr(code).isalnum() else 32 for code in range(128)).ljust(256)
"""For ASCII: cutting at what is neither letter nor digit is several times as fast as a pattern."""
_CHARACTER = re.compile(f"[^{MARKS}{INVISIBLE}\uff9e\uff9f][{MARKS}{INVISIBLE}\uff9e\uff9f]*|.")
"""One with its vowel signs, tone or voicing marks."""
MAX_WORD_CHARS = 40
_BETWEEN = "\x01"
MARK = "A"
"""Between the words of two texts: no folded word holds a capital."""


def spans(text: str) -> Iterator[tuple[str, int, int]]:
    """The folded words of `text` with where each begins and ends in it; scripts without spaces as overlapping pairs of characters."""
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        if is_unspaced(match[0]):
            edges = [start + one.start() for one in _CHARACTER.finditer(match[0])] + [end]
            for first, last in zip(edges, edges[2:] or edges[1:], strict=False):
                yield fold(text[first:last]), first, last
        elif word := _word(match[0]):
            yield word, start, end


def words(text: str) -> list[str]:
    """The folded words of `text` in order."""
    if not text.isascii() and HAS_UNSPACED.search(text):
        return [word for word, _, _ in spans(text)]
    found = _cut(fold(text))
    return found if _are_short(found) else _shortened(found)


def indexed_words(text: str) -> list[str]:
    """The same as an index holds them: names of programs whole and in parts."""
    return words(_with_parts(text))


def _with_parts(text: str) -> str:
    """`text` with the parts of each name behind it, as words: `getuserbyid get user by id`."""
    text = visible(text)
    return _NAME.sub(lambda name: " ".join((name[0].replace("_", ""), *_parts(name[0]))), text) if _IS_NAME.search(text) else text


def _parts(name: str) -> list[str]:
    """The words that a name is made of; none of a brand such as `WiFi` or `IoT`, whose pieces are none."""
    parts = _PART.findall(name)
    return parts if "_" in name or any(len(part) >= _LEAST_PART for part in parts) else []


def humps(text: str) -> dict[str, tuple[str, ...]]:
    """Folded word → its folded parts, for each word of `text` whose capitals show them: `getUserById`."""
    if not _HAS_HUMP.search(text):
        return {}
    named = [word for name in _NAME.findall(visible(text)) for word in name.split("_") if _HAS_HUMP.search(word)]
    return {fold(word)[:MAX_WORD_CHARS]: tuple(map(fold, parts)) for word in named if (parts := _parts(word))}


def part_spans(text: str) -> Iterator[tuple[str, int, int]]:
    """The folded parts of the names in `text` that capitals show, with where each begins and ends."""
    if _HAS_HUMP.search(text):
        for name in _NAME.finditer(text):
            for part in _PART.finditer(name[0]) if _parts(name[0]) else ():
                yield fold(part[0]), name.start() + part.start(), name.start() + part.end()


def words_of(texts: Sequence[str]) -> tuple[list[str], set[str]]:
    """The folded words of one text after the other as an index holds them, MARK between those of two, and each word once.

    Many short texts are cut as fast as a long one.
    """
    joined = _BETWEEN.join(texts)
    if joined.count(_BETWEEN) < len(texts):
        joined = _with_parts(joined)
    if not joined.isascii() and all(map(_is_sign, {*_NOT_ASCII.findall(joined)})):
        joined = joined.replace("’", "'").encode("ascii", "replace").decode()
    if joined.isascii() and joined.count(_BETWEEN) < len(texts):
        found = _cut(joined.lower().replace(_BETWEEN, f" {MARK} "))
    else:
        found = [word for text in texts for word in (MARK, *indexed_words(text))][1:]
    each = {*found}
    if not _are_short(each):
        found = _shortened(found)
        each = {*found}
    each.discard(MARK)
    return found, each


def _is_sign(character: str) -> bool:
    """Whether it is in no word, nor a part of a letter."""
    if character == "™":
        return True
    is_of_letter = unicodedata.category(character)[0] == "M" or any(map(str.isalnum, unicodedata.normalize("NFKD", character)))
    return not is_of_letter and not is_unspaced(character)


def _cut(folded: str) -> list[str]:
    if "'" in folded or "’" in folded:
        folded = _CONTRACTED.sub("", folded)
    if "++" in folded or "#" in folded:
        folded = _SIGNED.sub(lambda found: "sharp " if found[0] == "#" else "plusplus ", folded)
    return folded.encode().translate(_SPACED).decode().split() if folded.isascii() else _LETTERS.findall(folded.replace("_", " "))


def _are_short(words: Iterable[str]) -> bool:
    return max(map(len, words), default=0) <= MAX_WORD_CHARS


def _shortened(words: Iterable[str]) -> list[str]:
    return [word[:MAX_WORD_CHARS] for word in words]


def _word(text: str) -> str:
    return _bare(fold(text))


def _bare(word: str) -> str:
    return word.replace("'", "").replace("’", "").replace("++", "plusplus").replace("#", "sharp")[:MAX_WORD_CHARS]
