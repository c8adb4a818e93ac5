"""The schema's history, applied by `deskbook migrate` and at the start of `serve`."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from sqlalchemy import Connection, inspect, text

from kb.db import Database
from kb.dialects import Begin, begin_as

# Any number will do, as long as every Deskbook process asks for the same one.
ADVISORY_LOCK = 7_283_551


class MigrationFailed(Exception):
    """The migration cannot be done; the message says why. Nothing was changed."""


class SchemaMismatch(Exception):
    """The database's schema is not the one this code was written for; the message says what to run."""


def migrate(database: Database) -> bool:
    """Brings the schema up to date, one process at a time; says whether anything changed."""
    with begin_as(Begin.WRITING), database.engine.connect() as connection, _alone(connection):
        before = _revision(connection)
        if before == head():
            return False
        refuse_newer(before)
        _upgrade(connection)
        _require_whole(connection)
        return True


def require_current(database: Database) -> None:
    """Raises SchemaMismatch unless the schema is the newest this code knows."""
    current = schema_of(database)
    refuse_newer(current)
    if current != head():
        raise SchemaMismatch(f"The database is at schema {current or 'none'}, this version needs {head()}. Run `deskbook migrate`.")


def schema_of(database: Database) -> str | None:
    """The revision the database is at; None for an empty one."""
    with database.engine.connect() as connection:
        return _revision(connection)


def head() -> str:
    """The newest revision."""
    return max(_known(), default="")


def refuse_newer(current: str | None) -> None:
    """Raises SchemaMismatch when the schema was made by a later version."""
    if current is not None and current not in _known():
        raise SchemaMismatch(f"The database is at schema {current}, which this version ({head()}) does not know. Install the newer Deskbook that made it.")


def _known() -> set[str]:
    # Revisions are numbered in their files' names. Asking Alembic would cost every start half a second of imports.
    return {path.name.partition("_")[0] for path in (Path(__file__).parent / "versions").glob("[0-9]*_*.py")}


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return revision


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _require_whole(connection: Connection) -> None:
    if connection.dialect.name == "sqlite" and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()):
        tables = ", ".join(sorted({str(row[0]) for row in broken}))
        raise MigrationFailed(f"After the migration {len(broken)} rows would refer to nothing, in {tables}. Nothing was changed; please report this.")


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """One transaction that keeps other migrators out."""
    if connection.dialect.name == "postgresql":
        with connection.begin():
            connection.execute(text(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"))
            yield
        return
    # SQLite changes a table by making it anew and dropping the old one, and a dropped table takes every row along that
    # refers to it. The switch is heard outside of transactions only (https://www.sqlite.org/lang_altertable.html#otheralter).
    driver = cast(sqlite3.Connection, connection.connection.driver_connection)
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        with connection.begin():  # IMMEDIATE, so others wait
            yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")
