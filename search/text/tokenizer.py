"""Words: how text is cut, folded and stemmed, the same for articles and for questions."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from threading import Lock

import Stemmer

from kb.text.unicode_classes import INVISIBLE, MARKS

_STEMMERS = {
    "en": "english", "es": "spanish", "pt": "portuguese", "fr": "french", "de": "german", "it": "italian", "nl": "dutch",
    "da": "danish", "fi": "finnish", "hu": "hungarian", "no": "norwegian", "nb": "norwegian", "ro": "romanian", "ru": "russian",
    "sv": "swedish", "tr": "turkish",
}  # fmt: skip
_CJK = "\u3005-\u3007\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003fffd"
_UNSPACED = _CJK + (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u0edc-\u0edf"  # Thai, Lao
    "\u1000-\u103f\u1050-\u108f\u109a-\u109f\ua9e0-\ua9ef\ua9fa-\ua9fe\uaa60-\uaa76\uaa7a-\uaa7f"  # Burmese
    "\u1780-\u17d3\u17d7\u17dc\u17dd"  # Khmer
)
"""Scripts that put no spaces between words."""
_WORD = rf"\w{MARKS}"
_TOKEN = re.compile(
    rf"[{_UNSPACED}][{_UNSPACED}{MARKS}{INVISIBLE}]*|(?:(?![{_UNSPACED}_])[{_WORD}{INVISIBLE}])+(?:['’](?:s|t|re|ve|ll|d|m)\b|\+\+|#(?!\w))?",
    re.IGNORECASE,
)
_IS_CJK = re.compile(f"[{_CJK}]")
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")
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
_INVISIBLE = re.compile(f"[{INVISIBLE}]+")
_UNWRITTEN = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8"
    "\u06ea-\u06ed\u0711\u0730-\u074a\u07eb-\u07f3\u0816-\u0819\u081b-\u0823\u0825-\u0827\u0829-\u082d\u0859-\u085b\u0898-\u089f\u08ca-\u08ff"
    f"\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u2cef-\u2cf1\u2de0-\u2dff\ua66f-\ua67d\ufb1e\ufe20-\ufe2f{INVISIBLE}]+"
)
"""Marks that people leave out as they type: accents, Hebrew points, Arabic vowels and tatweel. Other scripts keep theirs."""
_OTHER_DIGIT = re.compile("[^\\D0-9]")
_SARA_AM = {"\u0e4d\u0e32": "\u0e33", "\u0ecd\u0eb2": "\u0eb3"}
"""Thai and Lao vowels that compatibility takes apart for good."""
_LIGATURES = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ı": "i"}
_LIGATURE = re.compile(f"[{''.join(_LIGATURES)}]")
_CHARACTER = re.compile(f"[^{MARKS}{INVISIBLE}\uff9e\uff9f][{MARKS}{INVISIBLE}\uff9e\uff9f]*|.")
"""One with its vowel signs, tone or voicing marks."""
_TYPED_UMLAUT = re.compile("ae|oe|(?<![aeq])ue")
MAX_WORD_CHARS = 40
_BETWEEN = "\x01"
MARK = "A"
"""Between the words of two texts: no folded word holds a capital."""
_one_at_a_time = Lock()  # a stemmer keeps the word it works on


def fold(text: str) -> str:
    """Return `text` in lower case, without accents and invisible characters, its digits as 0 to 9."""
    if text.isascii():
        return text.lower()
    text = text.replace("™", " ")  # no letters of the name before it
    bare = _UNWRITTEN.sub("", unicodedata.normalize("NFKD", text.casefold()).lower())  # only taken apart `℃` has a capital
    if bare.isascii():
        return bare
    bare = _OTHER_DIGIT.sub(lambda found: str(unicodedata.decimal(found[0])), unicodedata.normalize("NFC", bare))
    for apart, whole in _SARA_AM.items():
        bare = bare.replace(apart, whole)
    return _LIGATURE.sub(lambda found: _LIGATURES[found[0]], bare)


def visible(text: str) -> str:
    """Return `text` without soft hyphens and zero-width characters."""
    return text if text.isascii() else _INVISIBLE.sub("", text)


def spans(text: str) -> Iterator[tuple[str, int, int]]:
    """The folded words of `text` with where each begins and ends in it; scripts without spaces as overlapping pairs of characters."""
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        if _IS_UNSPACED.match(match[0]):
            edges = [start + one.start() for one in _CHARACTER.finditer(match[0])] + [end]
            for first, last in zip(edges, edges[2:] or edges[1:], strict=False):
                yield fold(text[first:last]), first, last
        elif word := _word(match[0]):
            yield word, start, end


def words(text: str) -> list[str]:
    """The folded words of `text` in order."""
    if not text.isascii() and _IS_UNSPACED.search(text):
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


@lru_cache(maxsize=4096)
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


def spellings(word: str, locale: str) -> tuple[str, ...]:
    """The folded word, and in German the one that is meant where umlauts are typed as `ae`, `oe`, `ue`."""
    if language(locale) != "de" or not _TYPED_UMLAUT.search(word):
        return (word,)
    return (word, _TYPED_UMLAUT.sub(lambda found: found[0][0], word))


def language(locale: str) -> str:
    """The language of a locale: `pt` of `pt-br`."""
    return locale.partition("-")[0].lower()


def is_cjk(word: str) -> bool:
    """Whether the word is written in Chinese or Japanese."""
    return bool(_IS_CJK.match(word))


def is_unspaced(word: str) -> bool:
    """Whether the word is written in a script that puts no spaces between words, and so is a pair of characters."""
    return bool(_IS_UNSPACED.match(word))


class Stems(dict[str, str]):
    """Word → stem in one language, remembered for as long as the object lives."""

    def __init__(self, locale: str) -> None:
        super().__init__({MARK: MARK})
        name = _STEMMERS.get(language(locale))
        self._stemmer = Stemmer.Stemmer(name, 0) if name else None

    def __missing__(self, word: str) -> str:
        stem = self[word] = self.of(word)
        return stem

    def text(self, words: Iterable[str]) -> str:
        """The stems of `words`, joined by spaces."""
        return " ".join(map(self.__getitem__, words))

    def of(self, word: str) -> str:
        """The stem of one word, not remembered."""
        if self._stemmer is None or not word.isalpha() or is_unspaced(word):
            return word
        return fold(str(self._stemmer.stemWord(word)))


@lru_cache(maxsize=4096)
def stem(word: str, locale: str) -> str:
    """The stem of one folded word."""
    with _one_at_a_time:
        return _stems(locale).of(word)


@lru_cache(maxsize=16)
def _stems(locale: str) -> Stems:
    return Stems(locale)


def _word(text: str) -> str:
    return _bare(fold(text))


def _bare(word: str) -> str:
    return word.replace("'", "").replace("’", "").replace("++", "plusplus").replace("#", "sharp")[:MAX_WORD_CHARS]
