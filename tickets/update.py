"""The one way to change a ticket: fields and a message, in one lock, one version step and one audit."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from kb.accounts.models import Group, User
from kb.i18n import gettext as _
from tickets import fields, queries
from tickets.access import Action, Actor, NotAllowed, may, may_be_assigned
from tickets.audit import Changed, Commented, Event, Value
from tickets.comment import NewComment, store_comment
from tickets.fields import ImpossibleChange
from tickets.models import Audit, Comment, Status, Ticket, TicketTag
from tickets.recorded_update import RecordedUpdate
from tickets.search.index_rows import index_message, index_tags
from tickets.subscribers import record

SAME_MESSAGE_WITHIN = timedelta(hours=1)
"""An author's last message, sent again word for word within this time, is the same message."""


@dataclass(frozen=True, slots=True)
class Update:
    """What somebody wants of a ticket: new values of fields (names of `fields.FIELDS`; tags as words), a message, or both."""

    changes: Mapping[str, Any] = field(default_factory=dict)
    comment: NewComment | None = None
    categories: Collection[str] = ()
    """Slugs that the ticket's category can become."""


class TicketNotFound(Exception):
    """There is no ticket with this number that the actor may see."""


class TicketClosed(Exception):
    """The ticket is closed and takes no more messages: open a follow-up."""


class TicketChanged(Exception):
    """Someone else changed what this update changes, or wrote a message, since `version`; `fields` names the fields that both changed."""

    def __init__(self, ticket_id: int, conflicts: frozenset[str], *, has_newer_message: bool) -> None:
        super().__init__(f"ticket {ticket_id} was changed: {', '.join(sorted(conflicts)) or 'a new message'}")
        self.fields = conflicts
        self.has_newer_message = has_newer_message


def apply(session: Session, ticket_id: int, update: Update, *, actor: Actor, via: str | None, version: int | None = None, now: datetime) -> Audit:
    """Change the ticket and return the audit, which says all that changed; it has no events, and is not stored, when nothing did.

    A message that was sent before is not added again: the audit of the first time is returned. `version` is the one that the actor
    saw: what others changed since is never overwritten, and one that the ticket never had is refused. Raises TicketNotFound, TicketClosed,
    NotAllowed, TicketChanged, ImpossibleChange;
    after any of them the transaction must be rolled back.
    """
    for name in update.changes.keys() - fields.FIELDS.keys():
        raise ImpossibleChange(name, f"A ticket has no field {name[:40]} that can be changed.")
    ticket = queries.lock_ticket(session, actor, ticket_id, with_tags="tags" in update.changes)
    if ticket is None:
        raise TicketNotFound(ticket_id)
    comment = update.comment
    if comment is not None and (before := _sent_before(session, ticket, comment, actor, now)) is not None:
        if before.nonce == comment.key or not update.changes:
            return queries.audit_of_comment(session, before) or _nothing(ticket, actor, now)
        comment = None
    _require_permission(ticket, update, actor)
    _refuse_conflict(session, ticket, update, actor, version)
    changes = _with_consequences(ticket, update.changes, comment, actor) | _handed_over(session, ticket, update.changes)
    # The status last: whoever took the ticket had it when it was solved.
    changes = {name: changes[name] for name in sorted(changes, key=lambda name: name == "status") if _current(ticket, name) != changes[name]}
    if comment is None and not changes:
        return _nothing(ticket, actor, now)
    events: list[Event] = []
    with session.no_autoflush:  # one UPDATE of the ticket, with everything in it
        for name, value in changes.items():
            _check(session, ticket, name, value, actor, update.categories)
        if comment is not None:
            events.append(_add(session, ticket, comment, actor, via, now))
        events += [_set(ticket, name, value, now) for name, value in changes.items()]
        if "tags" in changes:
            index_tags(session, ticket.id, [tag.name for tag in ticket.tags])
        ticket.updated_at = now
        flag_modified(ticket, "updated_at")  # a step of the version even at the same moment as the last one
        recorded = RecordedUpdate.of(ticket, actor, via, now, tuple(events))
        events = [*record(session, recorded)]
    return Audit(ticket_id=ticket.id, actor_id=actor.user_id, via=via, at=now, version=recorded.version, is_migrated=False, events=tuple(events))


