"""The outcome of a visit, and which tickets count against it. The first match wins; a ticket always wins."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import TypeVar

from tickets.deflection.queries import TicketRow, WithdrawalRow
from tickets.deflection.visits.visits import Visit

WINDOW = timedelta(hours=24)
SECOND_LOOK = timedelta(days=7)
Key = TypeVar("Key", int, str)


class Outcome(StrEnum):
    """What became of a mature visit, best evidence first."""

    TICKET = "ticket"
    CONFIRMED = "confirmed"
    FORM_LEFT_AFTER_READING = "form_left_after_reading"
    READ_AND_LEFT = "read_and_left"
    GAVE_UP = "gave_up"


SUCCESSES = frozenset((Outcome.CONFIRMED, Outcome.FORM_LEFT_AFTER_READING, Outcome.READ_AND_LEFT))


class LeftOut(StrEnum):
    """Why a visit counts in no rate."""

    STAFF = "staff"
    AUTOMATED = "automated"
    HELD = "held"
    """It sent a request that is held for review as suspicious."""
    NO_SUPPORT_ACT = "no_support_act"
    UNPROVEN = "unproven"
    """Nothing shows that a person was there: no script ran, and no second request brought the cookie."""
    IMMATURE = "immature"


@dataclass(frozen=True, slots=True)
class Judged:
    """A visit with its outcome, or with the reason why it has none."""

    visit: Visit
    outcome: Outcome | None
    left_out: LeftOut | None
    tickets: tuple[TicketRow, ...] = ()
    """Tied to it and created within the window, oldest first."""
    has_late_ticket: bool = False
    """A ticket came after the window, within 7 days."""
    is_week_old: bool = False
    """Whether those 7 days have passed for every visit that began on its day."""

    @property
    def is_success(self) -> bool:
        """Whether the visit ended without a ticket and with something read or confirmed."""
        return self.outcome in SUCCESSES


class Ties:
    """Which tickets belong to which visit: by the visit they were filed in, else by their requester, whatever the channel."""

    def __init__(
        self,
        tickets: Iterable[TicketRow],
        joined: Mapping[str, set[int]],
        staff: frozenset[int] = frozenset(),
        withdrawals: Iterable[WithdrawalRow] = (),
    ) -> None:
        self._joined, self._staff = joined, staff
        self._withdrawals: dict[str, list[WithdrawalRow]] = {}
        for withdrawal in withdrawals:
            self._withdrawals.setdefault(withdrawal.visitor, []).append(withdrawal)
        self._by_visit: dict[str, list[TicketRow]] = {}
        self._by_visitor: dict[str, list[TicketRow]] = {}
        self._by_requester: dict[int, list[TicketRow]] = {}
        self.tickets = sorted(tickets, key=_order)
        """All of them, oldest first."""
        for ticket in self.tickets:
            if ticket.visit:
                self._by_visit.setdefault(ticket.visit, []).append(ticket)
            if ticket.visitor:
                self._by_visitor.setdefault(ticket.visitor, []).append(ticket)
            self._by_requester.setdefault(ticket.requester_id, []).append(ticket)

    def is_staff(self, visit: Visit) -> bool:
        """Whether the visitor ever signed in as an agent or admin."""
        return not self._staff.isdisjoint(self._joined.get(visit.visitor, ()))

    def is_withdrawn(self, visit: Visit) -> bool:
        """Whether the visitor took "this solved it" back, in the visit or within its window."""
        if not visit.confirmed:
            return visit.confirmed is not None
        ends = visit.ended_at + WINDOW
        return any(one.slug in visit.confirmed and visit.ended_at < one.at <= ends for one in self._withdrawals.get(visit.visitor, ()))

    def filed_in(self, visit: Visit) -> list[TicketRow]:
        """Tickets that carry the visit's own id, and were created from its beginning to the end of its window."""
        return [ticket for visit_id in visit.ids for ticket in _between(self._by_visit, visit_id, visit.started_at, visit.ended_at + WINDOW)]

    def after(self, visit: Visit, until: datetime) -> tuple[TicketRow, ...]:
        """Every ticket of the visitor and its accounts, from the visit's beginning to `until`, oldest first; none that is held for review."""
        found = [*self.filed_in(visit), *_between(self._by_visitor, visit.visitor, visit.started_at, until)]
        for user_id in self._joined.get(visit.visitor, ()):
            found += _between(self._by_requester, user_id, visit.started_at, until)
        if not found:
            return ()
        inside = {ticket for ticket in found if ticket.created_at <= until and not ticket.is_held}
        return tuple(sorted(inside, key=_order))


def _between(kept: Mapping[Key, list[TicketRow]], key: Key, start: datetime, end: datetime) -> list[TicketRow]:
    """The tickets under `key` created from `start` to `end`; they lie there oldest first."""
    tickets = kept.get(key)
    if tickets is None:
        return []
    return tickets[bisect_left(tickets, start, key=_created) : bisect_right(tickets, end, key=_created)]


def _created(ticket: TicketRow) -> datetime:
    return ticket.created_at


def _order(ticket: TicketRow) -> tuple[datetime, int]:
    return ticket.created_at, ticket.id


def second_look_at(moment: datetime) -> datetime:
    """When the visits that began on the day of `moment` are looked at again: each of them has been over for 7 days."""
    return datetime.combine(moment.date() + timedelta(days=1), time(), UTC) + WINDOW + SECOND_LOOK


def judge(visit: Visit, ties: Ties, as_of: datetime) -> Judged:
    """What is known of `visit` at `as_of`: exactly one outcome, or exactly one reason for having none."""
    left_out = _left_out(visit, ties, as_of)
    following = ties.after(visit, min(visit.ended_at + SECOND_LOOK, as_of))
    window_ends = visit.ended_at + WINDOW
    inside = tuple(ticket for ticket in following if ticket.created_at <= window_ends)
    outcome = None if left_out else outcome_of(visit, has_ticket=bool(inside), is_withdrawn=ties.is_withdrawn(visit))
    return Judged(visit, outcome, left_out, inside, len(following) > len(inside), second_look_at(visit.started_at) <= as_of)


def outcome_of(visit: Visit, *, has_ticket: bool, is_withdrawn: bool) -> Outcome:
    """The first rung that fits. Reading before opening the form is no success once the form was opened and left.

    Nor is anything a success after "it did not help after all".
    """
    if has_ticket or visit.has_sent:
        return Outcome.TICKET
    if is_withdrawn:
        return Outcome.GAVE_UP
    if visit.confirmed:
        return Outcome.CONFIRMED
    if visit.read_after_form:
        return Outcome.FORM_LEFT_AFTER_READING
    if visit.readings and not visit.has_form:
        return Outcome.READ_AND_LEFT
    return Outcome.GAVE_UP


def _left_out(visit: Visit, ties: Ties, as_of: datetime) -> LeftOut | None:
    if ties.is_staff(visit):
        return LeftOut.STAFF
    if visit.is_automated:
        return LeftOut.AUTOMATED
    if any(ticket.is_held for ticket in ties.filed_in(visit)):
        return LeftOut.HELD
    if not visit.has_support_act:
        return LeftOut.NO_SUPPORT_ACT
    if not visit.is_person:
        return LeftOut.UNPROVEN
    return LeftOut.IMMATURE if visit.ended_at + WINDOW > as_of else None
