"""Who may see and do what with tickets: every query on tickets starts here, every permission is decided here."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, or_, select, true
from sqlalchemy.orm import aliased

from kb.accounts.models import GroupMember, Organization, User
from kb.accounts.permissions import Permission
from tickets.models import Comment, Status, Ticket


class Action(StrEnum):
    """Something that can be done with a ticket."""

    REPLY = "reply"
    NOTE = "note"
    CHANGE = "change"
    """Setting any field."""
    SOLVE = "solve"
    REOPEN = "reopen"


NEEDED = {Action.REPLY: Permission.REPLY, Action.NOTE: Permission.WRITE_NOTES, Action.CHANGE: Permission.CHANGE_TICKETS}
"""Action → the permission that staff need for it."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a person, the holder of a request's secret link, or Deskbook itself."""

    user_id: int | None = None
    is_staff: bool = False
    is_system: bool = False
    ticket_id: int | None = None
    """The one ticket that a secret link opens; its holder acts as the requester."""
    permissions: frozenset[Permission] = frozenset()
    """What the role of somebody on the staff allows."""


SYSTEM = Actor(is_system=True)
"""Deskbook itself: timed work, and deciding what belongs to whom."""
NOBODY = Actor()


class NotAllowed(Exception):
    """The actor may not do this; views answer as if the ticket did not exist, or 403 where it may be seen."""


def person(user: User | None) -> Actor:
    """Return the actor for somebody who is signed in or whose API key was sent; NOBODY for None."""
    return NOBODY if user is None else Actor(user.id, is_staff=user.is_staff, permissions=user.permissions)


def administrator(user: User) -> Actor:
    """Return the actor for what follows on tickets from an admin's work on people and groups, in the name of that admin."""
    return Actor(user.id, is_staff=True, is_system=True)


def link_holder(ticket: Ticket) -> Actor:
    """Return the actor for somebody who opened the ticket's secret link."""
    return Actor(ticket.requester_id, ticket_id=ticket.id)


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Return the SQL condition for the tickets that `actor` may see."""
    if actor.is_system or Permission.SEE_ALL_TICKETS in actor.permissions:
        return true()
    if actor.is_staff:
        of_their_groups = select(GroupMember.group_id).where(GroupMember.user_id == actor.user_id)
        return or_(Ticket.assignee_id == actor.user_id, Ticket.requester_id == actor.user_id, Ticket.group_id.in_(of_their_groups))
    if actor.ticket_id is not None:
        return Ticket.id == actor.ticket_id
    return false() if actor.user_id is None else or_(Ticket.requester_id == actor.user_id, _shared_with(actor.user_id))


def _shared_with(user_id: int) -> ColumnElement[bool]:
    """Return the condition for what a customer's colleagues sent, where their organization shares its requests.

    Not what is held for review, nor what came under an address that nobody has proved yet: anybody can type that.
    """
    colleague, reader = aliased(User), aliased(User)
    shared = select(Organization.id).join(reader, reader.organization_id == Organization.id).where(reader.id == user_id, Organization.shares_requests)
    is_proved = select(colleague.id).where(colleague.id == Ticket.requester_id, colleague.is_verified).exists()
    return and_(Ticket.organization_id.in_(shared), Ticket.suspended_reason.is_(None), is_proved)


def comments_visible_to(actor: Actor) -> ColumnElement[bool]:
    """Return the SQL condition for the messages that `actor` may read on a ticket they may see."""
    return true() if may_read_notes(actor) else Comment.is_public.is_(True)


def select_tickets(actor: Actor, *columns: Any) -> Select[Any]:
    """Return the start of every query on tickets: those that `actor` may see, whole or as `columns`."""
    statement = select(*columns) if columns else select(Ticket)
    condition = visible_to(actor)
    return statement if isinstance(condition, type(true())) else statement.where(condition)


def may_read_notes(actor: Actor) -> bool:
    """Return whether internal notes are open to `actor`."""
    return actor.is_system or actor.is_staff


def may_be_assigned(permissions: frozenset[Permission]) -> bool:
    """Return whether somebody with these permissions can be in charge of a ticket."""
    return Permission.REPLY in permissions


def may(actor: Actor, action: Action, ticket: Ticket) -> bool:
    """Return whether `actor` may do `action` with `ticket`. A closed ticket takes internal notes and nothing else."""
    if actor.is_system:
        return True
    if ticket.status == Status.CLOSED and action != Action.NOTE:
        return False
    if actor.is_staff:
        return action in NEEDED and NEEDED[action] in actor.permissions
    is_theirs = actor.user_id == ticket.requester_id and actor.ticket_id in (None, ticket.id)
    if action == Action.SOLVE:
        return is_theirs and ticket.status != Status.SOLVED
    if action == Action.REOPEN:
        return is_theirs and ticket.status == Status.SOLVED
    return is_theirs and action == Action.REPLY
