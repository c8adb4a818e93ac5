"""Understanding what was typed: a fragment or a question, the words that matter in it, and what each may stand for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import pairwise

from search.cleaning import what_matters
from search.dictionary import is_word
from search.fillers import asked_words, is_filler
from search.steering import Steering
from search.stop_words import EVERY_STOP_WORD, stop_words
from search.synonyms import renamed
from search.thesaurus import WEIGHT, alike
from search.vocabulary import Near, Vocabulary
from search.words import is_cjk, spans, stem, words

MAX_SLOTS = 16
MOST_WORDS = 400
FRAGMENT_WORDS = 4
SENTENCE = 3
"""So many stop words make one, unless a title or keywords hold them so: `where is my order` is asked."""
COMMON_RARITY = 1.6
"""Rarity of a word that one article in five holds."""
FEW = 4
STOP_WORD_WEIGHT = 0.25
SYNONYM_WEIGHT = 0.9
"""Of another name that a writer gave, beside the word typed."""
PART_WEIGHT = 0.3
"""Of one word out of such a name of several."""
COMPOUND_WEIGHT = 0.6
"""Of a compound that the word is a part of."""
RARITY_OF_FEW_LETTERS = 2.0
"""Of one or two letters that begin a word: that of a word which every eighth article holds."""
CHARACTER_WEIGHT = 0.5
"""Of one character, where no article has the pair that was typed."""
STEERING = Steering()


class How(StrEnum):
    """How a stem came to stand for a typed word."""

    TYPED = "typed"
    BEGINNING = "beginning"
    CORRECTED = "corrected"
    SPLIT = "split"
    JOINED = "joined"
    ALIKE = "alike"
    SYNONYM = "synonym"
    COMPOUND = "compound"
    KIN = "kin"


@dataclass(frozen=True, slots=True)
class Alternative:
    """What a word may stand for: a stem, several that stand in a row, or as a prefix every stem that begins so."""

    stem: str
    weight: float
    rarity: float
    is_prefix: bool = False
    how: How = How.TYPED
    needle: str = field(init=False, compare=False, repr=False)
    """What is looked for in texts that are stems between spaces."""
    worth: float = field(init=False, compare=False, repr=False)
    """What finding it often tells."""
    is_word: bool = field(init=False, compare=False, repr=False)
    """Not a beginning, nor several words in a row."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "needle", f" {self.stem}" if self.is_prefix else f" {self.stem} ")
        object.__setattr__(self, "worth", self.weight * self.rarity)
        object.__setattr__(self, "is_word", not self.is_prefix and " " not in self.stem)


@dataclass(frozen=True, slots=True)
class Slot:
    """One word of the question. Without alternatives the index knows nothing like it."""

    typed: str
    word: str
    """`typed`, or what it was corrected to."""
    alternatives: tuple[Alternative, ...]
    weight: float
    """How much it tells: the rarity of its best alternative."""
    is_stop_word: bool = False

    @property
    def is_corrected(self) -> bool:
        """Whether the index knew no word as it was typed."""
        return self.word != self.typed


@dataclass(frozen=True, slots=True)
class Understood:
    """What a text asks for."""

    slots: tuple[Slot, ...]
    is_fragment: bool
    """A few words typed to find a title, not a sentence."""
    phrase: str = ""
    """The words as typed, folded and corrected: a title that holds them in a row is what was meant."""
    corrected: str | None = None
    left_out: tuple[str, ...] = ()
    """Words that were typed and do not count: stop words, and the least telling ones of a long text."""
    says_nothing: bool = False
    """Stop words are all that was typed, such as a greeting."""

    @property
    def known(self) -> tuple[Slot, ...]:
        """The slots that can find something."""
        return tuple(slot for slot in self.slots if slot.alternatives)

    @property
    def telling(self) -> Sequence[Slot]:
        """The slots that candidates are found by; common words only where few others are: they cost the most and tell the least."""
        known = [slot for slot in self.known if not slot.is_stop_word] or self.known
        rare = [slot for slot in known if slot.alternatives[0].rarity >= COMMON_RARITY]
        return rare if len(rare) >= FEW else known


