"""Changing a ticket's fields, each with its entry in the audit trail."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from kb.accounts.models import User
from tickets import queries
from tickets.models import AuditEntry, Priority, Status, Ticket, TicketTag, TicketType

FIELDS = ("status", "priority", "type", "assignee_id", "category", "tags", "suspended_reason")
CHOICES: dict[str, tuple[str, ...]] = {"status": tuple(Status), "priority": tuple(Priority), "type": tuple(TicketType)}
CLOSED_AFTER = timedelta(days=28)
MAX_TAG_CHARS, MOST_TAGS = 60, 50


class TicketChanged(Exception):
    """Somebody changed the ticket since it was shown; `ticket` is as it stands now."""

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(f"ticket {ticket.id} is at version {ticket.version}")
        self.ticket = ticket


class ImpossibleChange(Exception):
    """The ticket cannot become that; `field` names what was asked for, the message says what is possible."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class TicketNotFound(Exception):
    """There is no ticket with this number."""


def change_ticket(session: Session, ticket_id: int, changes: Mapping[str, Any], *, version: int | None = None, actor_id: int | None, now: datetime) -> Ticket:
    """The ticket with `changes` (of FIELDS; `tags` as words) applied, each in the audit trail.

    Raises TicketNotFound, TicketChanged when it is no longer at `version`, ImpossibleChange.
    """
    ticket = queries.ticket_to_change(session, ticket_id)
    if ticket is None:
        raise TicketNotFound(ticket_id)
    if version is not None and ticket.version != version:
        # A rollback would empty it.
        session.expunge(ticket)
        raise TicketChanged(ticket)
    for field, value in _normal(ticket, changes).items():
        _check(session, ticket, field, value)
        set_field(session, ticket, field, value, actor_id=actor_id, now=now)
    session.flush()
    return ticket


def set_field(session: Session, ticket: Ticket, field: str, value: Any, *, actor_id: int | None, now: datetime) -> bool:
    """Whether `field` was another before; then it is changed, and the change is in the audit trail."""
    old = [tag.name for tag in ticket.tags] if field == "tags" else getattr(ticket, field)
    if old == value:
        return False
    if field == "tags":
        _set_tags(ticket, value)
    else:
        setattr(ticket, field, value)
    if field == "status":
        ticket.solved_at = now if value == Status.SOLVED else (ticket.solved_at if value == Status.CLOSED else None)
    ticket.updated_at = now
    session.add(AuditEntry(ticket_id=ticket.id, actor_id=actor_id, at=now, field=field, old=_shown(old), new=_shown(value)))
    return True


def tags_from(text: str) -> list[str]:
    """The words of a tags field, in lower case, sorted, each once."""
    return clean_tags(text.replace(",", " ").split())


def clean_tags(words: Iterable[str]) -> list[str]:
    """`words` as tags: in lower case, blanks as `_`, sorted, each once; at most 50 of at most 60 characters."""
    tags = {"_".join(word.lower().split())[:MAX_TAG_CHARS] for word in words}
    return sorted(tags - {""})[:MOST_TAGS]


def close_long_solved(session: Session, *, now: datetime) -> int:
    """Closes tickets solved four weeks ago, at most 50 at a time; how many."""
    tickets = queries.solved_before(session, now - CLOSED_AFTER)
    for ticket in tickets:
        set_field(session, ticket, "status", str(Status.CLOSED), actor_id=None, now=now)
    return len(tickets)


def _normal(ticket: Ticket, changes: Mapping[str, Any]) -> dict[str, Any]:
    wanted = dict(changes)
    if "tags" in wanted:
        wanted["tags"] = clean_tags(wanted["tags"])
    # A ticket that somebody took is no longer new.
    taken = wanted.get("assignee_id") is not None and wanted["assignee_id"] != ticket.assignee_id
    if taken and ticket.status == Status.NEW and wanted.get("status") in (None, "", Status.NEW):
        wanted["status"] = str(Status.OPEN)
    return wanted


def _check(session: Session, ticket: Ticket, field: str, value: Any) -> None:
    if field not in FIELDS:
        raise ImpossibleChange(field, f"A ticket has no field {field} that can be changed.")
    if field in CHOICES and value not in CHOICES[field]:
        raise ImpossibleChange(field, f"{field.capitalize()} is one of {', '.join(CHOICES[field])}.")
    if ticket.status == Status.CLOSED and field in ("status", "assignee_id"):
        if getattr(ticket, field) != value:
            raise ImpossibleChange(field, "A closed ticket stays as it is. A new message opens a follow-up.")
    elif field == "status" and value != ticket.status and value in (Status.NEW, Status.CLOSED):
        raise ImpossibleChange(field, "A ticket is never new again, and closes by itself four weeks after it was solved.")
    if field == "assignee_id" and value is not None:
        person = session.get(User, value)
        if person is None or not person.is_staff:
            raise ImpossibleChange(field, "Only an active agent can be the assignee.")


def _set_tags(ticket: Ticket, names: list[str]) -> None:
    kept = [tag for tag in ticket.tags if tag.name in names]
    have = {tag.name for tag in kept}
    ticket.tags = kept + [TicketTag(name=name) for name in names if name not in have]


def _shown(value: Any) -> str | None:
    if value is None:
        return None
    return " ".join(value) if isinstance(value, list) else str(value)
