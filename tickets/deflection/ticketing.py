"""Figures that start from the tickets: how they are tied to visits, who looked for help first, which an article could have spared."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from tickets.deflection.outcomes import WINDOW, Ties
from tickets.deflection.queries import TicketRow, first_views, solved_rows
from tickets.deflection.rates import Rate
from tickets.deflection.visits import Visit

TICKETS_NAMED = 12


@dataclass(frozen=True, slots=True)
class TicketFigures:
    """The period's tickets, of every channel, without those held for review."""

    tickets: int
    requesters: int
    tied_by_visit: int
    tied_by_requester: int
    untied: int
    """Their requester was never seen on the site, as far as the log goes."""
    held: int
    """Held for review, counted nowhere else."""
    knowledge_first: Rate
    """Tickets whose requester searched or read in the 24 hours before, out of those that can be tied."""
    avoidable: Rate
    """Solved tickets with a linked article that had been viewed before they were created: a lower bound."""
    knowledge_first_ids: tuple[int, ...] = ()
    """The newest of those, newest first."""
    avoidable_ids: tuple[int, ...] = ()
    """The newest of those, newest first."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Tickets counted out of `of`."""

    ids: set[int]
    of: int

    @property
    def rate(self) -> Rate:
        """Their share."""
        return Rate(len(self.ids), self.of)

    @property
    def newest(self) -> tuple[int, ...]:
        """A few of them to look at, newest first."""
        return tuple(sorted(self.ids, reverse=True)[:TICKETS_NAMED])


@dataclass(slots=True)
class TicketTally:
    """Watches every visit for what it says about the period's tickets."""

    tickets: dict[int, TicketRow]
    ties: Ties
    accounts: frozenset[int]
    """Accounts that some visitor is joined to."""
    by_visit: set[int] = field(default_factory=set)
    by_visitor: set[int] = field(default_factory=set)
    knowledge_first: set[int] = field(default_factory=set)

    def add(self, visit: Visit) -> None:
        """Notes the tickets filed in `visit`, and those that came within 24 hours of looking for help in it."""
        self.by_visit.update(ticket.id for ticket in self.ties.filed_in(visit))
        if self.ties.is_staff(visit) or visit.is_automated:
            return
        sought_at = visit.sought_knowledge_at
        for ticket in self.ties.after(visit, visit.ended_at + WINDOW):
            self.by_visitor.add(ticket.id)
            if sought_at is not None and sought_at <= ticket.created_at:
                self.knowledge_first.add(ticket.id)

    def figures(self, avoidable: Counted) -> TicketFigures:
        """The figures, once every visit was seen."""
        counted = {ticket_id: ticket for ticket_id, ticket in self.tickets.items() if not ticket.is_held}
        by_visit = counted.keys() & self.by_visit
        tied = by_visit | (counted.keys() & self.by_visitor) | {ticket.id for ticket in counted.values() if ticket.requester_id in self.accounts}
        looked_first = Counted(tied & self.knowledge_first, len(tied))
        return TicketFigures(
            tickets=len(counted),
            requesters=len({ticket.requester_id for ticket in counted.values()}),
            tied_by_visit=len(by_visit),
            tied_by_requester=len(tied) - len(by_visit),
            untied=len(counted) - len(tied),
            held=len(self.tickets) - len(counted),
            knowledge_first=looked_first.rate,
            avoidable=avoidable.rate,
            knowledge_first_ids=looked_first.newest,
            avoidable_ids=avoidable.newest,
        )


def avoidable(session: Session, start: datetime, end: datetime) -> Counted:
    """Of the tickets solved in the period, those with a linked article that somebody had viewed before they were created."""
    rows = solved_rows(session, start, end)
    seen = first_views(session, (row.slug for row in rows if row.slug))
    spared = {row.ticket_id for row in rows if row.slug in seen and seen[row.slug] < row.created_at}
    return Counted(spared, len({row.ticket_id for row in rows}))


def in_period(tickets: Iterable[TicketRow], start: datetime, end: datetime) -> dict[int, TicketRow]:
    """Those created in the period, by id."""
    return {ticket.id: ticket for ticket in tickets if start <= ticket.created_at < end}
