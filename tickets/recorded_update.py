"""An update as its subscribers see it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kb.events.recorder import CurrentVisit
from tickets.access import Actor
from tickets.audit import Changed, Commented, Created, Event
from tickets.models import Ticket


@dataclass(frozen=True, slots=True)
class Filed:
    """What is known of a ticket only while it is filed."""

    email: str
    visit: CurrentVisit | None
    locale: str
    staff: tuple[tuple[int, list[str] | None], ...]
    """(id, chosen reasons or None) of the active staff."""
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

    @classmethod
    def of(cls, ticket: Ticket, actor: Actor, via: str | None, at: datetime, events: tuple[Event, ...]) -> "RecordedUpdate":
        """Return the update of a ticket whose changes are not flushed yet."""
        is_suspended = ticket.suspended_reason is not None
        return cls(ticket.id, ticket.version + 1, ticket.requester_id, ticket.assignee_id, is_suspended, actor, via, at, events)

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
