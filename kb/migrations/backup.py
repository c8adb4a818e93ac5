"""Migrating without regret: an SQLite file is copied before its schema changes."""

import fcntl
import glob
import os
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import inspect

from kb.db import Database, now
from kb.migrations import MigrationFailed, head, migrate, refuse_newer, schema_of


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether the schema changed, and the copy made of the file before."""

    changed: bool
    backup: Path | None


def migrate_with_backup(database: Database) -> Outcome:
    """Migrates; an SQLite file that holds tables of an older schema is copied beside itself first. Raises SchemaMismatch for a newer one."""
    current = schema_of(database)
    refuse_newer(current)
    is_worth_keeping = database.is_sqlite and current != head() and inspect(database.engine).get_table_names()
    copy = _copy(database, current) if is_worth_keeping else None
    return Outcome(migrate(database), copy)


def _copy(database: Database, revision: str | None) -> Path | None:
    name = database.engine.url.database
    if not name or name == ":memory:":
        return None
    file = Path(name)
    _remove_interrupted(file)
    copy = file.with_name(f"{file.stem}-schema-{revision or 'none'}-{now():%Y%m%dT%H%M%S}{file.suffix}")
    half = copy.with_name(f"{copy.name}-{os.getpid()}-half")
    with open(os.open(half, os.O_RDWR | os.O_CREAT, file.stat().st_mode & 0o777)) as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        # SQLite's own copy is consistent whoever writes meanwhile; a copied file would miss what lies in the WAL.
        try:
            with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(half)) as target:
                source.backup(target)
        except sqlite3.Error as error:
            half.unlink()
            raise MigrationFailed(f"The database could not be copied to {copy} ({error}). Nothing was changed. Check the room on that disk.") from error
        half.replace(copy)  # under its name it is whole, whatever interrupted us
    return copy


def _remove_interrupted(file: Path) -> None:
    """Remove what is left of copies whose process was killed: one for each attempt would fill the disk."""
    for half in file.parent.glob(f"{glob.escape(file.stem)}-schema-*-half"):
        with suppress(OSError), half.open() as left:
            fcntl.flock(left, fcntl.LOCK_EX | fcntl.LOCK_NB)  # held by a process that is still at it
            for path in (half.with_name(f"{half.name}-journal"), half):
                path.unlink(missing_ok=True)
