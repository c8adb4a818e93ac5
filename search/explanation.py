"""Why an answer is as it is: what each word was read as, what each hit holds, and how far the answer can be trusted."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TermReading:
    """What a typed word stands for; `how` is a `search.query.parsed_query.How`, `articles` the number that hold it."""

    text: str
    how: str
    articles: int
    weight: float
    """0.0 to 1.0: how much an occurrence counts beside one of the word itself."""


@dataclass(frozen=True, slots=True)
class TermExplanation:
    """A typed word that was searched for. Without names, the index knows nothing like it."""

    typed: str
    read_as: str
    is_stop_word: bool
    weight: float
    """Rarity of its best name: how much it tells."""
    names: tuple[TermReading, ...]


@dataclass(frozen=True, slots=True)
class TermMatch:
    """A word of the query in an article: by which of its names, how often where, and its share of the points for words."""

    typed: str
    name: TermReading
    places: dict[str, int]
    share: float


@dataclass(frozen=True, slots=True)
class HitExplanation:
    """One hit in its place; `points` are what its score is made of, by cause."""

    slug: str
    is_pinned: bool
    found: tuple[TermMatch, ...]
    missing: tuple[str, ...]
    section: str
    """Heading of the passage shown; empty for the beginning of the article."""
    section_coverage: float
    coverage: float
    """Share of the query's weight that the article holds, 0.0 to 1.0."""
    score: float
    points: dict[str, float]
    similarity: float | None = None
    """Nearness in meaning, where an embedder was asked."""


@dataclass(frozen=True, slots=True)
class ConfidenceSignals:
    """What the confidence is made of; each share is 0.0 to 1.0."""

    is_pinned: bool = False
    is_fragment: bool = False
    coverage: float = 0.0
    """Share of the query's weight, words that occur nowhere included, that one section of the first hit holds with its title and keywords."""
    nearness: float = 0.0
    """Share of the highest possible score by words that the first hit reaches."""
    telling: int = 0
    """Words that are no stop words."""
    held: float = 0.0
    """The weight of the words that the first hit holds, in weights of a word that occurs nowhere."""
    least: float = 0.0
    """How far the first hit holds the word that it holds least."""
    title: float = 0.0
    """Share of the query's weight that the first hit holds in its title and keywords."""
    agreement: float | None = None
    """1.0 where the first hit is also the most similar in meaning by the word vectors that ship, 0.5 where it is the second; None without them."""
    lead: float | None = None
    """How far the article nearest in meaning stands out (`search.ranking.embedding_lookup.leads`); None where no embedder was asked, or too few are near."""
    place: int = 0
    """The place by words of the article nearest in meaning, from 1; 0 where words do not find it."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The whole account; `hits` in the order shown."""

    is_fragment: bool
    articles: int
    words: tuple[TermExplanation, ...]
    left_out: tuple[str, ...]
    hits: tuple[HitExplanation, ...]
    signs: ConfidenceSignals
