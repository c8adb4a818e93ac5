"""Understanding what was typed: a fragment or a question, the words that matter in it, and what each may stand for."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from search.lru_cache import LRUCache
from search.query.builtin_synonyms import WEIGHT, similar_stems
from search.query.parsed_query import Alternative, How, ParsedQuery, QueryTerm, make_term
from search.query.rules import SearchRules
from search.query.synonyms import find_synonyms
from search.query.text_cleanup import drop_noise, numbers_of
from search.query.vocabulary import SimilarWord, Vocabulary
from search.query.word_joins import add_joined_words, is_joined
from search.text.cjk_stop_words import is_filler, question_words
from search.text.dictionary import is_word
from search.text.stop_words import EVERY_STOP_WORD, stop_words
from search.text.tokenizer import humps, is_cjk, is_unspaced, spans, stem, words

MAX_TERMS = 16
MOST_WORDS = 400
FRAGMENT_WORDS = 4
SENTENCE = 3
"""So many stop words make one, unless a title or keywords hold them so: `where is my order` is asked."""
STOP_WORD_WEIGHT = 0.25
SYNONYM_WEIGHT = 0.9
"""Of another name that a writer gave, beside the word typed."""
PART_WEIGHT = 0.3
"""Of one word out of such a name of several."""
SENTENCE_ENDS = frozenset(".?!。？！")
COMPOUND_WEIGHT = 0.6
"""Of a compound that the word is a part of."""
RARITY_OF_FEW_LETTERS = 2.0
"""Of one or two letters that begin a word: that of a word which every eighth article holds."""
CHARACTER_WEIGHT = 0.5
"""Of one character, where no article has the pair that was typed."""


TermCache = LRUCache[tuple[str, bool, bool, bool], QueryTerm]
"""Terms of one vocabulary: from one keystroke to the next all words but the last stay the same."""
MOST_CACHED_TERMS = 4096


def parse_query(
    text: str, vocabulary: Vocabulary, rules: SearchRules, cache: TermCache, *, locale: str | None = None, is_typing: bool = False, is_verbatim: bool = False
) -> ParsedQuery:
    """What `text` (cleaned), in the language of `locale` where that is known, asks of an index with this vocabulary."""
    matter, set_aside = drop_noise(text)
    every = question_words(matter, vocabulary.locales) or words(text)
    if len(every) > MOST_WORDS:
        every = every[: MOST_WORDS // 2] + every[-MOST_WORDS // 2 :]
    named = humps(matter)
    typed = _without_numbers(_in_parts(every, named, vocabulary), matter, vocabulary)
    stops = rules.stop_words(stop_words(locale) if locale in vocabulary.locales and locale else vocabulary.stop_words)
    telling = [word for word in typed if word not in stops] or typed
    common = len(typed) - len(telling)
    is_fragment = not {"?", "？"} & set(text) and len(telling) <= FRAGMENT_WORDS and (common <= 1 or len(typed) <= FRAGMENT_WORDS)
    if is_fragment and common >= SENTENCE:
        is_fragment = vocabulary.is_in_a_title(typed)
    is_open = bool(typed) and (is_typing or is_fragment) and not text[-1:].isspace()
    if is_open and not is_fragment:  # whoever has typed a whole question sees what it finds when it is sent
        is_open = text[-1:] not in SENTENCE_ENDS and typed[-1] not in stops and not vocabulary.frequency(typed[-1])[0]
    terms: dict[str, QueryTerm] = {}
    for word in typed if is_fragment or (is_open and typed[-1] in stops) else telling:
        if word not in terms:
            term = _term(word, vocabulary, cache, is_open=is_open and word == typed[-1], is_fragment=is_fragment, is_verbatim=is_verbatim or word in stops)
            terms[word] = replace(term, weight=term.weight * STOP_WORD_WEIGHT, is_stop_word=True) if word in stops and word not in telling else term
    for word in {*typed} & named.keys():
        _add_phrase(terms, word, vocabulary.phrase(named[word]), vocabulary)
    add_joined_words(typed, terms, vocabulary)
    if not is_verbatim:
        _add_synonyms(typed, terms, rules, vocabulary, stops, is_open=is_open)
    chosen = _most_telling(list(terms.values()))
    searched = {term.typed for term in chosen}
    left_out = (*dict.fromkeys(word for word in every if word not in searched and not {*named.get(word, ())} & searched), *set_aside)
    corrections = {term.typed: term.word for term in chosen if term.is_corrected}
    phrase = " ".join([corrections.get(word, word) for word in typed])
    return ParsedQuery(tuple(chosen), is_fragment, phrase, _corrected(matter, corrections), left_out, all(word in stops for word in typed))


def _in_parts(every: list[str], named: Mapping[str, tuple[str, ...]], vocabulary: Vocabulary) -> list[str]:
    """The words typed; a name that the index knows neither whole nor as a row of words is asked for by its parts."""
    if not named:
        return every
    return [
        part for word in every for part in (named[word] if word in named and not vocabulary.stems(word) and not vocabulary.phrase(named[word]) else (word,))
    ]


def _without_numbers(typed: list[str], text: str, vocabulary: Vocabulary) -> list[str]:
    """The words but for long numbers and part numbers that no article holds, such as those of orders; all of them when nothing else is left."""
    unknown = {number for number in numbers_of(text) if not vocabulary.is_known(number)}
    if not unknown:
        return typed
    return [word for at, word in enumerate(typed) if word not in unknown or is_joined(typed, at, vocabulary)] or typed


def _add_phrase(terms: dict[str, QueryTerm], word: str, phrase: str | None, vocabulary: Vocabulary) -> None:
    """A name's parts in a row: `get_user_by_id` for `getUserById`."""
    if phrase and word in terms:
        held = terms[word]
        other = Alternative(phrase, 0.9, max(map(vocabulary.rarity, phrase.split())), how=How.SPLIT)
        terms[word] = make_term(word, word, [*(() if held.is_corrected else held.alternatives), other])


