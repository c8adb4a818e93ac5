"""The deflection report: events → visits → outcomes → figures, always the same for one period and one `as_of`."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from kb.i18n import N_
from kb.web.templates import iso
from tickets.deflection.days.day import DEFINITIONS, MOMENT, count_day, spans
from tickets.deflection.days.totals import Counts, Totals
from tickets.deflection.figures.article_metrics import ArticleMetrics
from tickets.deflection.figures.rates import Rate
from tickets.deflection.figures.search_metrics import SearchMetrics, search_figures
from tickets.deflection.figures.ticket_metrics import Avoidable, TicketMetrics, newest, ticket_figures
from tickets.deflection.figures.visit_metrics import VisitMetrics, visit_figures
from tickets.deflection.queries import first_record, first_views, solved_rows
from tickets.deflection.visits.outcomes import Judged

LIFT_NOTE = N_("Not measured: there is no control group that sees the form without suggestions.")


@dataclass(frozen=True, slots=True)
class Week:
    """The headline of one week."""

    monday: date
    first_day: date
    last_day: date
    """Of the part of it that belongs to the period and is over, or is going on."""
    form_deflection: Rate
    confirmed: Rate


@dataclass(frozen=True, slots=True)
class Report:
    """Every figure of one period."""

    definitions: str
    start: datetime
    end: datetime
    """The first moment after the period."""
    as_of: datetime
    """Nothing later is known to the report."""
    visits: VisitMetrics
    searches: SearchMetrics
    tickets: TicketMetrics
    articles: tuple[ArticleMetrics, ...]
    ticket_after_view_mean: Rate
    cost_per_ticket: float
    """0 when the operator named none."""
    weeks: tuple[Week, ...] = ()
    """The weeks that the period touches, oldest first."""
    days_due: int = 0
    """Days of the period that are still to be counted, so that they are missing here."""
    older_until: date | None = None
    """The last day that was counted by older definitions, and whose events are not there any more."""

    @property
    def tickets_saved(self) -> int:
        """The confirmed visits: what can be claimed while no holdout measures the lift."""
        return self.visits.outcomes["confirmed"]

    @property
    def cost_saved(self) -> float | None:
        """Tickets saved times the configured cost; None when no cost is configured."""
        return self.tickets_saved * self.cost_per_ticket if self.cost_per_ticket else None

    @property
    def self_service_score(self) -> float | None:
        """Visits per distinct requester: a ratio for comparison, not a rate; None without requesters."""
        return self.visits.visits / self.tickets.requesters if self.tickets.requesters else None

    def to_json(self) -> dict[str, Any]:
        """The whole report as plain values; times in ISO 8601, rates with what they were counted from."""
        derived = {
            "tickets_saved": self.tickets_saved,
            "tickets_saved_from": "confirmed visits",
            "cost_saved": self.cost_saved,
            "self_service_score": self.self_service_score,
            "deflection_lift": None,
            "deflection_lift_note": LIFT_NOTE,
        }
        return {**plain(self), **derived}


def report(session: Session, start: datetime, end: datetime, as_of: datetime, *, cost_per_ticket: float = 0.0) -> Report:
    """The figures of the visits that began in [`start`, `end`), as far as they were known at `as_of`, counted from the raw events."""
    totals = Totals()
    for begin, until in _counted_spans(session, start, end, as_of):
        totals.add(Counts.of(begin.date(), count_day(session, begin, until, as_of)))
    return make_report(totals, start, end, as_of, avoidable(session, start, min(end, as_of)), cost_per_ticket)


def make_report(totals: Totals, start: datetime, end: datetime, as_of: datetime, avoidable: Avoidable, cost_per_ticket: float) -> Report:
    """The report that shows `totals`."""
    return Report(
        definitions=DEFINITIONS,
        start=start,
        end=end,
        as_of=as_of,
        visits=visit_figures(totals.visits, totals.first_matures_at),
        searches=search_figures(totals.searches, totals.clusters),
        tickets=ticket_figures(totals.tickets, len(totals.requesters), totals.knowledge_first, avoidable),
        articles=totals.articles.figures(),
        ticket_after_view_mean=totals.articles.mean(),
        cost_per_ticket=cost_per_ticket,
        weeks=tuple(_weeks(totals, start, end)),
    )


def judged_visits(session: Session, start: datetime, end: datetime, as_of: datetime) -> list[Judged]:
    """The visits behind the report's figures, counted from the raw events."""
    found: list[Judged] = []
    for begin, until in _counted_spans(session, start, end, as_of):
        count_day(session, begin, until, as_of, found.append)
    return found


def avoidable(session: Session, start: datetime, end: datetime) -> Avoidable:
    """Of the tickets solved in the period, those with a linked article that somebody had viewed before they were created."""
    rows = solved_rows(session, start, end)
    seen = first_views(session, (row.slug for row in rows if row.slug))
    spared = {row.ticket_id for row in rows if row.slug in seen and seen[row.slug] < row.created_at}
    return Avoidable(Rate(len(spared), len({row.ticket_id for row in rows})), newest(spared))


def _weeks(totals: Totals, start: datetime, end: datetime) -> Iterator[Week]:
    first, last = start.date(), (end - MOMENT).date()
    for begin, tally in sorted(totals.weeks.items()):
        figures = visit_figures(tally, None)
        yield Week(begin, max(first, begin), min(last, begin + timedelta(days=6)), figures.form_deflection, figures.confirmed_form_deflection)


def _counted_spans(session: Session, start: datetime, end: datetime, as_of: datetime) -> Iterator[tuple[datetime, datetime]]:
    first = first_record(session)
    return spans(max(start, first), min(end, as_of + MOMENT)) if first else iter(())


def plain(value: Any) -> Any:
    """`value` as JSON takes it: dataclasses as objects, tuples as lists, times in ISO 8601."""
    if isinstance(value, Rate):
        return value.to_json()
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    return [plain(part) for part in value] if isinstance(value, tuple) else value
