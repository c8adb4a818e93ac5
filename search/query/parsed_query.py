"""A parsed query: its words, and what each may stand for in the index."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

COMMON_RARITY = 1.6
"""Rarity of a word that one article in five holds."""
FEW = 4


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
    PREFIX_MATCH = "kin"


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
class QueryTerm:
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
class ParsedQuery:
    """What a text asks for."""

    terms: tuple[QueryTerm, ...]
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
    def known(self) -> tuple[QueryTerm, ...]:
        """The slots that can find something."""
        return tuple(term for term in self.terms if term.alternatives)

    @property
    def telling(self) -> Sequence[QueryTerm]:
        """The slots that candidates are found by; common words only where few others are: they cost the most and tell the least."""
        known = [term for term in self.known if not term.is_stop_word] or self.known
        rare = [term for term in known if term.alternatives[0].rarity >= COMMON_RARITY]
        return rare if len(rare) >= FEW else known


def make_term(typed: str, word: str, alternatives: Sequence[Alternative]) -> QueryTerm:
    """Return a slot with the alternatives in order, the likeliest first."""
    ordered = sorted(alternatives, key=lambda one: -one.weight)
    return QueryTerm(typed, word, tuple(ordered), max([one.worth for one in ordered], default=0.0))