def _term(word: str, vocabulary: Vocabulary, cache: TermCache, *, is_open: bool, is_fragment: bool, is_verbatim: bool) -> QueryTerm:
    key = (word, is_open, is_fragment, is_verbatim)
    term = cache.get(key)
    if term is None:
        term = _new_term(word, vocabulary, is_open=is_open, is_fragment=is_fragment, is_verbatim=is_verbatim)
        cache.put(key, term)
    return term


def _new_term(word: str, vocabulary: Vocabulary, *, is_open: bool, is_fragment: bool, is_verbatim: bool) -> QueryTerm:
    found = {known: Alternative(known, 1.0, vocabulary.rarity(known)) for known in vocabulary.stems(word)}
    if is_open:
        _add_beginnings(word, found, vocabulary)
    for apart in vocabulary.apart(word):
        found[apart] = Alternative(apart, 0.9, max(map(vocabulary.rarity, apart.split())), how=How.SPLIT)
    if not is_fragment and not is_verbatim:
        _add_builtin_synonyms(word, found, vocabulary)
    if not is_verbatim:
        _add_compounds(word, found, vocabulary)
    if not found and is_cjk(word):
        found = {one.stem: one for one in _by_character(word, vocabulary)}
    if found or is_verbatim:
        return make_term(word, word, list(found.values()))
    is_right = word in EVERY_STOP_WORD or _is_word(word, vocabulary)
    whole = () if is_right else vocabulary.near(word)
    halves = None if whole and whole[0].errors == 1 else vocabulary.split(word)  # `pasword` is `password`, not `pas word`
    if halves and (not is_right or all(_is_word(half, vocabulary) for half in halves)):
        parts = [Alternative(known, 0.9, vocabulary.rarity(known), how=How.SPLIT) for half in halves for known in vocabulary.stems(half)]
        return make_term(word, word if is_right else " ".join(halves), parts)
    near = [*whole, *(vocabulary.near_beginnings(word) if is_open and not is_right else ())]
    if not near:
        return make_term(word, word, list(_partial_matches(word, vocabulary)))
    likeliest = max(near, key=lambda one: one.likeness)
    shown = next((one for one in whole if one.stems[:1] == likeliest.stems[:1]), likeliest)  # of its forms the one that was typed
    return make_term(word, shown.word, _meant(near, vocabulary))


def _is_word(word: str, vocabulary: Vocabulary) -> bool:
    return any(is_word(word, locale) for locale in vocabulary.locales)


def _meant(near: list[SimilarWord], vocabulary: Vocabulary) -> list[Alternative]:
    """What a misspelt word may stand for: of several, the likeliest counts most."""
    found: dict[str, Alternative] = {}
    for at, one in enumerate(sorted(near, key=lambda one: -one.likeness)):
        rarity = min(map(vocabulary.rarity, one.stems))
        for known in one.stems:
            found.setdefault(known, Alternative(known, one.likeness * (1.0 if at == 0 else 0.7), rarity, how=How.CORRECTED))
    return list(found.values())


def _add_compounds(word: str, found: dict[str, Alternative], vocabulary: Vocabulary) -> None:
    """Longer words that hold this one: `Rechnungsadresse` for `Adresse`; none counts as rarer than the word itself."""
    own = max((one.rarity for one in found.values()), default=vocabulary.greatest_rarity)
    for other in vocabulary.compounds(word):
        found.setdefault(other, Alternative(other, COMPOUND_WEIGHT, min(own, vocabulary.rarity(other)), how=How.COMPOUND))


def _by_character(word: str, vocabulary: Vocabulary) -> Iterator[Alternative]:
    """The pairs of characters that hold one of those typed; no filler is looked for."""
    weight = CHARACTER_WEIGHT if len(word) > 1 else 1.0
    for char in dict.fromkeys(word):
        if len(word) == 1 or not is_filler(char):
            for pair in dict.fromkeys((*(one for one, _ in vocabulary.expand(char)), *vocabulary.ending(char))):
                yield Alternative(pair, weight, vocabulary.rarity(pair), how=How.BEGINNING)


