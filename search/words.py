"""Words: how text is cut, folded and stemmed, the same for articles and for questions."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from threading import Lock

import Stemmer

_STEMMERS = {
    "en": "english", "es": "spanish", "pt": "portuguese", "fr": "french", "de": "german", "it": "italian", "nl": "dutch",
    "da": "danish", "fi": "finnish", "hu": "hungarian", "no": "norwegian", "nb": "norwegian", "ro": "romanian", "ru": "russian",
    "sv": "swedish", "tr": "turkish",
}  # fmt: skip
_CJK = "\u3005-\u3007\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003fffd"
_TOKEN = re.compile(rf"[{_CJK}]+|(?:(?![{_CJK}])[^\W_])+(?:['’](?:s|t|re|ve|ll|d|m)\b|\+\+|#(?!\w))?", re.IGNORECASE)
_IS_CJK = re.compile(rf"[{_CJK}]")
_CONTRACTED = re.compile(r"['’](?<=[^\W_].)(?=(?:s|t|re|ve|ll|d|m)\b)")
_SIGNED = re.compile(r"(?<=[^\W_])(?:\+\+|#(?!\w))")
_LETTERS = re.compile(r"[^\W_]+")
_SPACED = bytes(code if chr(code).isalnum() else 32 for code in range(128)).ljust(256)
"""For ASCII: cutting at what is neither letter nor digit is several times as fast as a pattern."""
_ACCENTS = re.compile("[\u0300-\u036f]+")
_OTHER_MARKS = re.compile("[\u0370-\u1fff\u20d0-\u20ff\u2c00-\U0010ffff]")
"""Where marks that belong to a letter may stand, beside the accents: most texts hold none of these."""
_LIGATURES = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ı": "i"}
_LIGATURE = re.compile(f"[{''.join(_LIGATURES)}]")
_CHARACTER = re.compile("[^\u3099\u309a\uff9e\uff9f][\u3099\u309a\uff9e\uff9f]?|.")
"""One with its voicing mark, which narrow Japanese letters carry behind them."""
_TYPED_UMLAUT = re.compile("ae|oe|(?<![aeq])ue")
MAX_WORD_CHARS = 40
_one_at_a_time = Lock()  # a stemmer keeps the word it works on


def fold(text: str) -> str:
    """`text` in lower case, without accents."""
    if text.isascii():
        return text.lower()
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", text.casefold()))
    if _OTHER_MARKS.search(bare):
        bare = "".join([char for char in bare if not unicodedata.combining(char) or char in "\u3099\u309a"])
    return bare if bare.isascii() else _LIGATURE.sub(lambda found: _LIGATURES[found[0]], unicodedata.normalize("NFC", bare))


def spans(text: str) -> Iterator[tuple[str, int, int]]:
    """The folded words of `text` with where each begins and ends in it; Chinese and Japanese as overlapping pairs of characters."""
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        if _IS_CJK.match(match[0]):
            edges = [start + one.start() for one in _CHARACTER.finditer(match[0])] + [end]
            for first, last in zip(edges, edges[2:] or edges[1:], strict=False):
                yield fold(text[first:last]), first, last
        else:
            yield _word(match[0]), start, end


def words(text: str) -> list[str]:
    """The folded words of `text` in order."""
    if not text.isascii() and _IS_CJK.search(text):
        return [word for word, _, _ in spans(text)]
    folded = fold(text)
    if "'" in folded or "’" in folded:
        folded = _CONTRACTED.sub("", folded)
    if "++" in folded or "#" in folded:
        folded = _SIGNED.sub(lambda found: "sharp " if found[0] == "#" else "plusplus ", folded)
    found = folded.encode().translate(_SPACED).decode().split() if folded.isascii() else _LETTERS.findall(folded)
    return found if max(map(len, found), default=0) <= MAX_WORD_CHARS else [word[:MAX_WORD_CHARS] for word in found]


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


class Stems(dict[str, str]):
    """Word → stem in one language, remembered for as long as the object lives."""

    def __init__(self, locale: str) -> None:
        super().__init__()
        name = _STEMMERS.get(language(locale))
        self._stemmer = Stemmer.Stemmer(name) if name else None

    def __missing__(self, word: str) -> str:
        stem = self[word] = self.of(word)
        return stem

    def text(self, words: Iterable[str]) -> str:
        """The stems of `words`, joined by spaces."""
        return " ".join([self[word] for word in words])

    def of(self, word: str) -> str:
        """The stem of one word, not remembered."""
        if self._stemmer is None or not word.isalpha() or is_cjk(word):
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
