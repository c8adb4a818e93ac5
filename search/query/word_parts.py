"""The parts of words: compounds that hold a word, known words that a compound is made of, and words that begin alike."""

from search.query.vocabulary import Vocabulary
from search.text.compounds import COMPOUNDING, LEAST_PART, UNSPACED, Compounds
from search.text.normalizer import is_unspaced, language, spellings
from search.text.stemmer import stem

MOST_COMPOUNDS = 8
MOST_PREFIX_MATCHES = 3
_LEAST_PREFIX = 5


class WordParts:
    """Looks for parts among the words of one vocabulary, which are read once they are asked for."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._joined: Compounds | None = None

    def parts(self, word: str) -> tuple[str, ...]:
        """The known words that an unknown compound ends and begins with; empty in a language that has no compounds."""
        return self._compounds().parts(word, LEAST_PART) if self._in(COMPOUNDING) and word.isalpha() and not is_unspaced(word) else ()

    def ending(self, character: str) -> tuple[str, ...]:
        """The pairs of characters that end with this one, those in most documents first."""
        return tuple(sorted(self._compounds().ending(character), key=lambda one: -self.vocabulary.documents(one))[:MOST_COMPOUNDS])

    def prefix_matches(self, word: str) -> tuple[str, ...]:
        """The stems that share the beginning of an unknown word, all but three letters at most: `retour` for `retourner`."""
        for own in dict.fromkeys(stem(word, locale) for locale in self.vocabulary.locales if word.isalpha() and not is_unspaced(word)):
            for length in range(len(own), max(_LEAST_PREFIX, len(own) - 3) - 1, -1):
                if found := [one for one, _ in self.vocabulary.begun_with(own[:length]) if len(one) <= length + 3]:
                    return tuple(found[:MOST_PREFIX_MATCHES])
        return ()

    def compounds(self, word: str) -> tuple[str, ...]:
        """The stems of words that end or begin with `word`, in languages that write compounds; those in most documents first."""
        found = dict.fromkeys(
            one
            for locale in self._in(COMPOUNDING)
            for way in spellings(word, locale)
            for part in dict.fromkeys((stem(way, locale), way))
            for one in self._compounds().of(part)
        )
        return tuple(sorted(found, key=lambda one: -self.vocabulary.documents(one))[:MOST_COMPOUNDS])

    def _compounds(self) -> Compounds:
        if self._joined is None:
            chosen = self._in((*COMPOUNDING, *UNSPACED))
            rows = self.vocabulary.select("word, stem", f"locale IN ({','.join('?' * len(chosen))})", *chosen)
            self._joined = Compounds(dict(rows), lambda word: bool(self.vocabulary.stems(word)))
        return self._joined

    def _in(self, languages: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(locale for locale in self.vocabulary.locales if language(locale) in languages)
