"""The words of a ticket as the index holds them: folded and stemmed here, so that both databases find the same."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from search.text.normalizer import fold, language, spellings
from search.text.stemmer import stem
from search.text.tokenizer import indexed_words, words

MAX_MESSAGE_CHARS = 100_000
"""Of the stems of one message."""
MAX_MESSAGES_CHARS = 300_000
"""Of the stems of all messages of a ticket: PostgreSQL keeps at most 1 MB of different words."""


@dataclass(frozen=True, slots=True)
class IndexText:
    """What the index holds of a ticket: words separated by spaces."""

    subject: str = ""
    people: str = ""
    """Names and addresses, not stemmed."""
    tags: str = ""
    messages: str = ""
    """Messages and the names of their files."""


@dataclass(slots=True)
class MessageText:
    """The stems of messages that are added one after the other, up to the limit."""

    parts: list[str] = field(default_factory=list)
    size: int = 0

    def add(self, stems: str) -> None:
        """Add a message where it has room."""
        if stems and self.size + len(stems) <= MAX_MESSAGES_CHARS:
            self.parts.append(stems)
            self.size += len(stems) + 1

    @property
    def text(self) -> str:
        """Return all of them."""
        return " ".join(self.parts)


def languages_of(locale: str, reader: str) -> tuple[str, ...]:
    """Return the languages in which a ticket is stemmed: of the pages it was filed on, and of its reader."""
    return tuple(dict.fromkeys(language(one) for one in (locale, reader) if one))


def stems(text: str, languages: Iterable[str]) -> str:
    """Return the stems of the text's words in all these languages, as far as one message may be indexed."""
    known = tuple(languages)
    found = " ".join(one for word in indexed_words(text) for one in word_stems(word, known))
    return found if len(found) <= MAX_MESSAGE_CHARS else found[:MAX_MESSAGE_CHARS].rpartition(" ")[0]


def word_stems(word: str, languages: tuple[str, ...]) -> tuple[str, ...]:
    """Return the different stems of one folded word."""
    return tuple(dict.fromkeys(stem(spelled, one) for one in languages for spelled in spellings(word, one))) or (word,)


def people_text(*texts: str) -> str:
    """Return names and addresses as the index holds them."""
    return " ".join(dict.fromkeys(word for text in texts for word in words(text)))


def tags_text(tags: Iterable[str]) -> str:
    """Return tags as the index holds them: whole, and by their words."""
    found = [word for tag in tags for word in (fold(tag), *words(tag))]
    return " ".join(dict.fromkeys(word for word in found if word.isalnum()))


def message_text(body: str, file_names: Iterable[str], languages: Iterable[str]) -> str:
    """Return a message and the names of its files as the index holds them."""
    return stems(" ".join((body, *file_names)), languages)
