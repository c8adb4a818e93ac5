"""The database: how long a writer waits for its turn, and how two meet at a new file."""

import sqlite3
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from kb import sqlite
from kb.accounts.models import User
from kb.db import STALLED_S, Database, Gate, now
from kb.server_limits import ServerLimits


def test_a_writer_who_never_gets_its_turn_is_told_and_the_next_one_writes(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a.sqlite'}", limits=ServerLimits(database_wait_s=0.05))
    begun, end = threading.Event(), threading.Event()

    def write_for_long() -> None:
        with database.write():
            begun.set()
            end.wait()

    thread = threading.Thread(target=write_for_long)
    thread.start()
    begun.wait()
    try:
        with pytest.raises(OperationalError, match="took too long"), database.write():
            pass
    finally:
        end.set()
        thread.join()
    with database.write():
        pass
    database.close()


def test_an_error_leaves_out_what_was_to_be_stored(database: Database) -> None:
    def add(name: str) -> None:
        with database.write() as session:
            session.add(User(email="alice@example.com", name=name, created_at=now()))

    add("Alice")
    with pytest.raises(IntegrityError) as refused:
        add("Her secret name")
    assert "secret" not in str(refused.value)


def test_a_connection_that_is_refused_wal_because_another_is_at_the_new_file_tries_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when two migrate at once: of eight that turned a new file to WAL together, SQLite refused one in every fifth round, at once."""
    other = sqlite3.connect(tmp_path / "a.sqlite", isolation_level=None)
    other.execute("CREATE TABLE t (x)")
    other.execute("BEGIN IMMEDIATE")
    refusals: list[float] = []

    def wait(seconds: float) -> None:
        refusals.append(seconds)
        if len(refusals) == 3:
            other.execute("ROLLBACK")

    monkeypatch.setattr(sqlite.time, "sleep", wait)
    database = Database(f"sqlite:///{tmp_path / 'a.sqlite'}", limits=ServerLimits(database_wait_s=0.001))
    with database.read() as session:
        assert session.execute(text("PRAGMA journal_mode")).scalar() == "wal"
    assert len(refusals) == 3
    other.close()
    database.close()


def test_a_burst_after_a_rest_is_let_in_and_more_are_turned_away_once_none_of_it_gets_on(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr("kb.db.time.monotonic", lambda: clock[0])
    gate = Gate(2)
    with gate.passed():
        pass
    clock[0] += 3600  # a quiet hour
    with ExitStack() as burst:
        for _ in range(5):
            burst.enter_context(gate.passed())
        clock[0] += 2 * STALLED_S
        with pytest.raises(OperationalError, match="too many"), gate.passed():
            pass
    with gate.passed():
        pass
