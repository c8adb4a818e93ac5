"""Parse a query: a fragment or a question, the words that matter, and what each may stand for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from search.query.parsed_query import Alternative, How, ParsedQuery, QueryTerm, make_term
from search.query.rules import SearchRules
from search.query.synonyms import add_synonyms
from search.query.terms import SPLIT_WEIGHT, TermReader
from search.query.text_cleanup import drop_noise, numbers_of
from search.query.vocabulary import Vocabulary
from search.query.word_joins import add_joined_words, is_joined
from search.text.cjk_stop_words import question_words
from search.text.stop_words import stop_words
from search.text.tokenizer import humps, spans, words

MAX_TERMS = 16
MOST_WORDS = 400
FRAGMENT_WORDS = 4
SENTENCE = 3
"""So many stop words make one, unless a title or keywords hold them so: `where is my order` is asked."""
STOP_WORD_WEIGHT = 0.25
SENTENCE_ENDS = frozenset(".?!。？！")
QUESTION_MARKS = frozenset("?？")

Names = Mapping[str, tuple[str, ...]]
"""Names of programs such as `getUserById`, folded, and the words they are made of."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """How the words typed are to be read."""

    telling: Sequence[str]
    """Without the stop words, unless nothing else was typed."""
    is_fragment: bool
    """A few words typed to find a title, not a sentence."""
    is_open: bool
    """More letters of the last word may follow."""


def parse_query(
    text: str, terms: TermReader, rules: SearchRules, *, locale: str | None = None, is_typing: bool = False, is_verbatim: bool = False
) -> ParsedQuery:
    """Return what `text` (cleaned), in the language of `locale` where that is known, asks of an index with this vocabulary."""
    vocabulary = terms.vocabulary
    matter, noise = drop_noise(text)
    every = _both_ends(question_words(matter, vocabulary.locales) or words(text))
    names = humps(matter)
    typed = _without_numbers(_in_parts(every, names, vocabulary), matter, vocabulary)
    stops = rules.stop_words(stop_words(locale) if locale and locale in vocabulary.locales else vocabulary.stop_words)
    shape = _shape(text, typed, stops, vocabulary, is_typing=is_typing)
    found = _read_terms(typed, shape, stops, terms, is_verbatim=is_verbatim)
    _add_names(typed, names, found, vocabulary)
    add_joined_words(typed, found, vocabulary)
    if not is_verbatim:
        add_synonyms(typed, found, rules, vocabulary, stops, is_open=shape.is_open)
    chosen = _most_telling(list(found.values()))
    corrections = {term.typed: term.word for term in chosen if term.is_corrected}
    return ParsedQuery(
        terms=tuple(chosen),
        is_fragment=shape.is_fragment,
        phrase=" ".join([corrections.get(word, word) for word in typed]),
        corrected=_corrected(matter, corrections),
        left_out=(*_unsearched(every, names, chosen), *noise),
        says_nothing=all(word in stops for word in typed),
    )


def _both_ends(every: list[str]) -> list[str]:
    """Return the words, of a very long text those at its beginning and its end."""
    return every if len(every) <= MOST_WORDS else every[: MOST_WORDS // 2] + every[-MOST_WORDS // 2 :]


def _in_parts(every: list[str], names: Names, vocabulary: Vocabulary) -> list[str]:
    """Return the words, with a name in its parts where the index knows it neither whole nor as a row of words."""
    if not names:
        return every

    def parts(word: str) -> tuple[str, ...]:
        is_unknown = word in names and not vocabulary.stems(word) and not vocabulary.phrase(names[word])
        return names[word] if is_unknown else (word,)

    return [part for word in every for part in parts(word)]


def _without_numbers(typed: list[str], text: str, vocabulary: Vocabulary) -> list[str]:
    """Return the words without the long numbers that no article holds, such as those of orders; all of them when nothing else is left."""
    unknown = {number for number in numbers_of(text) if not vocabulary.is_known(number)}
    if not unknown:
        return typed
    return [word for at, word in enumerate(typed) if word not in unknown or is_joined(typed, at, vocabulary)] or typed


def _shape(text: str, typed: Sequence[str], stops: frozenset[str], vocabulary: Vocabulary, *, is_typing: bool) -> _Shape:
    telling = [word for word in typed if word not in stops] or typed
    common = len(typed) - len(telling)
    is_fragment = not QUESTION_MARKS & set(text) and len(telling) <= FRAGMENT_WORDS and (common <= 1 or len(typed) <= FRAGMENT_WORDS)
    if is_fragment and common >= SENTENCE:
        is_fragment = vocabulary.is_in_a_title(typed)
    is_open = bool(typed) and (is_typing or is_fragment) and not text[-1:].isspace()
    if is_open and not is_fragment:  # while the last word of a whole question is typed, the list shows what sending it would find
        is_open = text[-1:] not in SENTENCE_ENDS and typed[-1] not in stops and not vocabulary.frequency(typed[-1])[0]
    return _Shape(telling, is_fragment, is_open)


def _read_terms(typed: Sequence[str], shape: _Shape, stops: frozenset[str], terms: TermReader, *, is_verbatim: bool) -> dict[str, QueryTerm]:
    """Return the term of each word that counts. Stop words count in a fragment, and a little, where other words were typed."""
    found: dict[str, QueryTerm] = {}
    is_alone = shape.is_fragment and len(set(typed)) == 1
    for word in typed if shape.is_fragment or (shape.is_open and typed[-1] in stops) else shape.telling:
        if word not in found:
            is_open = shape.is_open and word == typed[-1]
            term = terms.read(word, is_open=is_open, is_alone=is_alone, is_verbatim=is_verbatim or word in stops)
            is_stop_word = word in stops and word not in shape.telling
            found[word] = replace(term, weight=term.weight * STOP_WORD_WEIGHT, is_stop_word=True) if is_stop_word else term
    return found


def _add_names(typed: Sequence[str], names: Names, found: dict[str, QueryTerm], vocabulary: Vocabulary) -> None:
    """Let a name stand for its parts in a row, too: `get_user_by_id` for `getUserById`."""
    for word in {*typed} & names.keys() & found.keys():
        if phrase := vocabulary.phrase(names[word]):
            held = found[word]
            other = Alternative(phrase, SPLIT_WEIGHT, vocabulary.rarity_in_a_row(phrase), how=How.SPLIT)
            found[word] = make_term(word, word, [*(() if held.is_corrected else held.alternatives), other])


def _most_telling(terms: list[QueryTerm]) -> list[QueryTerm]:
    """Return at most MAX_TERMS of the terms, the rarest, in the order typed; unknown words of a long text are left out first."""
    if len(terms) <= MAX_TERMS:
        return terms
    kept = sorted(terms, key=lambda term: -term.weight)[:MAX_TERMS]
    return [term for term in terms if term in kept]


def _unsearched(every: Sequence[str], names: Names, chosen: Sequence[QueryTerm]) -> dict[str, None]:
    searched = {term.typed for term in chosen}
    return dict.fromkeys(word for word in every if word not in searched and not {*names.get(word, ())} & searched)


def _corrected(text: str, corrections: Mapping[str, str]) -> str | None:
    """Return `text` in one line with the corrections in it; None when there are none."""
    if not corrections:
        return None
    pieces, done = [], 0
    for word, start, end in spans(text):
        if word in corrections:
            pieces += [text[done:start], corrections[word]]
            done = end
    return " ".join("".join([*pieces, text[done:]]).split())
