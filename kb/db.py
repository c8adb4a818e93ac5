"""The database: SQLite or PostgreSQL behind one way of reading and one way of writing."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import URL, BigInteger, Connection, DateTime, Dialect, Engine, Integer, MetaData, create_engine, make_url
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Session, SessionTransaction
from sqlalchemy.types import TypeDecorator
from starlette.requests import HTTPConnection

from kb.dialects import Begin, begin_as
from kb.server_limits import ServerLimits
from kb.sqlite import SqliteFile, is_lock

if TYPE_CHECKING:
    from kb.postgres import Watch

STALLED_S = 0.5
LOCKED_WAIT_S = 1.0
"""How long a writer waits where the one before waited in vain: SQLite is locked, and a queue of those who wait in full would take minutes."""
# SQLite numbers rows by itself only for INTEGER keys.
RowId = BigInteger().with_variant(Integer, "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime in UTC on both databases; SQLite keeps none of the zone itself."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """UTC, or an error for a time without a zone: a guess would move it by hours."""
        if value is None or value.tzinfo is UTC:
            return value
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


class WorkSession(Session):
    """A session whose connection is found only once in a transaction: finding it costs as much as a small statement."""

    _found: tuple[SessionTransaction, Connection] | None = None

    def connection(self, *arguments: Any, **named: Any) -> Connection:
        """Return the connection of the transaction."""
        transaction = self.get_transaction()
        if self._found is None or self._found[0] is not transaction or arguments or named:
            connection = super().connection(*arguments, **named)
            transaction = self.get_transaction()
            if transaction is None:
                return connection
            self._found = transaction, connection
        return self._found[1]


class Gate:
    """Lets at most `most` threads wait for a database that has stopped answering, so that the others can go on without it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._inside, self._moved_at = 0, 0.0

    @contextmanager
    def passed(self) -> Iterator[None]:
        """Count this thread among those that wait; raises OperationalError when they are too many and none of them gets on."""
        with self._lock:
            if self._inside == 0:
                self._moved_at = time.monotonic()  # after a rest nobody has waited yet
            elif self._inside >= self._most and time.monotonic() - self._moved_at > STALLED_S:
                raise OperationalError("", None, TimeoutError("too many requests wait for the database"))
            self._inside += 1
        try:
            yield
        finally:
            with self._lock:
                self._inside, self._moved_at = self._inside - 1, time.monotonic()


class Database:
    """Sessions on one database. Reads run side by side; on SQLite one write at a time inside a process.

    Several writers of one process starve each other for seconds on SQLite's own lock, and a transaction that
    reads before it writes fails at once with SQLITE_BUSY_SNAPSHOT, so writes begin IMMEDIATE, in turn.
    """

    def __init__(self, url: str, *, pool_size: int = 40, limits: ServerLimits | None = None, may_create: bool = True, may_change: bool = True) -> None:
        """Without `limits` a statement may take as long as it needs, as migrations do.

        An SQLite file that is missing is an error unless `may_create`. Unless `may_change`, it is only read, and no file appears beside it.
        """
        self._limits = limits or ServerLimits.model_validate({})
        address, wait_s = make_url(url), self._limits.database_wait_s
        self.is_sqlite = address.get_backend_name() == "sqlite"
        self._file = SqliteFile(address.database, wait_s, may_create=may_create, may_change=may_change) if self.is_sqlite else None
        self.engine = _engine(address, pool_size, wait_s, self._file)
        self._watch: Watch | None = None
        if not self.is_sqlite:
            from kb.postgres import watch

            self._watch = watch(self.engine, self._limits, statements_end=limits is not None)
        self._turn = threading.Lock()
        # Forms have half of the threads. Writers who wait for another process of SQLite's must not turn readers away.
        self._gate = Gate(max(1, self._limits.threads * 3 // 4))
        self._writers = Gate(max(1, self._limits.threads * 3 // 8)) if self.is_sqlite else self._gate
        self.is_locked = False
        """Whether the last writer waited in vain."""

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading; anything it changed is rolled back."""
        self._require_answer()
        with self._noting_damage(), self._gate.passed(), WorkSession(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self, *, may_take_long: bool = False, is_pipelined: bool = False, is_optional: bool = False) -> Iterator[Session]:
        """A session in one transaction, committed at the end of the block, rolled back by any exception.

        Pipelined, PostgreSQL is sent what returns nothing without waiting for it: an error of such a statement is raised later, at the latest at the end.
        An optional write raises OperationalError at once where SQLite would have to be waited for.
        """
        self._require_answer()
        wait_s = 0.0 if is_optional else self._wait_s()
        turn = self._own_turn(wait_s) if self.is_sqlite else nullcontext()
        with self._noting_damage(), self._writers.passed(), turn, WorkSession(self.engine, expire_on_commit=False) as session, session.begin():
            self._require_file()
            with begin_as(Begin.PIPELINED if is_pipelined else Begin.WRITING, wait_s if wait_s < self._limits.database_wait_s else None):
                session.connection()
            if may_take_long and not self.is_sqlite:
                with _without_end(session):
                    yield session
            else:
                yield session
            self._require_file()  # what is acknowledged was committed to a file that was there

    @contextmanager
    def _own_turn(self, wait_s: float) -> Iterator[None]:
        # Those behind a writer who waits for another process would else each wait its time out in addition to theirs.
        if not self._turn.acquire(timeout=wait_s):
            self.is_locked = self.is_locked or wait_s > 0
            raise OperationalError("BEGIN IMMEDIATE", None, sqlite3.OperationalError("other writers of this process took too long"))
        try:
            yield
            self.is_locked = False
        except OperationalError as error:
            self.is_locked = self.is_locked or (wait_s > 0 and is_lock(error))
            raise
        finally:
            self._turn.release()

    def _wait_s(self) -> float:
        return min(self._limits.database_wait_s, LOCKED_WAIT_S) if self.is_locked else self._limits.database_wait_s

    def _require_answer(self) -> None:
        if self.is_silent():
            raise OperationalError("", None, TimeoutError("the server does not answer"))

    def _require_file(self) -> None:
        if self._file:
            self._file.require_file()

    def _noting_damage(self) -> AbstractContextManager[None]:
        return self._file.noting_damage() if self._file else nullcontext()

    def is_silent(self) -> bool:
        """Whether the database is known to leave everybody without an answer."""
        return self._watch is not None and self._watch.is_silent

    def is_reachable(self) -> bool:
        """Whether the database answers now, and what it stores is kept."""
        if self._file and not self._file.is_whole():
            return False
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


def _engine(url: URL, pool_size: int, wait_s: float, file: SqliteFile | None) -> Engine:
    # Parameters are hidden from errors: they hold what customers write, and errors end in logs.
    address = url.set(drivername=f"{url.get_backend_name()}+deskbook")
    opening = {"creator": file.connect} if file else {}
    return create_engine(address, pool_size=pool_size, max_overflow=0, hide_parameters=True, pool_timeout=wait_s, **opening)


@contextmanager
def _without_end(session: Session) -> Iterator[None]:
    from kb.postgres import MAY_TAKE_LONG

    session.connection().exec_driver_sql("SET LOCAL statement_timeout = 0")
    token = MAY_TAKE_LONG.set(True)
    try:
        yield
    finally:
        MAY_TAKE_LONG.reset(token)
