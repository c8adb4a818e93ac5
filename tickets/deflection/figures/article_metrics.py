"""Figures of articles: helpful votes, and how often a ticket followed all the same."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tickets.deflection.figures.rates import Rate
from tickets.deflection.visits.outcomes import Judged, Outcome

RANKED_FROM_VOTES = 10


@dataclass(frozen=True, slots=True)
class ArticleMetrics:
    """One article that was read or voted on."""

    slug: str
    helpful: Rate
    """Yes votes out of all: one per visitor, on the day of the first, as changed within a week."""
    helpful_rank: int | None
    """From 1, by the lower bound; None under 10 votes."""
    ticket_after_view: Rate
    """Of the visits that read it, those that ended in a ticket."""


@dataclass(slots=True)
class ArticleTally:
    """Counts of readings and votes, by article."""

    visits_with_reading: int = 0
    of_those_to_ticket: int = 0
    read: Counter[str] = field(default_factory=Counter)
    to_ticket: Counter[str] = field(default_factory=Counter)
    yes: Counter[str] = field(default_factory=Counter)
    no: Counter[str] = field(default_factory=Counter)

    def count(self, judged: Judged) -> None:
        """Counts what one mature visit read."""
        slugs = {reading.slug for reading in judged.visit.readings}
        self.visits_with_reading += bool(slugs)
        self.read.update(slugs)
        if judged.outcome is Outcome.TICKET:
            self.of_those_to_ticket += bool(slugs)
            self.to_ticket.update(slugs)

    def count_vote(self, slug: str, value: str) -> None:
        """Counts one visitor's vote on an article."""
        (self.yes if value == "yes" else self.no)[slug] += 1

    def to_json(self) -> dict[str, Any]:
        """The counts as plain values, those of one article together: a year of them has to be read fast."""
        slugs = {slug: [self.read[slug], self.to_ticket[slug], self.yes[slug], self.no[slug]] for slug in self._slugs()}
        return {"visits": [self.visits_with_reading, self.of_those_to_ticket], "slugs": slugs}

    def add(self, stored: dict[str, Any]) -> None:
        """Adds the counts that `to_json` made of another tally."""
        visits, to_ticket = stored["visits"]
        self.visits_with_reading += visits
        self.of_those_to_ticket += to_ticket
        counters = (self.read, self.to_ticket, self.yes, self.no)
        for slug, counts in stored["slugs"].items():
            for counter, count in zip(counters, counts, strict=True):
                if count:
                    counter[slug] = counter.get(slug, 0) + count

    def _slugs(self) -> set[str]:
        return self.read.keys() | self.yes.keys() | self.no.keys()

    def mean(self) -> Rate:
        """Of the visits that read anything, those that ended in a ticket."""
        return Rate(self.of_those_to_ticket, self.visits_with_reading)

    def figures(self) -> tuple[ArticleMetrics, ...]:
        """Ranked articles first, best first; then the others, most read first."""
        helpful = {slug: Rate(self.yes[slug], self.yes[slug] + self.no[slug]) for slug in self._slugs()}
        ranked = sorted((slug for slug in helpful if helpful[slug].of >= RANKED_FROM_VOTES), key=lambda slug: (-(helpful[slug].low or 0.0), slug))
        others = sorted(helpful.keys() - set(ranked), key=lambda slug: (-self.read[slug], slug))
        ranks = {slug: rank for rank, slug in enumerate(ranked, start=1)}
        return tuple(ArticleMetrics(slug, helpful[slug], ranks.get(slug), Rate(self.to_ticket[slug], self.read[slug])) for slug in [*ranked, *others])