def _sent_before(session: Session, ticket: Ticket, comment: NewComment, actor: Actor, now: datetime) -> Comment | None:
    """Return the message that this one repeats: the same form, or the author's own words again with nothing new in between.

    A browser that goes back after sending fills the box again, in a form with another number.
    """
    key = comment.key
    for known in queries.latest_or_same_form(session, ticket.id, key):
        if key is not None and known.nonce == key:
            return known
        is_theirs = known.author_id == (actor.user_id or ticket.requester_id) and known.is_public == comment.is_public
        is_newest = actor.is_staff or known.created_at == ticket.updated_at
        is_soon = now - known.created_at < SAME_MESSAGE_WITHIN
        if is_theirs and is_newest and is_soon and known.body == comment.body and _has_files_of(session, known, comment):
            return known
    return None


def _has_files_of(session: Session, known: Comment, comment: NewComment) -> bool:
    """Return whether every file of the message came with the known one."""
    if not comment.files and not comment.uploads:
        return True
    waiting = queries.pending_uploads(session, comment.nonce) if comment.nonce and comment.uploads else ()
    files = {file.sha256 for file in comment.files} | {upload.sha256 for upload in waiting if upload.token in comment.uploads}
    return bool(files) and files <= {attachment.sha256 for attachment in known.attachments}


def _require_permission(ticket: Ticket, update: Update, actor: Actor) -> None:
    comment = update.comment
    if comment is not None and comment.is_public and ticket.status == Status.CLOSED:
        raise TicketClosed(f"ticket {ticket.id} is closed")
    wanted = {Action.NOTE if not comment.is_public else Action.REPLY} if comment is not None else set()
    wanted |= {_action(actor, name, value) for name, value in update.changes.items() if _current(ticket, name) != value}
    for action in wanted:
        if may(actor, action, ticket):
            continue
        if ticket.status == Status.CLOSED and actor.is_staff:
            name = next(name for name, value in update.changes.items() if _current(ticket, name) != value)
            fields.check(ticket, name, update.changes[name], update.categories)
        raise NotAllowed(f"{action} on ticket {ticket.id}")


def _action(actor: Actor, name: str, value: Any) -> Action:
    if not actor.is_staff and name == "status":
        return {Status.SOLVED: Action.SOLVE, Status.OPEN: Action.REOPEN}.get(value, Action.CHANGE)
    return Action.CHANGE


def _refuse_conflict(session: Session, ticket: Ticket, update: Update, actor: Actor, version: int | None) -> None:
    if version is None or version == ticket.version:
        return
    if not 1 <= version < ticket.version:
        raise NotAllowed(f"ticket {ticket.id} never had version {version}")
    since = queries.audits_since(session, ticket.id, version)
    changed = {event.field for audit in since for event in audit.events if isinstance(event, Changed)}
    conflicts = frozenset(name for name, value in update.changes.items() if name in changed and _current(ticket, name) != value)
    by_others = [audit for audit in since if audit.actor_id != actor.user_id]
    messages = [event for audit in by_others for event in audit.events if isinstance(event, Commented) and event.is_public]
    is_late = update.comment is not None and update.comment.is_public and bool(messages)
    if conflicts or is_late:
        raise TicketChanged(ticket.id, conflicts, has_newer_message=is_late)


