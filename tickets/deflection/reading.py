"""Figures of the articles: voted helpful or not, and how often a ticket came all the same."""

from dataclasses import dataclass, field

from kb.events.models import Kind
from tickets.deflection.outcomes import Judged, Outcome
from tickets.deflection.rates import Rate
from tickets.deflection.visits import Visit

RANKED_FROM_VOTES = 10


@dataclass(frozen=True, slots=True)
class ArticleFigures:
    """One article that was read or voted on."""

    slug: str
    helpful: Rate
    """Yes votes out of all, one per visitor, the last one given."""
    helpful_rank: int | None
    """From 1, by the lower bound; None under 10 votes."""
    ticket_after_view: Rate
    """Of the visits that read it, those that ended in a ticket."""


@dataclass(slots=True)
class ArticleTally:
    """Adds up readings and votes, visit by visit."""

    visits_with_reading: int = 0
    of_those_to_ticket: int = 0
    read: dict[str, int] = field(default_factory=dict)
    to_ticket: dict[str, int] = field(default_factory=dict)
    yes: dict[str, int] = field(default_factory=dict)
    no: dict[str, int] = field(default_factory=dict)
    _voter: str = ""
    _ballots: dict[str, str] = field(default_factory=dict)

    def add_votes(self, visit: Visit) -> None:
        """Counts a visit's votes. Visits come visitor by visitor, so that one visitor's last vote on an article is the one that counts."""
        if visit.visitor != self._voter:
            self._close_ballots()
            self._voter = visit.visitor
        for event in visit.events:
            if event.kind == Kind.VOTE and event.slug and event.value in ("yes", "no"):
                self._ballots[event.slug] = event.value

    def add(self, judged: Judged) -> None:
        """Counts what one mature visit read."""
        slugs = {reading.slug for reading in judged.visit.readings}
        is_ticket = judged.outcome is Outcome.TICKET
        self.visits_with_reading += bool(slugs)
        self.of_those_to_ticket += bool(slugs) and is_ticket
        for slug in slugs:
            self.read[slug] = self.read.get(slug, 0) + 1
            self.to_ticket[slug] = self.to_ticket.get(slug, 0) + is_ticket

    def mean(self) -> Rate:
        """Of the visits that read anything, those that ended in a ticket."""
        return Rate(self.of_those_to_ticket, self.visits_with_reading)

    def figures(self) -> tuple[ArticleFigures, ...]:
        """Ranked articles first, best first; then the others, most read first."""
        self._close_ballots()
        helpful = {slug: Rate(self.yes.get(slug, 0), self.yes.get(slug, 0) + self.no.get(slug, 0)) for slug in self.read | self.yes | self.no}
        ranked = sorted((slug for slug in helpful if helpful[slug].of >= RANKED_FROM_VOTES), key=lambda slug: (-(helpful[slug].low or 0.0), slug))
        others = sorted(helpful.keys() - set(ranked), key=lambda slug: (-self.read.get(slug, 0), slug))
        ranks = {slug: rank for rank, slug in enumerate(ranked, start=1)}
        return tuple(self._article(slug, helpful[slug], ranks.get(slug)) for slug in [*ranked, *others])

    def _article(self, slug: str, helpful: Rate, rank: int | None) -> ArticleFigures:
        return ArticleFigures(slug, helpful, rank, Rate(self.to_ticket.get(slug, 0), self.read.get(slug, 0)))

    def _close_ballots(self) -> None:
        for slug, value in self._ballots.items():
            counts = self.yes if value == "yes" else self.no
            counts[slug] = counts.get(slug, 0) + 1
        self._ballots.clear()
