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


@contextmanager
def begin_as(way: Begin) -> Iterator[None]:
    """Have the transactions that this thread begins inside the block begin in this way."""
    token = _WAY.set(way)
    try:
        yield
    finally:
        _WAY.reset(token)


class SqliteDialect(SQLiteDialect_pysqlite):
    """SQLite, whose driver begins no transaction by itself: its own way lets a rolled-back CREATE TABLE survive."""

    supports_statement_cache = True

    def do_begin(self, dbapi_connection: Any) -> None:
        """Begin a transaction, which has the right to write from its first statement on if it is to write."""
        dbapi_connection.execute("BEGIN DEFERRED" if _WAY.get() is Begin.READING else "BEGIN IMMEDIATE")


class PostgresDialect(PGDialect_psycopg):
    """PostgreSQL, whose driver begins transactions by itself, except pipelined ones."""

    supports_statement_cache = True

    def do_begin(self, dbapi_connection: Any) -> None:
        """Begin a transaction."""
        if _WAY.get() is Begin.PIPELINED:
            dbapi_connection.begin_pipeline()


registry.register("sqlite.deskbook", __name__, "SqliteDialect")
registry.register("postgresql.deskbook", __name__, "PostgresDialect")
