"""Figures of tickets: how they are tied to visits, who looked for help first, and which an article could have avoided."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from heapq import nlargest

from tickets.deflection.figures.rates import Rate
from tickets.deflection.queries import TicketRow
from tickets.deflection.visits.outcomes import WINDOW, Ties
from tickets.deflection.visits.visits import Visit

TICKETS_NAMED = 12


@dataclass(frozen=True, slots=True)
class TicketMetrics:
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
class Avoidable:
    """Solved tickets that an article could have spared, out of all solved."""

    rate: Rate
    newest: tuple[int, ...]
    """A few of them to look at, newest first."""


@dataclass(slots=True)
class TicketTally:
    """Counts of tickets."""

    tickets: int = 0
    held: int = 0
    tied_by_visit: int = 0
    tied_by_requester: int = 0
    knowledge_first: int = 0


@dataclass(slots=True)
class DayTickets:
    """The tickets of one day, and what the visits around them say of them."""

    tickets: dict[int, TicketRow]
    ties: Ties
    seen: Collection[int]
    """Requesters that were ever seen on the site."""
    by_visit: set[int] = field(default_factory=set)
    by_visitor: set[int] = field(default_factory=set)
    after_looking: set[int] = field(default_factory=set)

    def watch(self, visit: Visit) -> None:
        """Notes the tickets filed in `visit`, and those that came within 24 hours of looking for help in it."""
        self.by_visit.update(ticket.id for ticket in self.ties.filed_in(visit))
        if self.ties.is_staff(visit) or visit.is_automated:
            return
        sought_at = visit.sought_knowledge_at
        for ticket in self.ties.after(visit, visit.ended_at + WINDOW):
            self.by_visitor.add(ticket.id)
            if sought_at is not None and sought_at <= ticket.created_at:
                self.after_looking.add(ticket.id)

    @property
    def counted(self) -> dict[int, TicketRow]:
        """The tickets that are not held for review."""
        return {ticket_id: ticket for ticket_id, ticket in self.tickets.items() if not ticket.is_held}

    @property
    def tied(self) -> set[int]:
        """Tickets that can be tied to a visitor."""
        counted = self.counted
        return counted.keys() & (self.by_visit | self.by_visitor) | {ticket.id for ticket in counted.values() if ticket.requester_id in self.seen}

    @property
    def knowledge_first(self) -> set[int]:
        """Tickets whose requester looked for help before."""
        return self.tied & self.after_looking

    def tally(self) -> TicketTally:
        """The counts, once every visit was seen."""
        counted, tied = self.counted, self.tied
        by_visit = counted.keys() & self.by_visit
        return TicketTally(len(counted), len(self.tickets) - len(counted), len(by_visit), len(tied) - len(by_visit), len(self.knowledge_first))


def ticket_figures(tally: TicketTally, requesters: int, knowledge_first: Iterable[int], avoidable: Avoidable) -> TicketMetrics:
    """The figures of the tickets counted."""
    tied = tally.tied_by_visit + tally.tied_by_requester
    return TicketMetrics(
        tickets=tally.tickets,
        requesters=requesters,
        tied_by_visit=tally.tied_by_visit,
        tied_by_requester=tally.tied_by_requester,
        untied=tally.tickets - tied,
        held=tally.held,
        knowledge_first=Rate(tally.knowledge_first, tied),
        avoidable=avoidable.rate,
        knowledge_first_ids=newest(knowledge_first),
        avoidable_ids=avoidable.newest,
    )


def newest(ids: Iterable[int]) -> tuple[int, ...]:
    """A few of the tickets to look at, newest first."""
    return tuple(nlargest(TICKETS_NAMED, ids))
