"""Tickets and comments as JSON, in the shapes of Zendesk's API."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from kb.web.templates import iso
from tickets.access import Actor, may_read_notes
from tickets.creation import FiledTicket, NewTicket
from tickets.models import Attachment, Comment, Status, Ticket

WITHOUT_HOLD = {str(Status.NEW): str(Status.OPEN), str(Status.HOLD): str(Status.OPEN)}
"""Status → the one that customers read."""


def filed_json(new: NewTicket, filed: FiledTicket, reader: Actor) -> dict[str, Any]:
    """Return a ticket as it was when it was opened: the same whenever the same request is repeated."""
    fields = {
        "external_id": new.external_id,
        "type": str(new.type),
        "subject": new.subject,
        "priority": str(new.priority),
        "status": "new",
        "requester_id": filed.requester_id,
        "submitter_id": new.submitter_id or filed.requester_id,
        "assignee_id": None,
        "group_id": filed.group_id,
        "organization_id": filed.organization_id,
        "category": new.category or None,
    }
    return _for(reader, _ticket(filed.id, filed.created_at, filed.created_at, new.body, new.tags, new.via, fields))


def ticket_json(ticket: Ticket, description: str, reader: Actor) -> dict[str, Any]:
    """Return a ticket as it is; `description` is the text of its first message."""
    fields = {
        name: getattr(ticket, name)
        for name in ("external_id", "type", "subject", "priority", "status", "requester_id", "submitter_id", "assignee_id", "group_id", "organization_id")
    } | {"category": ticket.category or None}
    return _for(reader, _ticket(ticket.id, ticket.created_at, ticket.updated_at, description, [tag.name for tag in ticket.tags], ticket.via, fields))


def comment_json(comment: Comment) -> dict[str, Any]:
    """A message, with its files."""
    return {
        "id": comment.id,
        "author_id": comment.author_id,
        "body": comment.body,
        "plain_body": comment.body,
        "public": comment.is_public,
        "attachments": [_attachment(file) for file in comment.attachments],
        "via": {"channel": comment.via},
        "created_at": iso(comment.created_at),
    }


def _for(reader: Actor, shown: dict[str, Any]) -> dict[str, Any]:
    """Return what `reader` may know of the ticket: how agents sort their work is nothing for customers."""
    if may_read_notes(reader):
        return shown
    return shown | {
        "status": WITHOUT_HOLD.get(shown["status"], shown["status"]),
        "tags": [],
        "assignee_id": None,
        "group_id": None,
        "priority": None,
        "type": None,
    }


def _ticket(number: int, created_at: datetime, updated_at: datetime, description: str, tags: Sequence[str], via: str, fields: dict[str, Any]) -> dict[str, Any]:
    times = {"created_at": iso(created_at), "updated_at": iso(updated_at)}
    empty = {"problem_id": None, "due_at": None, "satisfaction_rating": None}
    lists: dict[str, Any] = {"collaborator_ids": [], "follower_ids": [], "custom_fields": [], "tags": list(tags)}
    return {"id": number, "url": f"/api/tickets/{number}"} | times | fields | {"description": description, "via": {"channel": via}} | lists | empty


def _attachment(file: Attachment) -> dict[str, Any]:
    return {"id": file.id, "file_name": file.name, "content_type": file.content_type, "size": file.size}