def understand(
    text: str, vocabulary: Vocabulary, steering: Steering = STEERING, *, locale: str | None = None, is_typing: bool = False, is_verbatim: bool = False
) -> Understood:
    """What `text` (cleaned), in the language of `locale` where that is known, asks of an index with this vocabulary."""
    matter = what_matters(text)
    typed = asked_words(matter, vocabulary.locales) or words(text)
    if len(typed) > MOST_WORDS:
        typed = typed[: MOST_WORDS // 2] + typed[-MOST_WORDS // 2 :]
    stops = steering.stop_words(stop_words(locale) if locale in vocabulary.locales and locale else vocabulary.stop_words)
    telling = [word for word in typed if word not in stops] or typed
    common = len(typed) - len(telling)
    is_fragment = not {"?", "？"} & set(text) and len(telling) <= FRAGMENT_WORDS and (common <= 1 or len(typed) <= FRAGMENT_WORDS)
    if is_fragment and common >= SENTENCE and not is_typing:
        is_fragment = vocabulary.is_in_a_title(typed)
    is_open = bool(typed) and (is_typing or is_fragment) and not text[-1:].isspace()
    slots: dict[str, Slot] = {}
    for word in typed if is_fragment or (is_open and typed[-1] in stops) else telling:
        if word not in slots:
            slot = _slot(word, vocabulary, is_open=is_open and word == typed[-1], is_fragment=is_fragment, is_verbatim=is_verbatim or word in stops)
            slots[word] = replace(slot, weight=slot.weight * STOP_WORD_WEIGHT, is_stop_word=True) if word in stops and word not in telling else slot
    _join_neighbours(typed, slots, vocabulary)
    if not is_verbatim:
        _add_synonyms(typed, slots, steering, vocabulary, stops, is_open=is_open)
    chosen = _most_telling(list(slots.values()))
    searched = {slot.typed for slot in chosen}
    left_out = tuple(dict.fromkeys(word for word in typed if word not in searched))
    corrections = {slot.typed: slot.word for slot in chosen if slot.is_corrected}
    phrase = " ".join([corrections.get(word, word) for word in typed])
    return Understood(tuple(chosen), is_fragment, phrase, _corrected(matter, corrections), left_out, all(word in stops for word in typed))


def _slot(word: str, vocabulary: Vocabulary, *, is_open: bool, is_fragment: bool, is_verbatim: bool) -> Slot:
    key = (word, is_open, is_fragment, is_verbatim)
    slot = vocabulary.slots.get(key)
    if slot is None:
        slot = _new_slot(word, vocabulary, is_open=is_open, is_fragment=is_fragment, is_verbatim=is_verbatim)
        vocabulary.slots.keep(key, slot)
    return slot


def _new_slot(word: str, vocabulary: Vocabulary, *, is_open: bool, is_fragment: bool, is_verbatim: bool) -> Slot:
    found = {known: Alternative(known, 1.0, vocabulary.rarity(known)) for known in vocabulary.stems(word)}
    if is_open:
        _add_beginnings(word, found, vocabulary)
    if pair := vocabulary.hyphenated(word):
        found[pair] = Alternative(pair, 0.9, max(map(vocabulary.rarity, pair.split())), how=How.SPLIT)
    if not is_fragment and not is_verbatim:
        _add_alike(word, found, vocabulary)
    if not is_verbatim:
        _add_compounds(word, found, vocabulary)
    if not found and is_cjk(word):
        found = {one.stem: one for one in _by_character(word, vocabulary)}
    if found or is_verbatim:
        return _made(word, word, list(found.values()))
    is_right = word in EVERY_STOP_WORD or _is_word(word, vocabulary)
    whole = () if is_right else vocabulary.near(word)
    halves = None if whole and whole[0].errors == 1 else vocabulary.split(word)  # `pasword` is `password`, not `pas word`
    if halves and (not is_right or all(_is_word(half, vocabulary) for half in halves)):
        parts = [Alternative(known, 0.9, vocabulary.rarity(known), how=How.SPLIT) for half in halves for known in vocabulary.stems(half)]
        return _made(word, word if is_right else " ".join(halves), parts)
    near = [*whole, *(vocabulary.near_beginnings(word) if is_open and not is_right else ())]
    if not near:
        return _made(word, word, list(_akin(word, vocabulary)))
    likeliest = max(near, key=lambda one: one.likeness)
    shown = next((one for one in whole if one.stems[:1] == likeliest.stems[:1]), likeliest)  # of its forms the one that was typed
    return _made(word, shown.word, _meant(near, vocabulary))


def _is_word(word: str, vocabulary: Vocabulary) -> bool:
    return any(is_word(word, locale) for locale in vocabulary.locales)


def _meant(near: list[Near], vocabulary: Vocabulary) -> list[Alternative]:
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


def _akin(word: str, vocabulary: Vocabulary) -> Iterator[Alternative]:
    """What an unknown word still tells: the known parts of a compound, else words that begin like it."""
    if parts := vocabulary.parts(word):
        yield from (Alternative(one, 0.9, vocabulary.rarity(one), how=How.SPLIT) for part in parts for one in vocabulary.stems(part))
    else:
        yield from (Alternative(one, 0.7, vocabulary.rarity(one), how=How.KIN) for one in vocabulary.kin(word))


def _add_alike(word: str, found: dict[str, Alternative], vocabulary: Vocabulary) -> None:
    """Words that mean nearly the same; none counts as rarer than the word itself."""
    own = max((one.rarity for one in found.values()), default=vocabulary.greatest_rarity)
    for locale in vocabulary.locales:
        for other in alike(locale).get(stem(word, locale), ()):
            if other not in found and vocabulary.documents(other):
                found[other] = Alternative(other, WEIGHT, min(own, vocabulary.rarity(other)), how=How.ALIKE)


def _add_synonyms(typed: list[str], slots: dict[str, Slot], steering: Steering, vocabulary: Vocabulary, stops: frozenset[str], *, is_open: bool) -> None:
    """What the site's writers say a word or phrase is also called; each word of a phrase then counts as found where another name is."""
    last = slots.get(typed[-1]) if typed and is_open else None
    unfinished = typed[-1] if last and (last.is_corrected or not last.alternatives) else ""
    for one in renamed(typed, steering, vocabulary.locales, unfinished=unfinished):
        phrase = typed[one.start : one.end]
        for word in [word for word in phrase if word in slots] or phrase[:1]:
            held = slots.get(word)
            own = () if held is None or held.is_corrected else held.alternatives
            most = max((other.rarity for other in own), default=vocabulary.greatest_rarity)
            found = {other.stem: other for other in own}
            for name in one.others:
                _add_name(name, one.locale, found, vocabulary, stops, most)
            slots[word] = replace(_made(word, word, list(found.values())), is_stop_word=False)


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
    if len(word) < 3 and not is_cjk(word):
        for known in list(found.values()):  # `ar` is a word, too, but more likely the beginning of one
            found[known.stem] = replace(known, rarity=min(known.rarity, RARITY_OF_FEW_LETTERS))
        found[f"{word}*"] = Alternative(word, weight, RARITY_OF_FEW_LETTERS, is_prefix=True, how=How.BEGINNING)
        return
    begun = vocabulary.expand(word)
    rarity = min((vocabulary.rarity(one) for one, _ in begun), default=0.0)
    for one, in_title in begun:
        found.setdefault(one, Alternative(one, weight if in_title else 0.8 * weight, rarity, how=How.BEGINNING))


def _made(typed: str, word: str, alternatives: list[Alternative]) -> Slot:
    ordered = sorted(alternatives, key=lambda one: -one.weight)
    return Slot(typed, word, tuple(ordered), max([one.worth for one in ordered], default=0.0))


def _join_neighbours(typed: list[str], slots: dict[str, Slot], vocabulary: Vocabulary) -> None:
    """`up load` may stand for `upload`: both words then count as found where the joined one is."""
    for left, right in pairwise(typed):
        joined = left + right
        held = [slots[word] for word in (left, right) if word in slots]
        if len(joined) < 4 or is_cjk(joined) or all(one.is_stop_word for one in held) or not vocabulary.frequency(joined)[0]:
            continue  # `where is` is no `whereis`
        extra = tuple(Alternative(known, 0.9, vocabulary.rarity(known), how=How.JOINED) for known in vocabulary.stems(joined))
        for one in held:
            slots[one.typed] = _made(one.typed, one.typed, [*(() if one.is_corrected else one.alternatives), *extra])


def _most_telling(slots: list[Slot]) -> list[Slot]:
    """At most MAX_SLOTS of the slots, the rarest, in the order typed; unknown words of a long text are left out first."""
    if len(slots) <= MAX_SLOTS:
        return slots
    kept = sorted(slots, key=lambda slot: -slot.weight)[:MAX_SLOTS]
    return [slot for slot in slots if slot in kept]


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
