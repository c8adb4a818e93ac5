"""A ticket's page in order: its messages, and between them what else happened, drawn from the audits."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from kb.accounts.models import User
from kb.i18n import gettext as _
from kb.i18n import pgettext
from kb.i18n.formats import in_sentence
from kb.text.characters import isolated
from tickets import queries
from tickets.access import Actor, may_read_notes
from tickets.audit import Changed, Commented, Created
from tickets.fields import FIELDS
from tickets.models import Audit, Comment, Status, Ticket


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened to the ticket, in the reader's words; `actor` is empty where the words name nobody."""

    at: datetime
    actor: str
    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A message, or all that happened between two messages."""

    comment: Comment | None = None
    happenings: tuple[Happening, ...] = ()


def timeline(session: Session, actor: Actor, ticket: Ticket) -> list[Entry]:
    """Return the messages and happenings that `actor` may see, oldest first: every change for staff, what concerns them for customers."""
    audits = queries.audits(session, ticket.id)
    comments = queries.comments(session, actor, ticket.id)
    people = _assigned(session, audits)
    groups = queries.group_names(session, {value for event in _changes(audits, "group_id") for value in (event.old, event.new) if isinstance(value, int)})
    is_staff = may_read_notes(actor)
    told = [(audit, _for_staff(audit, ticket, people, groups) if is_staff else _for_customer(audit, ticket, people, actor)) for audit in audits]
    return list(_grouped(_merged(comments, told)))


def latest_message(entries: Sequence[Entry]) -> Comment | None:
    """Return the last message of a timeline."""
    return next((entry.comment for entry in reversed(entries) if entry.comment is not None), None)


def _merged(comments: Sequence[Comment], told: Sequence[tuple[Audit, tuple[Happening, ...]]]) -> Iterator[Entry]:
    """Yield single entries in the order of the audits; messages that no audit names come by their time."""
    by_id = {comment.id: comment for comment in comments}
    named = {event.comment_id for audit, _ in told for event in audit.events if isinstance(event, Commented)}
    unnamed = [comment for comment in comments if comment.id not in named]
    for audit, happenings in told:
        while unnamed and unnamed[0].created_at <= audit.at:
            yield Entry(unnamed.pop(0))
        for event in audit.events:
            if isinstance(event, Commented) and event.comment_id in by_id:
                yield Entry(by_id[event.comment_id])
        if happenings:
            yield Entry(happenings=happenings)
    yield from map(Entry, unnamed)


def _grouped(entries: Iterator[Entry]) -> Iterator[Entry]:
    waiting: tuple[Happening, ...] = ()
    for entry in entries:
        if entry.comment is None:
            waiting += entry.happenings
            continue
        if waiting:
            yield Entry(happenings=waiting)
            waiting = ()
        yield entry
    if waiting:
        yield Entry(happenings=waiting)


def _assigned(session: Session, audits: Sequence[Audit]) -> dict[int, User]:
    """Return id → person of everyone the ticket was assigned to."""
    return queries.people(session, {value for event in _changes(audits, "assignee_id") for value in (event.old, event.new) if isinstance(value, int)})


def _changes(audits: Sequence[Audit], field: str) -> Iterator[Changed]:
    return (event for audit in audits for event in audit.events if isinstance(event, Changed) and event.field == field)


def _for_staff(audit: Audit, ticket: Ticket, people: dict[int, User], groups: dict[int, str]) -> tuple[Happening, ...]:
    actor = "Deskbook" if audit.actor is None else ticket.requester_shown if audit.actor_id == ticket.requester_id else audit.actor.shown_name
    is_filed_by_key = audit.via == "api" and any(isinstance(event, Created) for event in audit.events)
    filed = [Happening(audit.at, actor, _("created the ticket through the API"))] if is_filed_by_key else []
    return (*filed, *(Happening(audit.at, actor, _change(event, people, groups)) for event in audit.events if isinstance(event, Changed)))


def _change(event: Changed, people: dict[int, User], groups: dict[int, str]) -> str:
    if event.field == "assignee_id":
        old, new = (people[value].shown_name if isinstance(value, int) and value in people else "" for value in (event.old, event.new))
        if new:
            return _("assigned the ticket to %(name)s", name=isolated(new))
        return _("removed %(name)s as the assignee", name=isolated(old))
    if event.field == "group_id":
        old, new = (groups.get(value, "") if isinstance(value, int) else "" for value in (event.old, event.new))
        if new:
            return _("assigned the ticket to the group %(name)s", name=isolated(new))
        return _("removed the ticket from the group %(name)s", name=isolated(old))
    field = FIELDS.get(event.field)
    label = in_sentence(_(field.label)) if field is not None else event.field
    old, new = (field.label_of(value) if field is not None else str(value or "") for value in (event.old, event.new))
    old, new = isolated(old), isolated(new)
    if not old:
        return _("set %(field)s to %(new)s", field=label, new=new)
    if new:
        return _("changed %(field)s from %(old)s to %(new)s", field=label, old=old, new=new)
    return _("removed %(field)s: %(old)s", field=label, old=old)


def _for_customer(audit: Audit, ticket: Ticket, people: dict[int, User], reader: Actor) -> tuple[Happening, ...]:
    """Return what a customer cares about: who looks after the request, solved, opened again, closed."""
    is_theirs = audit.actor_id == ticket.requester_id == reader.user_id
    told = []
    for event in audit.events:
        if not isinstance(event, Changed):
            continue
        if event.field == "assignee_id" and isinstance(event.new, int):
            agent = people.get(event.new)
            name = (agent.name if agent is not None else "") or _("An agent")
            is_own = ticket.requester_id == reader.user_id
            shown = isolated(name)
            words = _("%(name)s is looking after your request", name=shown) if is_own else _("%(name)s is looking after the request", name=shown)
            told.append(Happening(audit.at, "", words))
        elif event.field == "status":
            if event.new == Status.SOLVED:
                told.append(Happening(audit.at, "", _("You marked this as solved") if is_theirs else pgettext("what happened", "Marked as solved")))
            elif event.new == Status.CLOSED:
                told.append(Happening(audit.at, "", pgettext("what happened", "Closed")))
            elif event.old == Status.SOLVED:
                told.append(Happening(audit.at, "", _("You reopened this") if is_theirs else pgettext("what happened", "Reopened")))
            elif event.new == Status.PENDING:
                told.append(Happening(audit.at, "", _("Waiting for your reply")))
    return tuple(told)
