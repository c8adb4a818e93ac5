"""Store and load drafts: one for each agent and ticket."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from tickets.models import StoredDraft


def stored_draft(session: Session, user_id: int, ticket_id: int) -> StoredDraft | None:
    """Return the draft of this person on this ticket."""
    return session.get(StoredDraft, (user_id, ticket_id))


def store_draft(session: Session, user_id: int, ticket_id: int, *, nonce: str, content: dict[str, Any], pages: Collection[str], now: datetime) -> bool:
    """Store the draft in the place of one of `pages` or a discarded one, and return True; return False where there is another."""
    insert = (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert(StoredDraft)
    columns = {"nonce": nonce, "content": content, "updated_at": now}
    insert = insert.values(user_id=user_id, ticket_id=ticket_id, **columns)
    # Decided in the statement itself: of two tabs that save at the same moment, one is refused.
    replace = insert.on_conflict_do_update(index_elements=["user_id", "ticket_id"], set_=columns, where=_is_of(pages))
    return session.scalar(replace.returning(StoredDraft.user_id)) is not None


def mark_discarded(session: Session, user_id: int, ticket_id: int, *, is_discarded: bool) -> None:
    """Hide the draft until it is brought back, or show it again."""
    if row := stored_draft(session, user_id, ticket_id):
        row.content = row.content | {"is_discarded": is_discarded}


def delete_draft(session: Session, user_id: int, ticket_id: int, *, pages: Collection[str]) -> None:
    """Delete the draft of this person on this ticket, if it was typed on one of `pages` or is discarded."""
    session.execute(delete(StoredDraft).where(StoredDraft.user_id == user_id, StoredDraft.ticket_id == ticket_id, _is_of(pages)))


def delete_drafts_before(session: Session, moment: datetime) -> None:
    """Delete the drafts that were last changed before `moment`."""
    session.execute(delete(StoredDraft).where(StoredDraft.updated_at < moment))


def _is_of(pages: Collection[str]) -> ColumnElement[bool]:
    page = func.coalesce(StoredDraft.content["page"].as_string(), "")
    return or_(page.in_(pages), StoredDraft.content["is_discarded"].as_boolean())
