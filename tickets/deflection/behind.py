"""The visits behind a figure: chosen by what they ended in, listed newest first."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from heapq import nlargest

from tickets.deflection.clusters import cluster_key
from tickets.deflection.intents import Intent
from tickets.deflection.outcomes import Judged, Outcome

ON_A_PAGE = 20
LAST_PAGE = 500
SEARCHES: dict[str, Callable[[Intent], bool]] = {
    "any": lambda _intent: True,
    "no_result": lambda intent: not intent.has_hits,
    "unanswered": lambda intent: intent.is_unanswered,
    "no_click": lambda intent: intent.has_hits and intent.clicked_rank is None,
    "click": lambda intent: intent.has_hits and intent.clicked_rank is not None,
    "refined": lambda intent: intent.is_refined,
    "degraded": lambda intent: bool(intent.degraded),
}
"""Kinds of search a visit may have had."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which visits are wanted; what is left empty takes all."""

    outcomes: frozenset[Outcome] = frozenset()
    with_form: bool = False
    with_reading: bool = False
    with_late_ticket: bool = False
    search: str = ""
    """A key of SEARCHES."""
    query: str = ""
    """Only visits that searched for this, in whatever words."""
    slug: str = ""
    """Only visits that read this article."""

    def takes(self, judged: Judged) -> bool:
        """Whether the visit is one of those wanted; only mature ones ever are."""
        visit = judged.visit
        if judged.outcome is None or (self.outcomes and judged.outcome not in self.outcomes):
            return False
        if (self.with_form and not visit.has_form) or (self.with_reading and not visit.readings):
            return False
        if self.with_late_ticket and not (judged.is_success and judged.is_week_old and judged.has_late_ticket):
            return False
        if self.slug and all(reading.slug != self.slug for reading in visit.readings):
            return False
        return not (self.search or self.query) or any(map(self._wants, visit.intents))

    def _wants(self, intent: Intent) -> bool:
        if intent.degraded:
            return self.search == "degraded"
        if not intent.is_settled:
            return False
        is_kind = not self.search or SEARCHES[self.search](intent)
        return is_kind and (not self.query or cluster_key(intent.query) == cluster_key(self.query))


@dataclass(frozen=True, slots=True)
class VisitPage:
    """One page of the list."""

    visits: tuple[Judged, ...]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """How many pages can be opened, at least one."""
        return max(1, min(-(-self.total // ON_A_PAGE), LAST_PAGE))


def visits_behind(judged: Iterable[Judged], selection: Selection, page: int) -> VisitPage:
    """The chosen visits, newest first; no more than one page's worth of the stream is kept per page asked for."""
    total = 0

    def chosen() -> Iterable[Judged]:
        nonlocal total
        for one in judged:
            if selection.takes(one):
                total += 1
                yield one

    newest = nlargest(page * ON_A_PAGE, chosen(), key=lambda one: (one.visit.started_at, one.visit.visitor))
    return VisitPage(tuple(newest[(page - 1) * ON_A_PAGE :]), total, page)
