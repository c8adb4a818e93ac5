"""An upgrade loses nothing: each migration is run over a database that is in use."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Connection, MetaData, Table, insert, select, text
from sqlalchemy.exc import DBAPIError

from kb.accounts.audit_log.models import AuditRecord
from kb.db import Database
from kb.dialects import Begin, begin_as
from kb.migrations import MigrationFailed, head, migrate, schema_of
from tests.upgrade.old_database import bring_to

OLDEST = "0001"
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
WORDS = {"role": "agent", "scope": "read", "priority": "low", "status": "open", "type": "task", "relation": "read"}
"""What columns with a closed list of words may hold."""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without any table."""
    return f"sqlite:///{tmp_path / 'old.sqlite'}" if request.param == "sqlite" else request.getfixturevalue("empty_postgres_url")


def test_an_upgrade_from_the_first_schema_keeps_every_row_of_every_table(empty: str) -> None:
    database = Database(empty)
    with begin_as(Begin.WRITING), database.engine.begin() as connection:
        bring_to(connection, OLDEST)
        _fill_every_table(connection)
        before = _counts(connection)
    assert set(before.values()) == {1}
    assert migrate(database) is True
    assert schema_of(database) == head()
    with database.engine.connect() as connection:
        after = _counts(connection)
        events = sorted(event["type"] for (stored,) in connection.execute(text("SELECT events FROM audits")) for event in _decoded(stored))
        if database.is_sqlite:
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall() == []
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    database.close()
    assert {name: after[name] for name in before if name != "audit_entries"} == {name: count for name, count in before.items() if name != "audit_entries"}
    assert events == ["Change", "Comment"], "the change and the message have one author and one time: one audit"


def test_people_who_are_signed_in_stay_so_and_their_log_begins_protected(empty: str) -> None:
    database = Database(empty)
    with begin_as(Begin.WRITING), database.engine.begin() as connection:
        bring_to(connection, OLDEST)
        _fill_every_table(connection)
    migrate(database)
    with database.engine.begin() as connection:
        assert connection.execute(text("SELECT proved_at = created_at, browser, network FROM sessions")).one() == (True, "", "")
        connection.execute(insert(AuditRecord), {"at": NOON, "kind": "sign_in", "actor": "", "person": "", "detail": "", "network": ""})
    with pytest.raises(DBAPIError, match="append-only"), database.engine.begin() as connection:
        connection.execute(text("UPDATE audit_log SET kind = 'sign_out'"))
    database.close()


def test_an_upgrade_that_would_leave_loose_ends_changes_nothing(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'old.sqlite'}")
    with database.engine.begin() as connection:
        bring_to(connection, OLDEST)
    with closing(sqlite3.connect(tmp_path / "old.sqlite")) as other, other:
        other.execute("INSERT INTO ticket_tags (ticket_id, name) VALUES (4711, 'lost')")
    with pytest.raises(MigrationFailed, match="ticket_tags"):
        migrate(database)
    assert schema_of(database) == OLDEST
    database.close()


def _decoded(stored: object) -> list[dict[str, object]]:
    return json.loads(stored) if isinstance(stored, str) else stored  # type: ignore[return-value]


def _tables(connection: Connection) -> list[Table]:
    metadata = MetaData()
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name != "alembic_version"]


def _counts(connection: Connection) -> dict[str, int]:
    return {table.name: len(connection.execute(select(table)).all()) for table in _tables(connection)}


def _fill_every_table(connection: Connection) -> None:
    """One row in each, every one that may refer to another doing so."""
    for table in _tables(connection):
        connection.execute(insert(table).values({column.name: _value(column) for column in table.columns}))


def _value(column: Column[Any]) -> object:
    if column.name in WORDS:
        return WORDS[column.name]
    kinds: dict[type, object] = {bool: True, int: 1, float: 1.0, str: "x", datetime: NOON, object: {}}  # an object is JSON
    return kinds[column.type.python_type]
