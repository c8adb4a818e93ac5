"""Figures of the search box: found or not, clicked or not, asked again, ended in a ticket."""

from dataclasses import dataclass, field

from tickets.deflection.clusters import Cluster, Clusters
from tickets.deflection.intents import Intent
from tickets.deflection.outcomes import Judged, Outcome
from tickets.deflection.rates import Rate

TOP_SEARCHES = 50


@dataclass(frozen=True, slots=True)
class LocaleSearches:
    """The rates of one language."""

    no_result: Rate
    no_click: Rate


@dataclass(frozen=True, slots=True)
class UnansweredSearch:
    """Something people search for and do not find, under its most frequent wording."""

    query: str
    wordings: int
    searches: int
    """Intents, answered or not."""
    unanswered: int
    no_hits: int
    to_ticket: Rate
    """Share of its searches whose visit ended in a ticket."""
    tickets: tuple[int, ...]
    """Ids of those tickets."""


@dataclass(frozen=True, slots=True)
class SearchFigures:
    """Counted from the settled intents of mature visits that no outage touched."""

    intents: int
    degraded: int
    """Intents left out of every rate here, because the fallback engine answered."""
    while_typing: int
    """Hits chosen while typing: known by their clicks only, so left out too."""
    no_result: Rate
    no_click: Rate
    by_locale: dict[str, LocaleSearches]
    click_through: Rate
    mean_click_position: float | None
    refinement: Rate
    to_ticket: Rate
    unanswered: Rate
    top_unanswered: tuple[UnansweredSearch, ...]


@dataclass(slots=True)
class _Counts:
    intents: int = 0
    no_hits: int = 0
    clicked: int = 0

    @property
    def no_result(self) -> Rate:
        return Rate(self.no_hits, self.intents)

    @property
    def no_click(self) -> Rate:
        return Rate(self.intents - self.no_hits - self.clicked, self.intents - self.no_hits)


@dataclass(slots=True)
class SearchTally:
    """Adds up intents, visit by visit."""

    degraded: int = 0
    while_typing: int = 0
    ranks: int = 0
    refined: int = 0
    to_ticket: int = 0
    unanswered: int = 0
    all: _Counts = field(default_factory=_Counts)
    locales: dict[str, _Counts] = field(default_factory=dict)
    clusters: Clusters = field(default_factory=Clusters)

    def add(self, judged: Judged) -> None:
        """Counts the intents of one mature visit."""
        for intent in judged.visit.intents:
            if intent.degraded:
                self.degraded += 1
            elif not intent.is_settled:
                self.while_typing += 1
            else:
                self._count(intent, judged)

    def figures(self) -> SearchFigures:
        """The rates so far."""
        counts = self.all
        with_hits = counts.intents - counts.no_hits
        return SearchFigures(
            intents=counts.intents,
            degraded=self.degraded,
            while_typing=self.while_typing,
            no_result=counts.no_result,
            no_click=counts.no_click,
            by_locale={locale: LocaleSearches(part.no_result, part.no_click) for locale, part in sorted(self.locales.items())},
            click_through=Rate(counts.clicked, with_hits),
            mean_click_position=self.ranks / counts.clicked if counts.clicked else None,
            refinement=Rate(self.refined, counts.intents),
            to_ticket=Rate(self.to_ticket, counts.intents),
            unanswered=Rate(self.unanswered, counts.intents),
            top_unanswered=tuple(_shown(cluster) for cluster in self.clusters.unanswered(TOP_SEARCHES)),
        )

    def _count(self, intent: Intent, judged: Judged) -> None:
        for counts in (self.all, self.locales.setdefault(intent.locale, _Counts())):
            counts.intents += 1
            counts.no_hits += not intent.has_hits
            counts.clicked += intent.has_hits and intent.clicked_rank is not None
        self.ranks += (intent.clicked_rank or 0) if intent.has_hits else 0
        self.refined += intent.is_refined
        self.unanswered += intent.is_unanswered
        self.to_ticket += judged.outcome is Outcome.TICKET
        self._gather(intent, judged)

    def _gather(self, intent: Intent, judged: Judged) -> None:
        cluster = self.clusters.of(intent.query)
        cluster.queries[intent.query] += 1
        cluster.count += 1
        cluster.no_hits += not intent.has_hits
        cluster.unanswered += intent.is_unanswered
        cluster.to_ticket += judged.outcome is Outcome.TICKET
        cluster.tickets.update(ticket.id for ticket in judged.tickets)


def _shown(cluster: Cluster) -> UnansweredSearch:
    return UnansweredSearch(
        query=cluster.query,
        wordings=len(cluster.queries),
        searches=cluster.count,
        unanswered=cluster.unanswered,
        no_hits=cluster.no_hits,
        to_ticket=Rate(cluster.to_ticket, cluster.count),
        tickets=tuple(sorted(cluster.tickets)),
    )
