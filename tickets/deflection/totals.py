"""The counts of a period: the sum of its days, whether they were stored or just counted."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from tickets.deflection import sums
from tickets.deflection.clusters import Clusters, StoredCluster
from tickets.deflection.days import Day
from tickets.deflection.figures import VisitTally
from tickets.deflection.reading import ArticleTally
from tickets.deflection.searching import SearchTally
from tickets.deflection.ticketing import TicketTally, newest


@dataclass(slots=True)
class DayCounts:
    """What the sum takes from a day."""

    day: date
    visits: VisitTally
    searches: SearchTally
    tickets: TicketTally
    knowledge_first: tuple[int, ...]
    first_matures_at: datetime | None
    articles: ArticleTally
    clusters: list[StoredCluster]
    requesters: list[int]

    @classmethod
    def of(cls, day: date, counted: Day) -> "DayCounts":
        """Return the counts of a day that was just counted."""
        return cls(
            day=day,
            visits=counted.visits,
            searches=counted.searches,
            tickets=counted.tickets,
            knowledge_first=newest(counted.knowledge_first),
            first_matures_at=counted.first_matures_at,
            articles=counted.articles,
            clusters=counted.clusters.to_json(),
            requesters=counted.requesters,
        )


@dataclass(slots=True)
class Totals:
    """The sum."""

    visits: VisitTally = field(default_factory=VisitTally)
    searches: SearchTally = field(default_factory=SearchTally)
    tickets: TicketTally = field(default_factory=TicketTally)
    articles: ArticleTally = field(default_factory=ArticleTally)
    clusters: Clusters = field(default_factory=Clusters)
    requesters: set[int] = field(default_factory=set)
    knowledge_first: set[int] = field(default_factory=set)
    first_matures_at: datetime | None = None
    weeks: dict[date, VisitTally] = field(default_factory=dict)
    """Monday → the visits of its week, as far as it belongs to the period."""

    def add(self, day: DayCounts) -> None:
        """Adds one day."""
        for total, part in ((self.visits, day.visits), (self.searches, day.searches), (self.tickets, day.tickets), (self.articles, day.articles)):
            sums.add(total, part)
        monday = day.day - timedelta(days=day.day.weekday())
        sums.add(self.weeks.setdefault(monday, VisitTally()), day.visits)
        self.clusters.add(day.clusters)
        self.requesters.update(day.requesters)
        self.knowledge_first = set(newest(self.knowledge_first | set(day.knowledge_first)))
        if day.first_matures_at is not None:
            self.first_matures_at = min(day.first_matures_at, self.first_matures_at or day.first_matures_at)
