"""Figures of search: no result, no click, asked again, ended in a ticket."""

from collections import Counter
from dataclasses import dataclass, field

from tickets.deflection.figures.rates import Rate
from tickets.deflection.visits.clusters import Cluster, Clusters
from tickets.deflection.visits.intents import Intent
from tickets.deflection.visits.outcomes import Judged, Outcome

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
    """Intents, answered or not, of the days on which one went unanswered."""
    unanswered: int
    no_hits: int
    to_ticket: Rate
    """Share of its searches whose visit ended in a ticket."""
    tickets: tuple[int, ...]
    """Ids of those tickets."""


@dataclass(frozen=True, slots=True)
class SearchMetrics:
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
class SearchTally:
    """Counts of intents."""

    degraded: int = 0
    while_typing: int = 0
    ranks: int = 0
    refined: int = 0
    to_ticket: int = 0
    unanswered: int = 0
    locales: dict[str, Counter[str]] = field(default_factory=dict)
    """Language → `intents`, `no_hits`, `clicked`."""

    def count(self, judged: Judged, clusters: Clusters) -> None:
        """Counts the intents of one mature visit, and gathers what they asked for."""
        for intent in judged.visit.intents:
            if intent.degraded:
                self.degraded += 1
            elif not intent.is_settled:
                self.while_typing += 1
            else:
                self._count(intent, judged)
                _gather(clusters, intent, judged)

    def _count(self, intent: Intent, judged: Judged) -> None:
        counts = self.locales.setdefault(intent.locale, Counter())
        counts["intents"] += 1
        counts["no_hits"] += not intent.has_hits
        counts["clicked"] += intent.has_hits and intent.clicked_rank is not None
        self.ranks += (intent.clicked_rank or 0) if intent.has_hits else 0
        self.refined += intent.is_refined
        self.unanswered += intent.is_unanswered
        self.to_ticket += judged.outcome is Outcome.TICKET


def search_figures(tally: SearchTally, clusters: Clusters) -> SearchMetrics:
    """The figures of the intents counted."""
    counts: Counter[str] = Counter()
    for part in tally.locales.values():
        counts.update(part)
    intents, with_hits = counts["intents"], counts["intents"] - counts["no_hits"]
    return SearchMetrics(
        intents=intents,
        degraded=tally.degraded,
        while_typing=tally.while_typing,
        no_result=_no_result(counts),
        no_click=_no_click(counts),
        by_locale={locale: LocaleSearches(_no_result(part), _no_click(part)) for locale, part in sorted(tally.locales.items())},
        click_through=Rate(counts["clicked"], with_hits),
        mean_click_position=tally.ranks / counts["clicked"] if counts["clicked"] else None,
        refinement=Rate(tally.refined, intents),
        to_ticket=Rate(tally.to_ticket, intents),
        unanswered=Rate(tally.unanswered, intents),
        top_unanswered=tuple(_shown(cluster) for cluster in clusters.unanswered(TOP_SEARCHES)),
    )


def _no_result(counts: Counter[str]) -> Rate:
    return Rate(counts["no_hits"], counts["intents"])


def _no_click(counts: Counter[str]) -> Rate:
    return Rate(counts["intents"] - counts["no_hits"] - counts["clicked"], counts["intents"] - counts["no_hits"])


def _gather(clusters: Clusters, intent: Intent, judged: Judged) -> None:
    cluster = clusters.of(intent.query)
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
