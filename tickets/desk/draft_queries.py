"""Store and load drafts: one for each agent and ticket."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from tickets.models import StoredDraft


def stored_draft(session: Session, user_id: int, ticket_id: int) -> StoredDraft | None:
    """Return the draft of this person on this ticket."""
    return session.get(StoredDraft, (user_id, ticket_id))


def store_draft(session: Session, user_id: int, ticket_id: int, *, nonce: str, content: dict[str, Any], now: datetime) -> None:
    """Store the draft in the place of an earlier one; two at the same moment never collide."""
    insert = (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert(StoredDraft)
    columns = {"nonce": nonce, "content": content, "updated_at": now}
    session.execute(insert.values(user_id=user_id, ticket_id=ticket_id, **columns).on_conflict_do_update(index_elements=["user_id", "ticket_id"], set_=columns))


def mark_discarded(session: Session, user_id: int, ticket_id: int, *, is_discarded: bool) -> None:
    """Hide the draft until it is brought back, or show it again."""
    if row := stored_draft(session, user_id, ticket_id):
        row.content = row.content | {"is_discarded": is_discarded}


def delete_draft(session: Session, user_id: int, ticket_id: int) -> None:
    """Delete the draft of this person on this ticket."""
    session.execute(delete(StoredDraft).where(StoredDraft.user_id == user_id, StoredDraft.ticket_id == ticket_id))


def delete_drafts_before(session: Session, moment: datetime) -> None:
    """Delete the drafts that were last changed before `moment`."""
    session.execute(delete(StoredDraft).where(StoredDraft.updated_at < moment))
