"""The database: how long a writer waits for its turn."""

import threading
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from kb import db
from kb.db import Database


def test_a_writer_who_never_gets_its_turn_is_told_and_the_next_one_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "BUSY_TIMEOUT_S", 0.05)
    database = Database(f"sqlite:///{tmp_path / 'a.sqlite'}")
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
