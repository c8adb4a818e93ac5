"""Words: how text is cut, folded and stemmed, the same for articles and for questions."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
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
_SIGNED = re.compile(r"\+\+(?<=[^\W_]\+\+)|#(?<=[^\W_]#)(?!\w)")
_NOT_ASCII = re.compile("[^\x00-\x7f]")
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
_BETWEEN = "\x01"
MARK = "A"
"""Between the words of two texts: no folded word holds a capital."""
_one_at_a_time = Lock()  # a stemmer keeps the word it works on


def fold(text: str) -> str:
    """`text` in lower case, without accents."""
    if text.isascii():
        return text.lower()
    text = text.replace("™", " ")  # no letters of the name before it
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", text.casefold()).lower())  # only taken apart `℃` has a capital
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
    found = _cut(fold(text))
    return found if _are_short(found) else _shortened(found)


def words_of(texts: Sequence[str]) -> tuple[list[str], set[str]]:
    """The folded words of one text after the other, MARK between those of two, and each word once: many short texts are cut as fast as a long one."""
    joined = _BETWEEN.join(texts)
    if not joined.isascii() and all(map(_is_sign, {*_NOT_ASCII.findall(joined)})):
        joined = joined.replace("’", "'").encode("ascii", "replace").decode()
    if joined.isascii() and joined.count(_BETWEEN) < len(texts):
        found = _cut(joined.lower().replace(_BETWEEN, f" {MARK} "))
    else:
        found = [word for text in texts for word in (MARK, *words(text))][1:]
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
    is_of_letter = unicodedata.combining(character) or any(map(str.isalnum, unicodedata.normalize("NFKD", character)))
    return not is_of_letter and not is_cjk(character)


def _cut(folded: str) -> list[str]:
    if "'" in folded or "’" in folded:
        folded = _CONTRACTED.sub("", folded)
    if "++" in folded or "#" in folded:
        folded = _SIGNED.sub(lambda found: "sharp " if found[0] == "#" else "plusplus ", folded)
    return folded.encode().translate(_SPACED).decode().split() if folded.isascii() else _LETTERS.findall(folded)


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
