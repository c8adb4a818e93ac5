"""Words: how text is cut, folded and stemmed, the same for articles and for questions."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from threading import Lock

import snowballstemmer

_STEMMERS = {
    "en": "english", "es": "spanish", "pt": "portuguese", "fr": "french", "de": "german", "it": "italian", "nl": "dutch",
    "da": "danish", "fi": "finnish", "hu": "hungarian", "no": "norwegian", "nb": "norwegian", "ro": "romanian", "ru": "russian",
    "sv": "swedish", "tr": "turkish",
}  # fmt: skip
_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"
_TOKEN = re.compile(rf"[{_CJK}]+|(?:(?![{_CJK}])[^\W_])+(?:['’](?:s|t|re|ve|ll|d|m)\b|\+\+|#(?!\w))?", re.IGNORECASE)
_SPACED_TOKEN = re.compile(r"[^\W_]+(?:['’](?:s|t|re|ve|ll|d|m)\b|\+\+|#(?!\w))?")
"""The same for folded text that puts spaces between its words, several times as fast."""
_IS_CJK = re.compile(rf"[{_CJK}]")
_LIGATURES = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ı": "i"})
_TYPED_UMLAUT = re.compile("ae|oe|(?<![aeq])ue")
MAX_WORD_CHARS = 40
_one_at_a_time = Lock()  # a stemmer keeps the word it works on


def fold(text: str) -> str:
    """`text` in lower case, without accents."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(char for char in decomposed if not unicodedata.combining(char) or char in "\u3099\u309a")
    return unicodedata.normalize("NFC", bare).translate(_LIGATURES)


def spans(text: str) -> Iterator[tuple[str, int, int]]:
    """The folded words of `text` with where each begins and ends in it; Chinese and Japanese as overlapping pairs of characters."""
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        if _IS_CJK.match(match[0]):
            for at in range(start, max(end - 1, start + 1)):
                yield fold(text[at : at + 2] if end - start > 1 else text[at]), at, min(at + 2, end)
        else:
            yield _word(match[0]), start, end


def words(text: str) -> list[str]:
    """The folded words of `text` in order."""
    if not text.isascii() and _IS_CJK.search(text):
        return [word for word, _, _ in spans(text)]
    return [word if word.isalnum() and len(word) <= MAX_WORD_CHARS else _bare(word) for word in _SPACED_TOKEN.findall(fold(text))]


def spellings(word: str, locale: str) -> tuple[str, ...]:
    """The folded word, and in German the one that is meant where umlauts are typed as `ae`, `oe`, `ue`."""
    if locale.partition("-")[0].lower() != "de" or not _TYPED_UMLAUT.search(word):
        return (word,)
    return (word, _TYPED_UMLAUT.sub(lambda found: found[0][0], word))


def is_cjk(word: str) -> bool:
    """Whether the word is written in Chinese or Japanese."""
    return bool(_IS_CJK.match(word))


class Stems:
    """Stems of one language, remembered for as long as the object lives."""

    def __init__(self, locale: str) -> None:
        language = _STEMMERS.get(locale.split("-")[0].lower())
        self._stemmer = snowballstemmer.stemmer(language) if language else None
        self._known: dict[str, str] = {}

    def __getitem__(self, word: str) -> str:
        stem = self._known.get(word)
        if stem is None:
            stem = self._known[word] = self.of(word)
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
