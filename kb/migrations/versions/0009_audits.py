"""Audits in place of single changes: what one person did to a ticket in one go is one row with its events.

Each change and each message was a row of its own, and nothing said which belonged together. Rows become one audit only where the
ticket, the person and the time are the same. How a change without a message or a filing came in was never stored, and stays unknown.
"""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TICKETS_AT_ONCE = 2_000
_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_time = sa.DateTime(timezone=True)

audits = sa.table(
    "audits",
    sa.column("ticket_id", _id),
    sa.column("actor_id", _id),
    sa.column("via", sa.String),
    sa.column("at", _time),
    sa.column("version", sa.Integer),
    sa.column("is_migrated", sa.Boolean),
    sa.column("events", sa.JSON),
)
entries = sa.table(
    "audit_entries",
    sa.column("id", _id),
    sa.column("ticket_id", _id),
    sa.column("actor_id", _id),
    sa.column("at", _time),
    sa.column("field", sa.String),
    sa.column("old", sa.Text),
    sa.column("new", sa.Text),
)
comments = sa.table(
    "comments",
    sa.column("id", _id),
    sa.column("ticket_id", _id),
    sa.column("author_id", _id),
    sa.column("created_at", _time),
    sa.column("is_public", sa.Boolean),
    sa.column("via", sa.String),
)
tickets = sa.table("tickets", sa.column("id", _id), sa.column("via", sa.String))


def upgrade() -> None:
    """Make the table, fill it from the old rows, and drop those."""
    op.create_table(
        "audits",
        sa.Column("id", _id, nullable=False),
        sa.Column("ticket_id", _id, nullable=False),
        sa.Column("actor_id", _id, nullable=True),
        sa.Column("via", sa.String(length=10), nullable=True),
        sa.Column("at", _time, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("is_migrated", sa.Boolean(), nullable=False),
        sa.Column("events", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_audits_actor_id_users")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_audits_ticket_id_tickets"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audits")),
    )
    connection = op.get_bind()
    last = connection.execute(sa.select(sa.func.max(tickets.c.id))).scalar() or 0
    for first in range(1, last + 1, TICKETS_AT_ONCE):
        if rows := list(_audits(connection, first, first + TICKETS_AT_ONCE)):
            connection.execute(audits.insert(), rows)
    op.create_index("ix_audits_ticket", "audits", ["ticket_id", "version"])
    op.drop_table("audit_entries")


def downgrade() -> None:
    """Make the old table again and split the audits; the messages stay where they are."""
    op.create_table(
        "audit_entries",
        sa.Column("id", _id, nullable=False),
        sa.Column("ticket_id", _id, nullable=False),
        sa.Column("actor_id", _id, nullable=True),
        sa.Column("at", _time, nullable=False),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("old", sa.Text(), nullable=True),
        sa.Column("new", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["actor_id"], ["users.id"], name=op.f("fk_audit_entries_actor_id_users")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_audit_entries_ticket_id_tickets"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    op.create_index(op.f("ix_audit_entries_ticket_id"), "audit_entries", ["ticket_id"])
    connection = op.get_bind()
    stored = connection.execute(sa.select(audits.c.ticket_id, audits.c.actor_id, audits.c.at, audits.c.events).order_by(sa.text("id"))).all()
    for ticket_id, actor_id, at, events in stored:
        same = {"ticket_id": ticket_id, "actor_id": actor_id, "at": at}
        for event in events:
            if event["type"] == "Create":
                connection.execute(entries.insert(), same | {"field": "status", "old": None, "new": "new"})
            elif event["type"] == "Change":
                connection.execute(entries.insert(), same | {"field": event["field"], "old": _text(event["old"]), "new": _text(event["new"])})
    op.drop_table("audits")


def _audits(connection: sa.Connection, first: int, end: int) -> Iterator[dict[str, Any]]:
    """Yield the audits of the tickets with `first` <= id < `end`, by ticket, then time."""
    vias = dict(connection.execute(sa.select(tickets.c.id, tickets.c.via).where(tickets.c.id >= first, tickets.c.id < end)).all())
    within = (entries.c.ticket_id >= first, entries.c.ticket_id < end)
    rows: list[tuple[Any, ...]] = []
    for row in connection.execute(sa.select(entries).where(*within)):
        is_filing = row.field == "status" and row.old is None and row.new == "new"
        event = (
            {"type": "Create"} if is_filing else {"type": "Change", "field": row.field, "old": _value(row.field, row.old), "new": _value(row.field, row.new)}
        )
        rows.append((row.ticket_id, row.at, 0 if is_filing else 2, row.id, row.actor_id, vias.get(row.ticket_id) if is_filing else None, event))
    written = (comments.c.ticket_id >= first, comments.c.ticket_id < end)
    for row in connection.execute(sa.select(comments).where(*written)):
        event = {"type": "Comment", "comment_id": row.id, "is_public": bool(row.is_public)}
        rows.append((row.ticket_id, row.created_at, 1, row.id, row.author_id, row.via, event))
    rows.sort(key=lambda row: row[:2])
    for (ticket_id, at), together in groupby(rows, key=lambda row: row[:2]):
        by_actor: dict[int | None, list[tuple[Any, ...]]] = {}
        for one in sorted(together, key=lambda row: row[2:4]):
            by_actor.setdefault(one[4], []).append(one)
        for actor_id, alike in by_actor.items():
            via = next((row[5] for row in alike if row[5]), None)
            events = [row[6] for row in alike]
            yield {"ticket_id": ticket_id, "actor_id": actor_id, "via": via, "at": at, "version": 0, "is_migrated": True, "events": events}


def _value(field: str, text: str | None) -> str | int | list[str] | None:
    if field == "tags":
        return (text or "").split()
    if field == "assignee_id" and text and text.isdigit():
        return int(text)
    return text


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return " ".join(value) if isinstance(value, list) else str(value)