def _with_consequences(ticket: Ticket, wanted: Mapping[str, Any], comment: NewComment | None, actor: Actor) -> dict[str, Value]:
    """Return the changes with those that follow from them and from the message."""
    changes: dict[str, Value] = {name: fields.clean_tags(value) if name == "tags" else value for name, value in wanted.items()}
    if comment is not None and comment.is_public:
        if actor.is_staff:
            if ticket.assignee_id is None:
                changes.setdefault("assignee_id", actor.user_id)
            if ticket.suspended_reason is not None:
                changes.setdefault("suspended_reason", None)
            if ticket.status == Status.NEW:
                changes.setdefault("status", str(Status.OPEN))
        elif ticket.status in (Status.PENDING, Status.SOLVED):
            changes.setdefault("status", str(Status.OPEN))
    is_taken = changes.get("assignee_id") is not None and changes["assignee_id"] != ticket.assignee_id
    if is_taken and ticket.status == Status.NEW and changes.get("status") in (None, "", Status.NEW):
        changes["status"] = str(Status.OPEN)
    if "suspended_reason" in changes and changes["suspended_reason"] is None and ticket.suspended_reason and ticket.status == Status.SOLVED:
        changes.setdefault("status", str(Status.OPEN))
    return changes


def _handed_over(session: Session, ticket: Ticket, wanted: Mapping[str, Any]) -> dict[str, Value]:
    """Return that nobody is the assignee any more where the ticket goes to a group that the assignee is not in."""
    group_id = wanted.get("group_id")
    is_handed_over = group_id not in (None, ticket.group_id) and ticket.assignee_id is not None and "assignee_id" not in wanted
    return {"assignee_id": None} if is_handed_over and not queries.is_member(session, group_id, ticket.assignee_id) else {}


def _add(session: Session, ticket: Ticket, comment: NewComment, actor: Actor, via: str | None, now: datetime) -> Event:
    author_id = actor.user_id if actor.user_id is not None else ticket.requester_id
    comment_id = store_comment(session, comment, ticket_id=ticket.id, author_id=author_id, via=via or "web", now=now)
    if comment_id is None:
        raise NotAllowed(f"the form of a message on ticket {ticket.id} was used for another ticket")
    has_files = bool(comment.files or comment.uploads)
    index_message(session, ticket, comment_id, comment.body, is_public=comment.is_public, has_files=has_files)
    if comment.is_public and actor.is_staff:
        ticket.replied_at = ticket.replied_at or now
    elif comment.is_public:
        ticket.waiting_since = now
    return Commented(comment_id, comment.is_public)


def _check(session: Session, ticket: Ticket, name: str, value: Any, actor: Actor, categories: Collection[str]) -> None:
    if not actor.is_system:
        fields.check(ticket, name, value, categories)
    if name == "assignee_id" and value is not None and not (value == actor.user_id and may_be_assigned(actor.permissions)):
        person = session.get(User, value)
        if person is None or not may_be_assigned(person.permissions):
            raise ImpossibleChange(name, _("Only an active agent can be the assignee."))
    if name == "group_id" and value is not None and ((group := session.get(Group, value)) is None or group.deleted_at is not None):
        raise ImpossibleChange(name, _("This group was deleted. Select another one."))


def _set(ticket: Ticket, name: str, value: Any, now: datetime) -> Event:
    old = _current(ticket, name)
    if name == "tags":
        _set_tags(ticket, value)
    else:
        setattr(ticket, name, value)
    if name == "status":
        ticket.solved_at = now if value == Status.SOLVED else (ticket.solved_at if value == Status.CLOSED else None)
    return Changed(name, old, value)


def _current(ticket: Ticket, name: str) -> Any:
    return tuple(tag.name for tag in ticket.tags) if name == "tags" else getattr(ticket, name, None)


def _set_tags(ticket: Ticket, names: tuple[str, ...]) -> None:
    kept = [tag for tag in ticket.tags if tag.name in names]
    have = {tag.name for tag in kept}
    ticket.tags = kept + [TicketTag(name=name) for name in names if name not in have]


def _nothing(ticket: Ticket, actor: Actor, now: datetime) -> Audit:
    return Audit(ticket_id=ticket.id, actor_id=actor.user_id, at=now, version=ticket.version, events=())
