"""One day of the report, counted from the raw events: the visits that began on it with their outcomes, and its tickets.

Everything here depends on the events and tickets of the days around it alone, so that a day can be counted once and stored.
What is known of it changes at two moments: when its last visit has been over for 24 hours, and after a week.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from operator import attrgetter

from sqlalchemy.orm import Session

from kb.events.models import Kind
from tickets.deflection.figures.article_metrics import ArticleTally
from tickets.deflection.figures.search_metrics import SearchTally
from tickets.deflection.figures.ticket_metrics import DayTickets, TicketTally
from tickets.deflection.figures.visit_metrics import VisitTally
from tickets.deflection.queries import (
    EventRow,
    TicketRow,
    event_rows,
    held_tickets,
    is_quiet,
    joined_accounts,
    rows_of,
    ticket_rows,
    visitors_of,
    vote_rows,
    withdrawal_rows,
)
from tickets.deflection.visits.clusters import Clusters
from tickets.deflection.visits.outcomes import SECOND_LOOK, WINDOW, Judged, LeftOut, Ties, judge, second_look_at
from tickets.deflection.visits.visits import GAP, Visit, visits

DEFINITIONS = "2"
"""Version of the definitions; changes with any change of what a figure means."""
LONGEST = timedelta(hours=24)
"""How far a visit is followed into the days after the one it began on."""
MOMENT = timedelta(microseconds=1)
VOTERS = frozenset((None, LeftOut.NO_SUPPORT_ACT, LeftOut.IMMATURE))
"""Visits whose votes count."""
Listener = Callable[[Judged], None]


@dataclass(slots=True)
class Day:
    """The counts of one day, or of the part of it that was asked for."""

    as_of: datetime
    visits: VisitTally = field(default_factory=VisitTally)
    searches: SearchTally = field(default_factory=SearchTally)
    clusters: Clusters = field(default_factory=Clusters)
    articles: ArticleTally = field(default_factory=ArticleTally)
    tickets: TicketTally = field(default_factory=TicketTally)
    requesters: list[int] = field(default_factory=list)
    knowledge_first: list[int] = field(default_factory=list)
    """Tickets whose requester looked for help before."""
    held: list[int] = field(default_factory=list)
    """Tickets held for review that could change the day."""
    first_matures_at: datetime | None = None
    first_views: dict[str, datetime] = field(default_factory=dict)
    """Slug → when it was first viewed on the day."""
    is_closed: bool = False
    """Whether every visit has its outcome: from then on only the second look changes it, or a ticket that is stored late."""


def midnight(day: date) -> datetime:
    """The moment, in UTC, at which the day begins."""
    return datetime.combine(day, time(), UTC)


def tickets_until(start: datetime, end: datetime, as_of: datetime) -> datetime:
    """The last moment at which a ticket changes the figures of [`start`, `end`), as far as is known at `as_of`."""
    until = end + LONGEST + WINDOW
    return min(until + SECOND_LOOK if as_of >= second_look_at(start) else until, as_of)


def spans(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The days from `start` to `end`, the first and the last as far as they belong to it."""
    while start < end:
        until = min(end, midnight(start.date() + timedelta(days=1)))
        yield start, until
        start = until


def count_day(session: Session, start: datetime, end: datetime, as_of: datetime, each: Listener | None = None) -> Day:
    """Counts the visits that began, and the tickets created, in [`start`, `end`) of one day, as known at `as_of`; `each` hears of every visit."""
    day = Day(as_of)
    if is_quiet(session, start, end):
        day.held = [ticket.id for ticket in held_tickets(session, start) if ticket.created_at <= tickets_until(start, end, as_of)]
        day.is_closed = as_of >= end + WINDOW + GAP
        return day
    around = _Around(session, start, end, as_of)
    begun = [visit for visit in around.visits(day) if start <= visit.started_at < end]
    ties = around.ties(begun)
    day_tickets = around.tickets(ties)
    voters: set[str] = set()
    for visit in begun:
        judged = judge(visit, ties, as_of)
        _count(day, judged)
        day_tickets.watch(visit)
        if judged.left_out in VOTERS and any(event.kind == Kind.VOTE for event in visit.events):
            voters.add(visit.visitor)
        if each is not None:
            each(judged)
    for visit in around.earlier_visits(ties):
        day_tickets.watch(visit)
    _count_votes(day, around, voters)
    day.tickets = day_tickets.tally()
    day.requesters = sorted({ticket.requester_id for ticket in day_tickets.counted.values()})
    day.knowledge_first = sorted(day_tickets.knowledge_first)
    day.held = [ticket.id for ticket in ties.tickets if ticket.is_held]
    day.is_closed = as_of >= end + WINDOW + GAP and not day.visits.left_out[LeftOut.IMMATURE]
    return day


