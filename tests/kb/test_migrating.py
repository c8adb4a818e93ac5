"""Migrations on both databases: one at a time, and whole or not at all."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import inspect

from kb.db import Database
from kb.dialects import Begin, begin_as
from kb.migrations import _upgrade, head, migrate, require_current, schema_of


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without any table."""
    return f"sqlite:///{tmp_path / 'empty.sqlite'}" if request.param == "sqlite" else request.getfixturevalue("empty_postgres_url")


def test_of_two_migrators_at_once_one_works_and_one_waits(empty: str) -> None:
    databases = [Database(empty) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        changed = list(pool.map(migrate, databases))
    assert sorted(changed) == [False, True]
    for database in databases:
        require_current(database)
        database.close()


def test_an_interrupted_migration_leaves_nothing_and_is_run_again(empty: str) -> None:
    database = Database(empty)
    with pytest.raises(KeyboardInterrupt):
        _interrupted(database)
    assert inspect(database.engine).get_table_names() == []
    assert schema_of(database) is None
    assert migrate(database) is True
    assert schema_of(database) == head()
    database.close()


def _interrupted(database: Database) -> None:
    with begin_as(Begin.WRITING), database.engine.begin() as connection:
        _upgrade(connection)
        raise KeyboardInterrupt
