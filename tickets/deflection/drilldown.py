"""The visits behind a figure, newest first, a page at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy.orm import Session

from kb.text.whole_number import parse_whole_number
from tickets.deflection.days.day import MOMENT
from tickets.deflection.days.queries import ListPosition, StoredCounts, VisitRow, stored_counts, visit_rows
from tickets.deflection.period import Period
from tickets.deflection.queries import rows_of
from tickets.deflection.visits.clusters import cluster_key
from tickets.deflection.visits.outcomes import Outcome
from tickets.deflection.visits.traits import BIT, EVERY
from tickets.deflection.visits.visits import Visit
from tickets.deflection.visits.visits import visits as visits_of

ON_A_PAGE = 20
PLACE_CHARS = 8
LATEST = 10**17 - 1
"""In microseconds since 1970."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which visits are wanted; what is left empty takes all."""

    outcomes: frozenset[Outcome] = frozenset()
    traits: tuple[str, ...] = ()
    """Of `tickets.deflection.visits.traits`: the visits have all of them."""
    query: str = ""
    """Only visits that searched for this, in whatever words."""
    slug: str = ""
    """Only visits that read this article."""


@dataclass(frozen=True, slots=True)
class ListedVisit:
    """One visit of the list."""

    started_at: datetime
    outcome: Outcome
    tickets: tuple[int, ...]
    visit: Visit | None
    """What happened in it; None once its events were deleted."""

    @property
    def is_success(self) -> bool:
        """Whether it ended without a ticket and with something read or confirmed."""
        return self.outcome not in (Outcome.TICKET, Outcome.GAVE_UP)


@dataclass(frozen=True, slots=True)
class VisitPage:
    """One page of the list."""

    visits: tuple[ListedVisit, ...]
    total: int | None
    """How many visits there are on all pages; None when that is not known without reading them all."""
    older: str
    """The place from which the next page goes on; empty on the last."""


def visits_behind(session: Session, period: Period, selection: Selection, before: ListPosition | None) -> VisitPage:
    """The chosen visits from stored days, newest first, those older than `before`."""
    days = stored_counts(session, period.first_day, period.last_day, in_full=bool(selection.query or selection.slug))
    counts = {day.day: _count(day, selection) for day in days}
    found = list(_rows(session, [day for day, count in counts.items() if count != 0], period, selection, before))
    is_last = len(found) <= ON_A_PAGE
    shown = found[:ON_A_PAGE]
    total = sum(count for count in counts.values() if count is not None) if None not in counts.values() else None
    if is_last and before is None:
        total = len(shown)
    return VisitPage(tuple(_listed(session, row) for row in shown), total, "" if is_last else position_to_text(shown[-1]))


def position_to_text(row: VisitRow) -> str:
    """Return the position of a visit as it is written in an address: the beginning of its visitor's id tells twins apart and gives nobody away."""
    return f"{(row.started_at - EPOCH) // MOMENT}-{row.visitor[:PLACE_CHARS]}"


def parse_position(text: str) -> ListPosition:
    """Return the position that `position_to_text` has written; raises ValueError."""
    moment, _, visitor = text.partition("-")
    microseconds = parse_whole_number(moment, most=LATEST)
    if microseconds is None or len(visitor) > PLACE_CHARS or not visitor.isprintable():
        raise ValueError("no position")
    return EPOCH + timedelta(microseconds=microseconds), visitor


def _rows(session: Session, days: list[date], period: Period, selection: Selection, before: ListPosition | None) -> Iterator[VisitRow]:
    if before is not None:
        days = [day for day in days if day <= before[0].date()]
    return visit_rows(
        session,
        days,
        within=(period.start, period.end),
        outcomes=[str(outcome) for outcome in selection.outcomes],
        traits=sum(BIT[trait] for trait in selection.traits),
        slug=selection.slug,
        search=cluster_key(selection.query) if selection.query else "",
        before=before,
        limit=ON_A_PAGE + 1,
    )


def _count(day: StoredCounts, selection: Selection) -> int | None:
    """How many of the chosen visits the day has; None when it may have some."""
    if selection.query:
        key = cluster_key(selection.query)
        return None if any(key == stored for stored, *_ in day.clusters) else 0
    if selection.slug:
        read: int = day.articles["slugs"].get(selection.slug, [0])[0]
        return None if read and (selection.outcomes or selection.traits) else read
    [visits] = day.counts["weeks"].values()
    by_outcome: dict[str, dict[str, int]] = visits["traits"]
    outcomes = selection.outcomes or by_outcome
    counts = [by_outcome.get(outcome, {}) for outcome in outcomes]
    if len(selection.traits) > 1:
        return None if all(any(count.get(trait) for count in counts) for trait in selection.traits) else 0
    trait = selection.traits[0] if selection.traits else EVERY
    return sum(count.get(trait, 0) for count in counts)


def _listed(session: Session, row: VisitRow) -> ListedVisit:
    events = rows_of(session, [row.visitor], row.started_at, row.ended_at + MOMENT)
    return ListedVisit(row.started_at, Outcome(row.outcome), tuple(row.tickets), next(visits_of(events), None))