def _partial_matches(word: str, vocabulary: Vocabulary) -> Iterator[Alternative]:
    """What an unknown word still tells: the known parts of a compound, else words that begin like it."""
    if parts := vocabulary.parts(word):
        yield from (Alternative(one, 0.9, vocabulary.rarity(one), how=How.SPLIT) for part in parts for one in vocabulary.stems(part))
    else:
        yield from (Alternative(one, 0.7, vocabulary.rarity(one), how=How.PREFIX_MATCH) for one in vocabulary.prefix_matches(word))


def _add_builtin_synonyms(word: str, found: dict[str, Alternative], vocabulary: Vocabulary) -> None:
    """Words that mean nearly the same; none counts as rarer than the word itself."""
    own = max((one.rarity for one in found.values()), default=vocabulary.greatest_rarity)
    for locale in vocabulary.locales:
        for other in similar_stems(locale).get(stem(word, locale), ()):
            if other not in found and vocabulary.documents(other):
                found[other] = Alternative(other, WEIGHT, min(own, vocabulary.rarity(other)), how=How.ALIKE)


def _add_synonyms(typed: list[str], terms: dict[str, QueryTerm], rules: SearchRules, vocabulary: Vocabulary, stops: frozenset[str], *, is_open: bool) -> None:
    """What the site's writers say a word or phrase is also called; each word of a phrase then counts as found where another name is."""
    last = terms.get(typed[-1]) if typed and is_open else None
    unfinished = typed[-1] if last and (last.is_corrected or not last.alternatives) else ""
    for one in find_synonyms(typed, rules, vocabulary.locales, unfinished=unfinished):
        phrase = typed[one.start : one.end]
        for word in [word for word in phrase if word in terms] or phrase[:1]:
            held = terms.get(word)
            own = () if held is None or held.is_corrected else held.alternatives
            most = max((other.rarity for other in own), default=vocabulary.greatest_rarity)
            found = {other.stem: other for other in own}
            for name in one.others:
                _add_name(name, one.locale, found, vocabulary, stops, most)
            terms[word] = replace(make_term(word, word, list(found.values())), is_stop_word=False)


def _add_name(name: tuple[str, ...], locale: str, found: dict[str, Alternative], vocabulary: Vocabulary, stops: frozenset[str], most: float) -> None:
    """Another name: as a whole, and less by each of its words. None counts as rarer than the word typed."""
    stems = [stem(word, locale) for word in name]
    known = [one for word, one in zip(name, stems, strict=True) if vocabulary.documents(one) and (word not in stops or len(name) == 1)]
    ways = [(one, SYNONYM_WEIGHT if len(name) == 1 else PART_WEIGHT, vocabulary.rarity(one)) for one in known]
    if len(name) > 1 and all(vocabulary.documents(one) for one in stems):
        ways.append((" ".join(stems), SYNONYM_WEIGHT, max(vocabulary.rarity(one) for one in stems)))
    for one, weight, rarity in ways:
        if one not in found or found[one].weight < weight:
            found[one] = Alternative(one, weight, min(most, rarity), how=How.SYNONYM)


def _add_beginnings(word: str, found: dict[str, Alternative], vocabulary: Vocabulary) -> None:
    """The word may be unfinished: whatever begins with it counts, a little less than the word itself.

    All as if they were as common as the commonest, which is what is most likely meant: with `det` a rare `detach` is not to stand
    before `board not detected`. Of 1,777 beginnings of titles so typed, 2 in 100 more found theirs first.
    """
    weight = 0.75 if found else 1.0
    if len(word) < 3 and not is_unspaced(word):
        for known in list(found.values()):  # `ar` is a word, too, but more likely the beginning of one
            found[known.stem] = replace(known, rarity=min(known.rarity, RARITY_OF_FEW_LETTERS))
        found[f"{word}*"] = Alternative(word, weight, RARITY_OF_FEW_LETTERS, is_prefix=True, how=How.BEGINNING)
        return
    begun = vocabulary.expand(word)
    rarity = min((vocabulary.rarity(one) for one, _ in begun), default=0.0)
    for one, in_title in begun:
        found.setdefault(one, Alternative(one, weight if in_title else 0.8 * weight, rarity, how=How.BEGINNING))


def _most_telling(terms: list[QueryTerm]) -> list[QueryTerm]:
    """At most MAX_SLOTS of the slots, the rarest, in the order typed; unknown words of a long text are left out first."""
    if len(terms) <= MAX_TERMS:
        return terms
    kept = sorted(terms, key=lambda term: -term.weight)[:MAX_TERMS]
    return [term for term in terms if term in kept]


def _corrected(text: str, corrections: Mapping[str, str]) -> str | None:
    """`text` in one line with the corrections in it; None when there are none."""
    if not corrections:
        return None
    pieces, done = [], 0
    for word, start, end in spans(text):
        if word in corrections:
            pieces += [text[done:start], corrections[word]]
            done = end
    return " ".join("".join([*pieces, text[done:]]).split())
