"""An update as its subscribers see it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from kb.accounts.permissions import Permission
from kb.events.recorder import CurrentVisit
from tickets.access import Actor
from tickets.audit import Changed, Commented, Created, Event
from tickets.models import Ticket

SEES_ALL = str(Permission.SEE_ALL_TICKETS)


class StaffMember(NamedTuple):
    """One of the staff who may be emailed."""

    id: int
    reasons: list[str] | None
    """As chosen; None for the usual."""
    permissions: list[str]
    groups: str | None
    """Ids of their groups, separated by commas."""

    def sees(self, group_id: int | None, people: Collection[int | None]) -> bool:
        """Return whether they see a ticket of this group whose requester and assignee are `people`; says the same as `access.visible_to`."""
        is_theirs = group_id is not None and str(group_id) in (self.groups or "").split(",")
        return SEES_ALL in self.permissions or is_theirs or self.id in people


@dataclass(frozen=True, slots=True)
class Filed:
    """What is known of a ticket only while it is filed."""

    email: str
    visit: CurrentVisit | None
    locale: str
    staff: tuple[StaffMember, ...]
    """The active staff."""
    receipts: int | None = None
    """How many receipts the address got in this hour, with this one; None where it is not counted yet."""


@dataclass(frozen=True, slots=True)
class Email:
    """An email that an update causes: the kind of its job, what the job is told, and whom it is to."""

    kind: str
    payload: dict[str, Any]
    user_id: int


@dataclass(frozen=True, slots=True)
class RecordedUpdate:
    """One update: who did it, how and when, its events, and how the ticket stands after it."""

    ticket_id: int
    version: int
    requester_id: int
    assignee_id: int | None
    is_suspended: bool
    actor: Actor
    via: str | None
    at: datetime
    events: tuple[Event, ...]
    filed: Filed | None = None
    group_id: int | None = None

    @classmethod
    def of(cls, ticket: Ticket, actor: Actor, via: str | None, at: datetime, events: tuple[Event, ...]) -> "RecordedUpdate":
        """Return the update of a ticket whose changes are not flushed yet."""
        is_suspended = ticket.suspended_reason is not None
        return cls(ticket.id, ticket.version + 1, ticket.requester_id, ticket.assignee_id, is_suspended, actor, via, at, events, group_id=ticket.group_id)

    @property
    def is_new(self) -> bool:
        """Whether the ticket was filed by this update."""
        return any(isinstance(event, Created) for event in self.events)

    @property
    def comment(self) -> Commented | None:
        """The message that was added."""
        return next((event for event in self.events if isinstance(event, Commented)), None)

    def change(self, field: str) -> Changed | None:
        """Return the change of a field; None when it stayed."""
        return next((event for event in self.events if isinstance(event, Changed) and event.field == field), None)