def _count(day: Day, judged: Judged) -> None:
    day.visits.count(judged)
    if judged.outcome is not None:
        day.searches.count(judged, day.clusters)
        day.articles.count(judged)
    if judged.left_out is LeftOut.IMMATURE:
        matures_at = judged.visit.ended_at + WINDOW
        day.first_matures_at = min(matures_at, day.first_matures_at or matures_at)


def _count_votes(day: Day, around: "_Around", voters: Iterable[str]) -> None:
    """One vote for each visitor and article: it counts on the day it was first given, as it was changed since."""
    ballots: dict[tuple[str, str], str] = {}
    earlier: set[tuple[str, str]] = set()
    for vote in vote_rows(around.session, voters, around.known_until):
        ballot = vote.visitor, vote.slug or ""
        if vote.at < around.start:
            earlier.add(ballot)
        elif vote.at < around.end or ballot in ballots:
            ballots[ballot] = vote.value or ""
    for (visitor, slug), value in ballots.items():
        if (visitor, slug) not in earlier and slug:
            day.articles.count_vote(slug, value)


@dataclass(slots=True)
class _Around:
    """What surrounds one day in the log."""

    session: Session
    start: datetime
    end: datetime
    as_of: datetime
    requesters: dict[str, set[int]] = field(default_factory=dict)
    """Visitor → the accounts it is known as, of those that filed the day's tickets."""

    @property
    def known_until(self) -> datetime:
        """Who a visitor is, and how a vote was changed, is asked once a day after the day, and once more at the second look."""
        second = second_look_at(self.start)
        last = second if self.as_of >= second else midnight(self.start.date() + timedelta(days=1)) + WINDOW
        return min(last, self.as_of + MOMENT)

    def visits(self, day: Day) -> Iterator[Visit]:
        """The visits of everybody who did something in the day; notes its first views."""
        going_on: dict[str, list[EventRow]] = {}
        # Half an hour earlier, to tell a visit that begins on the day from one that goes on in it.
        rows = event_rows(self.session, self.start - GAP, min(self.end, self.as_of + MOMENT))
        for visitor, of_visitor in groupby(rows, key=attrgetter("visitor")):
            events = list(of_visitor)
            self._note_views(day, events)
            if events[-1].at >= self.end - GAP:
                going_on[visitor] = events
            else:
                yield from visits(events)
        later = groupby(rows_of(self.session, going_on, self.end, min(self.end + LONGEST, self.as_of + MOMENT)), key=attrgetter("visitor"))
        for visitor, of_visitor in later:
            going_on[visitor] += of_visitor
        for events in going_on.values():
            yield from visits(events)

    def ties(self, begun: list[Visit]) -> Ties:
        """The tickets that may belong to the visits, and to those of the day before."""
        tickets = list(ticket_rows(self.session, self.start, tickets_until(self.start, self.end, self.as_of) + MOMENT))
        self.requesters = visitors_of(self.session, {ticket.requester_id for ticket in self._own(tickets)}, self.known_until)
        confirmed = {visit.visitor for visit in begun if visit.confirmed}
        withdrawals = withdrawal_rows(self.session, confirmed, self.start, min(self.end + LONGEST + WINDOW, self.as_of) + MOMENT)
        joined = joined_accounts(self.session, {visit.visitor for visit in begun} | self.requesters.keys(), self.known_until)
        return Ties(tickets, joined.accounts, joined.staff, withdrawals)

    def tickets(self, ties: Ties) -> DayTickets:
        """The tickets of the day."""
        own = {ticket.id: ticket for ticket in self._own(ties.tickets)}
        return DayTickets(own, ties, set().union(*self.requesters.values()))

    def earlier_visits(self, ties: Ties) -> Iterator[Visit]:
        """The visits begun before the day that the day's tickets may have followed."""
        visitors = {ticket.visitor for ticket in self._own(ties.tickets) if ticket.visitor} | self.requesters.keys()
        rows = rows_of(self.session, visitors, self.start - LONGEST - WINDOW, min(self.end, self.as_of + MOMENT))
        return (visit for visit in visits(rows) if visit.started_at < self.start)

    def _own(self, tickets: Iterable[TicketRow]) -> list[TicketRow]:
        return [ticket for ticket in tickets if self.start <= ticket.created_at < self.end]

    def _note_views(self, day: Day, events: list[EventRow]) -> None:
        for event in events:
            if event.kind == Kind.ARTICLE_VIEW and event.slug and event.at >= self.start:
                first = day.first_views.get(event.slug)
                if first is None or event.at < first:
                    day.first_views[event.slug] = event.at
