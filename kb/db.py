"""The database: SQLite or PostgreSQL behind one way of reading and one way of writing."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from sqlalchemy import BigInteger, DateTime, Dialect, Engine, Integer, MetaData, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator
from starlette.requests import HTTPConnection

BUSY_TIMEOUT_S = 10.0
# SQLite numbers rows by itself only for INTEGER keys.
RowId = BigInteger().with_variant(Integer, "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime in UTC on both databases; SQLite keeps none of the zone itself."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """UTC, or an error for a time without a zone: a guess would move it by hours."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without a zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """The stored time, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The root of every mapped class; names its constraints, so that migrations can."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Database:
    """Sessions on one database. Reads run side by side; on SQLite one write at a time inside a process.

    Several writers of one process starve each other for seconds on SQLite's own lock, and a transaction that
    reads before it writes fails at once with SQLITE_BUSY_SNAPSHOT, so writes begin IMMEDIATE, in turn.
    """

    def __init__(self, url: str, *, pool_size: int = 40) -> None:
        self.engine = _engine(url, pool_size)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._writing = self.engine.execution_options(deskbook_begin="IMMEDIATE") if self.is_sqlite else self.engine
        self._turn = threading.Lock()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading; anything it changed is rolled back."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session in one transaction, committed at the end of the block, rolled back by any exception."""
        if not self.is_sqlite:
            with Session(self.engine, expire_on_commit=False) as session, session.begin():
                yield session
            return
        with self._own_turn(), Session(self._writing, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def _own_turn(self) -> Iterator[None]:
        # Those behind a writer who waits for another process would else each wait its time out in addition to theirs.
        if not self._turn.acquire(timeout=BUSY_TIMEOUT_S):
            raise OperationalError("BEGIN IMMEDIATE", None, sqlite3.OperationalError("other writers of this process took too long"))
        try:
            yield
        finally:
            self._turn.release()

    def is_reachable(self) -> bool:
        """Whether the database answers now."""
        try:
            with self.engine.connect() as connection:
                connection.exec_driver_sql("SELECT 1")
        except SQLAlchemyError:
            return False
        return True

    def close(self) -> None:
        """Closes every pooled connection."""
        self.engine.dispose()


def database(connection: HTTPConnection) -> Database:
    """The database of the app that serves this request."""
    return cast(Database, connection.app.state.database)


def now() -> datetime:
    """The present, aware, in UTC."""
    return datetime.now(UTC)


def _engine(url: str, pool_size: int) -> Engine:
    # Parameters are hidden from errors: they hold what customers write, and errors end in logs.
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        if address.database:
            Path(address.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(address, pool_size=pool_size, max_overflow=0, hide_parameters=True, connect_args={"timeout": BUSY_TIMEOUT_S})
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(address, pool_size=pool_size, max_overflow=0, hide_parameters=True, pool_pre_ping=True, pool_timeout=BUSY_TIMEOUT_S)


def _set_up_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    driver = cast(sqlite3.Connection, connection)
    # The driver's own transactions let a rolled-back CREATE TABLE survive: BEGIN is emitted below instead.
    driver.isolation_level = None
    for pragma in (f"busy_timeout={int(BUSY_TIMEOUT_S * 1000)}", "synchronous=FULL", "foreign_keys=ON"):
        driver.execute(f"PRAGMA {pragma}")
    _turn_to_wal(driver)


def _turn_to_wal(driver: sqlite3.Connection) -> None:
    # Two connections that turn a new file to WAL at once: SQLite refuses one without waiting.
    for attempt in range(100):
        try:
            driver.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if attempt == 99:
                raise
            time.sleep(0.02)


def _begin_sqlite(connection: Any) -> None:
    mode = connection.get_execution_options().get("deskbook_begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {mode}")
