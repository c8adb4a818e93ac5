"""The deflection report: events → visits → outcomes → figures, the same whoever asks and whenever, for one period and one `as_of`."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from sqlalchemy.orm import Session

from kb.db import Database, now
from kb.web.templates import iso
from tickets.deflection.figures import Tally, VisitFigures
from tickets.deflection.outcomes import SECOND_LOOK, WINDOW, Judged, Ties, judge
from tickets.deflection.period import parse_period
from tickets.deflection.queries import event_rows, joined_accounts, staff_ids, ticket_rows, withdrawal_rows
from tickets.deflection.rates import Rate
from tickets.deflection.reading import ArticleFigures
from tickets.deflection.searching import SearchFigures
from tickets.deflection.ticketing import TicketFigures, TicketTally, avoidable, in_period
from tickets.deflection.visits import GAP, Visit, visits

DEFINITIONS = "2"
"""Version of the definitions; changes with any change of what a figure means."""
LIFT_NOTE = "Not measured: no holdout runs, so nobody sees the form without suggestions to compare with."


@dataclass(frozen=True, slots=True)
class Report:
    """Every figure of one period."""

    definitions: str
    start: datetime
    end: datetime
    """The first moment after the period."""
    as_of: datetime
    """Nothing later is known to the report."""
    visits: VisitFigures
    searches: SearchFigures
    tickets: TicketFigures
    articles: tuple[ArticleFigures, ...]
    ticket_after_view_mean: Rate
    cost_per_ticket: float
    """0 when the operator named none."""

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
    """The figures of the visits that began in [`start`, `end`), as far as they were known at `as_of`."""
    ties, tally, ticket_tally = _begin(session, start, end, as_of)
    for visit in _visits(session, start - WINDOW, end, as_of):
        ticket_tally.add(visit)
        if visit.started_at >= start:
            tally.add(judge(visit, ties, as_of))
    return Report(
        definitions=DEFINITIONS,
        start=start,
        end=end,
        as_of=as_of,
        visits=tally.figures(),
        searches=tally.searches.figures(),
        tickets=ticket_tally.figures(avoidable(session, start, min(end, as_of))),
        articles=tally.articles.figures(),
        ticket_after_view_mean=tally.articles.mean(),
        cost_per_ticket=cost_per_ticket,
    )


def run(database: Database, first: str | None, last: str | None, as_of: str | None = None, *, cost_per_ticket: float = 0.0) -> Report:
    """The report on the days from `first` to `last`, both included; see `parse_period`. Raises BadPeriod."""
    period = parse_period(first, last, as_of, now())
    with database.read() as session:
        return report(session, period.start, period.end, period.as_of, cost_per_ticket=cost_per_ticket)


def judged_visits(session: Session, start: datetime, end: datetime, as_of: datetime) -> Iterator[Judged]:
    """The visits behind the report's figures, by visitor, then time."""
    ties, _, _ = _begin(session, start, end, as_of)
    return (judge(visit, ties, as_of) for visit in _visits(session, start, end, as_of) if visit.started_at >= start)


def _begin(session: Session, start: datetime, end: datetime, as_of: datetime) -> tuple[Ties, Tally, TicketTally]:
    known_end = as_of + timedelta(microseconds=1)
    tickets = list(ticket_rows(session, start - WINDOW, min(end + WINDOW + SECOND_LOOK, known_end)))
    joined = joined_accounts(session, known_end)
    ties = Ties(tickets, joined, staff_ids(session), withdrawal_rows(session, start, min(end + WINDOW + WINDOW, known_end)))
    accounts = frozenset(chain.from_iterable(joined.values()))
    return ties, Tally(), TicketTally(in_period(tickets, start, end), ties, accounts)


def _visits(session: Session, start: datetime, end: datetime, as_of: datetime) -> Iterator[Visit]:
    # Half an hour earlier, to tell a visit that begins in the period from one that goes on in it;
    # a day later, for the visits that go on beyond its end.
    rows = event_rows(session, start - GAP, min(end + WINDOW, as_of + timedelta(microseconds=1)))
    return (visit for visit in visits(rows) if visit.started_at < end)


def plain(value: Any) -> Any:
    """`value` as JSON takes it: dataclasses as objects, tuples as lists, times in ISO 8601."""
    if isinstance(value, Rate):
        return value.to_json()
    if isinstance(value, datetime):
        return iso(value)
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    return [plain(part) for part in value] if isinstance(value, tuple) else value
