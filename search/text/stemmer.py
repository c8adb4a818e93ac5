"""Stems of words, by language."""

from collections.abc import Iterable
from functools import lru_cache
from threading import Lock

import Stemmer

from search.text.normalizer import fold, is_unspaced, language
from search.text.tokenizer import MARK

_STEMMERS = {
    "en": "english", "es": "spanish", "pt": "portuguese", "fr": "french", "de": "german", "it": "italian", "nl": "dutch",
    "da": "danish", "fi": "finnish", "hu": "hungarian", "no": "norwegian", "nb": "norwegian", "ro": "romanian", "ru": "russian",
    "sv": "swedish", "tr": "turkish",
}  # fmt: skip
_one_at_a_time = Lock()  # a stemmer keeps the word it works on


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
