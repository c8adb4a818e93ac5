"""Open, create, check and delete the search file. It is only a cache."""

import sqlite3
import threading
from contextlib import closing, suppress
from pathlib import Path

from search.engine import EngineUnavailable

VERSION = 11
_TABLES = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (id INTEGER PRIMARY KEY, slug TEXT NOT NULL UNIQUE, digest TEXT NOT NULL, path TEXT NOT NULL, title TEXT NOT NULL, url TEXT NOT NULL,
  category TEXT NOT NULL, category_name TEXT NOT NULL, section_name TEXT NOT NULL, type TEXT NOT NULL, locale TEXT NOT NULL, audience TEXT NOT NULL,
  tags TEXT NOT NULL, readers TEXT NOT NULL, boost REAL NOT NULL);
CREATE TABLE texts (document INTEGER PRIMARY KEY, stems TEXT NOT NULL, passages TEXT NOT NULL, labels TEXT NOT NULL, vectors BLOB NOT NULL);
CREATE TABLE words (word TEXT NOT NULL, locale TEXT NOT NULL, audience TEXT NOT NULL, stem TEXT NOT NULL, documents INTEGER NOT NULL, titles INTEGER NOT NULL,
  PRIMARY KEY (word, locale, audience)) WITHOUT ROWID;
CREATE TABLE hidden (audience TEXT NOT NULL, stem TEXT NOT NULL, documents INTEGER NOT NULL, PRIMARY KEY (audience, stem)) WITHOUT ROWID;
CREATE INDEX words_by_stem ON words (stem);
CREATE VIRTUAL TABLE articles USING fts5(title, headings, summary, keywords, labels, body, tokenize="ascii", prefix='1 2', content='');
INSERT INTO articles (articles, rank) VALUES ('hashsize', 16000000);
CREATE VIRTUAL TABLE terms USING fts5vocab(articles, 'row');
"""
_GARBLED = ("Could not decode to UTF-8", "malformed JSON", "vtable constructor failed")
"""What SQLite and Python say of garbled texts and of a garbled index, with the code of any other error."""


class DamagedFile(EngineUnavailable):
    """What the file holds cannot be read. It has been put away, and the next synchronisation fills a new one."""


def is_damage(error: sqlite3.Error) -> bool:
    """Whether an error tells of bytes that another hand or a failing disk has changed: not of a file that is locked, out of reach or without room."""
    return type(error) is sqlite3.DatabaseError or str(error).startswith(_GARBLED)


def open_file(path: Path) -> sqlite3.Connection:
    """A connection to the file, made where there is none of this version; raises sqlite3.Error and OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        return _prepare(_connect(path))
    except sqlite3.Error as error:
        if not is_damage(error):
            raise
        discard(path)
        return _prepare(_connect(path))


def held(path: Path) -> dict[str, str]:
    """Slug → digest of what the file holds, which is not changed; empty for one that is missing, damaged or of another version."""
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        if connection.execute("PRAGMA user_version").fetchone()[0] == VERSION:
            return dict(connection.execute("SELECT slug, digest FROM documents"))
    return {}


def copy_log(path: Path, before: threading.Thread | None) -> None:
    """Copies what was committed from the log to the file, once `before` has done so."""
    if before:
        before.join()
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)) as connection:
        connection.execute("PRAGMA wal_checkpoint")


class _Connection(sqlite3.Connection):
    """Closes when its thread ends; from Python 3.13 on, one left open is warned of."""

    def __del__(self) -> None:
        with suppress(sqlite3.ProgrammingError):  # of one that could not be opened
            self.close()


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False, factory=_Connection)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")  # a cache: losing the last commit with the power costs one synchronisation
    return connection


def _prepare(connection: sqlite3.Connection) -> sqlite3.Connection:
    if connection.execute("PRAGMA user_version").fetchone()[0] == VERSION:
        return connection
    connection.execute("BEGIN IMMEDIATE")
    if connection.execute("PRAGMA user_version").fetchone()[0] != VERSION:
        for kind in ("%VIRTUAL%", "%"):  # a virtual table takes its shadow tables along
            names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE ? AND name NOT LIKE 'sqlite_%'", (f"CREATE {kind}",))
            for (name,) in names.fetchall():
                connection.execute(f'DROP TABLE IF EXISTS "{name}"')
        for statement in _TABLES.split(";\n"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")
    return connection


def identity(path: Path) -> tuple[int, int] | None:
    """What tells a file from another with its name; None when there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def discard(path: Path) -> None:
    """Deletes the file with its log. Connections that are open read on what they had; `identity` tells that it is not the file any more."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
