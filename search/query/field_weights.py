"""How much a word counts in the title, headings, summary, keywords, labels and text."""

from dataclasses import dataclass
from functools import cached_property

PLACES = ("title", "headings", "summary", "keywords", "labels", "body")
"""The weights that belong to a part of the article."""


@dataclass(frozen=True)
class FieldWeights:
    """How much an occurrence counts by where it stands; tuned on whole questions."""

    title: float = 4.0
    headings: float = 2.0
    summary: float = 2.0
    keywords: float = 3.0
    labels: float = 1.0
    body: float = 1.0
    saturation: float = 1.2
    length: float = 0.9
    """0.0 to 1.0: how far a long article's occurrences count less."""
    passage: float = 0.45
    """Share of the best passage in the score, beside the whole article."""
    pairs: float = 0.5
    """For two words that stand together as they were typed."""
    phrase: float = 1.0
    """For a title that begins with what was typed, or holds every word."""

    @cached_property
    def of_fields(self) -> tuple[float, ...]:
        """Of title, headings, summary, keywords and labels."""
        return (self.title, self.headings, self.summary, self.keywords, self.labels)
