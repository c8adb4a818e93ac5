"""Fold text into the form in which words are compared: lower case, without accents, in any script."""

import re
import unicodedata

from kb.text.unicode_classes import INVISIBLE

_CJK = "\u3005-\u3007\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003fffd"
UNSPACED = _CJK + (
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u0edc-\u0edf"  # Thai, Lao
    "\u1000-\u103f\u1050-\u108f\u109a-\u109f\ua9e0-\ua9ef\ua9fa-\ua9fe\uaa60-\uaa76\uaa7a-\uaa7f"  # Burmese
    "\u1780-\u17d3\u17d7\u17dc\u17dd"  # Khmer
)
"""Scripts that put no spaces between words."""
_IS_CJK = re.compile(f"[{_CJK}]")
HAS_UNSPACED = re.compile(f"[{UNSPACED}]")
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
_TYPED_UMLAUT = re.compile("ae|oe|(?<![aeq])ue")


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
    return bool(HAS_UNSPACED.match(word))
