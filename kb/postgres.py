"""Connections to PostgreSQL that never wait longer than they may, whatever the server does."""

import select
import threading
import time
from collections.abc import Callable, Generator
from contextvars import ContextVar
from typing import Any, TypeVar, cast

import psycopg
from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

from kb.postgres_pipeline import PipelinedConnection, PipelinedCursor
from kb.server_limits import ServerLimits

T = TypeVar("T")
GRACE_S = 1.0
"""Seconds the server has to end a statement by itself before the client gives it up."""
PAUSE_S = 0.2
REFUSAL = "FATAL"
"""What PostgreSQL itself says when it takes no connection, because they are too many or the password is wrong: it answers."""
MAY_TAKE_LONG: ContextVar[bool] = ContextVar("MAY_TAKE_LONG", default=False)


class Silent(psycopg.OperationalError):
    """The server does not answer."""


class Watch:
    """Whether a server answers: a thread asks it anew once a statement has waited for a while.

    No timeout of PostgreSQL or of TCP helps against a server that is stopped: the kernel goes on acknowledging what it is sent.
    """

    def __init__(self, limits: ServerLimits, *, statements_end: bool) -> None:
        self._limits, self._statements_end = limits, statements_end
        self._asking = threading.Lock()
        self._asked_at: float | None = None

    @property
    def is_silent(self) -> bool:
        """True while the server leaves a new connection unanswered for longer than `database_silence_s`."""
        asked_at = self._asked_at
        return asked_at is not None and time.monotonic() - asked_at > self._limits.database_silence_s

    def require_answer(self) -> None:
        """Raise Silent while the server is."""
        if self.is_silent:
            raise Silent("the server does not answer")

    def connect(self, *arguments: Any, **parameters: Any) -> "WatchedConnection":
        """Return a new connection; raises psycopg.OperationalError within `database_connect_timeout_s`."""
        self.require_answer()
        connection = WatchedConnection.connect(*arguments, **parameters)
        connection.watch, connection.ask = self, lambda: self._ask(arguments, parameters)
        connection.cursor_factory = PipelinedCursor
        return connection

    def guarded(self, waiting: Generator[Any, Any, T], connection: "WatchedConnection") -> Generator[Any, Any, T]:
        """Wait as `waiting` does, and raise Silent when it has been too long."""
        began = time.monotonic()
        try:
            wanted = next(waiting)
            while True:
                ready = yield wanted
                if not ready:
                    self._judge(time.monotonic() - began, connection)
                wanted = waiting.send(ready)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]

    def _judge(self, waited_s: float, connection: "WatchedConnection") -> None:
        self.require_answer()
        if waited_s > self._limits.database_silence_s:
            connection.ask()
        if self._statements_end and waited_s > self._limits.database_timeout_s + GRACE_S and not MAY_TAKE_LONG.get():
            raise Silent("the server did not answer in time")

    def _ask(self, arguments: Any, parameters: Any) -> None:
        if self._asked_at is None and self._asking.acquire(blocking=False):
            self._asked_at = time.monotonic()
            threading.Thread(target=self._ask_until_answered, args=(arguments, parameters), name="database watch", daemon=True).start()

    def _ask_until_answered(self, arguments: Any, parameters: Any) -> None:
        try:
            while True:
                try:
                    psycopg.connect(*arguments, **parameters).close()
                except psycopg.Error as error:
                    if REFUSAL not in str(error):
                        time.sleep(PAUSE_S)
                        continue
                return
        finally:
            self._asked_at = None
            self._asking.release()


class WatchedConnection(PipelinedConnection):
    """A connection that gives up, and is closed, when its server no longer answers."""

    watch: Watch | None = None
    ask: Callable[[], None]

    def has_news(self) -> bool:
        """Return True if the server sent something that nobody has read, or closed the connection."""
        if self.closed:
            return True
        poll = select.poll()
        poll.register(self.pgconn.socket, select.POLLIN)
        return bool(poll.poll(0))

    def wait(self, gen: Any, *arguments: Any, **named: Any) -> Any:
        """Run the exchange `gen` with the server; raises Silent."""
        if self.watch is None:
            return super().wait(gen, *arguments, **named)
        self.watch.require_answer()
        try:
            return super().wait(self.watch.guarded(gen, self), *arguments, **named)
        except Silent:
            self.pgconn.finish()
            raise


def watch(engine: Engine, limits: ServerLimits, *, statements_end: bool) -> Watch:
    """Have every connection of `engine` watched; statements end after `database_timeout_s` if `statements_end`."""
    watching = Watch(limits, statements_end=statements_end)

    def connect(_dialect: Any, _record: Any, arguments: Any, parameters: Any) -> Any:
        return watching.connect(*arguments, **(_patience(limits) | parameters))

    def set_up(connection: Any, _record: Any) -> None:
        statement_ms = int(limits.database_timeout_s * 1000) if statements_end else 0
        with connection.cursor() as cursor:
            cursor.execute(f"SET statement_timeout = {statement_ms}")
            cursor.execute(f"SET lock_timeout = {int(limits.database_wait_s * 1000)}")
        connection.commit()

    event.listen(engine, "do_connect", connect)
    event.listen(engine, "connect", set_up)
    _check_before_use(engine, limits)
    return watching


def _check_before_use(engine: Engine, limits: ServerLimits) -> None:
    """Have a pooled connection checked before it is used again: if the server sent anything since, as it does at its end, or after a long rest.

    SQLAlchemy's own `pool_pre_ping` asks the server each time, which costs every transaction a round trip.
    """

    def note_return(_connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["returned_at"] = time.monotonic()

    def check(connection: WatchedConnection, record: ConnectionPoolEntry, _proxy: Any) -> None:
        returned_at = record.info.get("returned_at")
        is_fresh = returned_at is None or time.monotonic() - returned_at <= limits.database_check_after_s
        if is_fresh and not connection.has_news():
            return
        try:
            engine.dialect.do_ping(cast(DBAPIConnection, connection))
        except psycopg.Error as error:
            raise InvalidatePoolError from error

    event.listen(engine, "checkin", note_return)
    event.listen(engine, "checkout", check)


def _patience(limits: ServerLimits) -> dict[str, Any]:
    """The parameters of a connection that notices a network that is gone."""
    most_ms = int((limits.database_timeout_s + GRACE_S) * 1000)
    seconds = max(1, int(limits.database_timeout_s / 3))
    return {
        "connect_timeout": limits.database_connect_timeout_s,
        "tcp_user_timeout": most_ms,
        "keepalives": 1,
        "keepalives_idle": seconds,
        "keepalives_interval": seconds,
        "keepalives_count": 2,
    }
