"""The counts of a period: the sum of its days, stored or just counted."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from tickets.deflection.days.day import Day
from tickets.deflection.figures import tallies
from tickets.deflection.figures.article_metrics import ArticleTally
from tickets.deflection.figures.search_metrics import SearchTally
from tickets.deflection.figures.ticket_metrics import TicketTally, newest
from tickets.deflection.figures.visit_metrics import VisitTally
from tickets.deflection.visits.clusters import Clusters, StoredCluster


@dataclass(slots=True)
class Counts:
    """What the sum takes from a day, or from a month that was summed up before."""

    weeks: dict[date, VisitTally]
    """Monday → the visits of its week, as far as it belongs to the time counted."""
    searches: SearchTally
    tickets: TicketTally
    knowledge_first: tuple[int, ...]
    first_matures_at: datetime | None
    articles: dict[str, Any]
    """As `ArticleTally` has made it; empty where nobody asks."""
    clusters: list[StoredCluster]
    requesters: list[int]

    @classmethod
    def of(cls, day: date, counted: Day) -> "Counts":
        """Return the counts of a day that was just counted."""
        return cls(
            weeks={monday(day): counted.visits},
            searches=counted.searches,
            tickets=counted.tickets,
            knowledge_first=newest(counted.knowledge_first),
            first_matures_at=counted.first_matures_at,
            articles=counted.articles.to_json(),
            clusters=counted.clusters.to_json(),
            requesters=counted.requesters,
        )

    @classmethod
    def from_json(cls, counts: dict[str, Any], articles: dict[str, Any], clusters: list[StoredCluster], requesters: list[int]) -> "Counts":
        """Return the counts that were stored."""
        matures_at = counts["first_matures_at"]
        return cls(
            weeks={date.fromisoformat(day): tallies.from_json(VisitTally, tally) for day, tally in counts["weeks"].items()},
            searches=tallies.from_json(SearchTally, counts["searches"]),
            tickets=tallies.from_json(TicketTally, counts["tickets"]),
            knowledge_first=tuple(counts["knowledge_first"]),
            first_matures_at=datetime.fromisoformat(matures_at) if matures_at else None,
            articles=articles,
            clusters=clusters,
            requesters=requesters,
        )

    def to_json(self) -> dict[str, Any]:
        """All but the articles, clusters and requesters, as plain values."""
        return {
            "weeks": {day.isoformat(): tallies.to_json(tally) for day, tally in self.weeks.items()},
            "searches": tallies.to_json(self.searches),
            "tickets": tallies.to_json(self.tickets),
            "knowledge_first": list(self.knowledge_first),
            "first_matures_at": self.first_matures_at.isoformat() if self.first_matures_at else None,
        }


@dataclass(slots=True)
class Totals:
    """The sum."""

    weeks: dict[date, VisitTally] = field(default_factory=dict)
    searches: SearchTally = field(default_factory=SearchTally)
    tickets: TicketTally = field(default_factory=TicketTally)
    articles: ArticleTally = field(default_factory=ArticleTally)
    clusters: Clusters = field(default_factory=Clusters)
    requesters: set[int] = field(default_factory=set)
    knowledge_first: set[int] = field(default_factory=set)
    first_matures_at: datetime | None = None

    def add(self, part: Counts) -> None:
        """Adds one day or month."""
        for week, tally in part.weeks.items():
            tallies.add(self.weeks.setdefault(week, VisitTally()), tally)
        tallies.add(self.searches, part.searches)
        tallies.add(self.tickets, part.tickets)
        if part.articles:
            self.articles.add(part.articles)
        self.clusters.add(part.clusters)
        self.requesters.update(part.requesters)
        self.knowledge_first = set(newest(self.knowledge_first | set(part.knowledge_first)))
        if part.first_matures_at is not None:
            self.first_matures_at = min(part.first_matures_at, self.first_matures_at or part.first_matures_at)

    @property
    def visits(self) -> VisitTally:
        """The visits of all weeks."""
        total = VisitTally()
        for tally in self.weeks.values():
            tallies.add(total, tally)
        return total

    def counts(self) -> Counts:
        """The sum, to be stored and added to others."""
        return Counts(
            weeks=self.weeks,
            searches=self.searches,
            tickets=self.tickets,
            knowledge_first=newest(self.knowledge_first),
            first_matures_at=self.first_matures_at,
            articles=self.articles.to_json(),
            clusters=self.clusters.all_to_json(),
            requesters=sorted(self.requesters),
        )


def monday(day: date) -> date:
    """The first day of its week."""
    return day - timedelta(days=day.weekday())
