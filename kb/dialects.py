"""SQLAlchemy's dialects with our own way to begin a transaction.

An event listener would do it too, but with one on the engine SQLAlchemy looks for a dozen others at each statement, which costs a fifth of a small one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from typing import Any

from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite


class Begin(StrEnum):
    """How a transaction begins."""

    READING = "DEFERRED"
    WRITING = "IMMEDIATE"
    PIPELINED = "PIPELINED"
    """As WRITING; on PostgreSQL what returns nothing is sent without waiting for it."""


_WAY: ContextVar[Begin] = ContextVar("_WAY", default=Begin.READING)
_WAIT_S: ContextVar[float | None] = ContextVar("_WAIT_S", default=None)


@contextmanager
def begin_as(way: Begin, wait_s: float | None = None) -> Iterator[None]:
    """Have the transactions that this thread begins inside the block begin in this way, and on SQLite wait `wait_s` for it instead of as usual."""
    token, waiting = _WAY.set(way), _WAIT_S.set(wait_s)
    try:
        yield
    finally:
        _WAY.reset(token)
        _WAIT_S.reset(waiting)


class SqliteDialect(SQLiteDialect_pysqlite):
    """SQLite, whose driver begins no transaction by itself: its own way lets a rolled-back CREATE TABLE survive."""

    supports_statement_cache = True

    def do_begin(self, dbapi_connection: Any) -> None:
        """Begin a transaction, which has the right to write from its first statement on if it is to write."""
        begin, wait_s = "BEGIN DEFERRED" if _WAY.get() is Begin.READING else "BEGIN IMMEDIATE", _WAIT_S.get()
        if wait_s is None:
            dbapi_connection.execute(begin)
            return
        usual_ms = dbapi_connection.execute("PRAGMA busy_timeout").fetchone()[0]
        dbapi_connection.execute(f"PRAGMA busy_timeout={int(wait_s * 1000)}")
        try:
            dbapi_connection.execute(begin)
        finally:
            dbapi_connection.execute(f"PRAGMA busy_timeout={usual_ms}")


class PostgresDialect(PGDialect_psycopg):
    """PostgreSQL, whose driver begins transactions by itself, except pipelined ones."""

    supports_statement_cache = True

    def do_begin(self, dbapi_connection: Any) -> None:
        """Begin a transaction."""
        if _WAY.get() is Begin.PIPELINED:
            dbapi_connection.begin_pipeline()


registry.register("sqlite.deskbook", __name__, "SqliteDialect")
registry.register("postgresql.deskbook", __name__, "PostgresDialect")
