"""Words that a question writes apart and articles write as one, or the other way round: `up load`, `esp32 c3`."""

from collections.abc import Iterator, Sequence

from search.query.parsed_query import Alternative, How, QueryTerm, make_term
from search.query.vocabulary import Vocabulary
from search.text.normalizer import is_unspaced
from search.text.tokenizer import MAX_WORD_CHARS

MOST_JOINED = 6
"""Words in a row that are read as one."""
LEAST_CHARS = 4
"""Letters of two words that are read as one; with a digit in it, `v 2` will do."""
JOINED_WEIGHT = 0.9


def add_joined_words(typed: Sequence[str], terms: dict[str, QueryTerm], vocabulary: Vocabulary) -> None:
    """Let words in a row stand for one that articles write together, and for a row that they cut in other places; each then counts as found there."""
    for row in _rows(typed):
        held = [terms[word] for word in row if word in terms]
        if not held or all(one.is_stop_word for one in held):
            continue  # `where is` is no `whereis`
        ways = [Alternative(known, JOINED_WEIGHT, vocabulary.rarity(known), how=How.JOINED) for known in _joined(row, vocabulary)]
        ways += [Alternative(one, JOINED_WEIGHT, vocabulary.rarity_in_a_row(one), how=How.JOINED) for one in _recut(row, vocabulary)]
        if ways:
            for one in held:
                current = terms[one.typed]
                terms[one.typed] = make_term(one.typed, one.typed, [*(() if current.is_corrected else current.alternatives), *ways])


def is_joined(typed: Sequence[str], at: int, vocabulary: Vocabulary) -> bool:
    """Whether the word there and some beside it are in the articles as one word, or as a row that is cut elsewhere."""
    rows = (typed[first : first + length] for length in range(2, MOST_JOINED + 1) for first in range(max(0, at - length + 1), at + 1))
    return any(len(row) > 1 and ([*_joined(row, vocabulary)] or _recut(row, vocabulary)) for row in rows)


def _rows(typed: Sequence[str]) -> Iterator[Sequence[str]]:
    for length in range(2, MOST_JOINED + 1):
        for first in range(len(typed) - length + 1):
            yield typed[first : first + length]


def _joined(row: Sequence[str], vocabulary: Vocabulary) -> Iterator[str]:
    """The stems of the word that a row makes, where articles hold just that word."""
    word = "".join(row)[:MAX_WORD_CHARS]
    if len(word) < (2 if has_digit(word) else LEAST_CHARS) or is_unspaced(word) or (word.isdecimal() and not _is_grouped(row)):
        return
    if (stems := vocabulary.stems(word)) and vocabulary.frequency(word)[0]:
        yield from stems


def _recut(row: Sequence[str], vocabulary: Vocabulary) -> list[str]:
    """What articles cut in other places: `esp32 c3` for `esp 32c3`."""
    word = "".join(row)
    if len(row) > 3 or not has_digit(word) or word.isdecimal() or len(word) > MAX_WORD_CHARS:
        return []
    own = " ".join((vocabulary.stems(one) or (one,))[0] for one in row)
    return [one for one in vocabulary.apart(word) if one != own]


def has_digit(word: str) -> bool:
    """Whether a digit is in it."""
    return any(map(str.isdigit, word))


def _is_grouped(row: Sequence[str]) -> bool:
    """Whether digits are written in thousands: `10,000`."""
    return len(row[0]) <= 3 and all(len(one) == 3 for one in row[1:])
