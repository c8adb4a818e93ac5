"""Transactions on PostgreSQL that wait only for the answers they need: everything else is sent ahead."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import psycopg
from psycopg.abc import Params, PQGen, Query
from psycopg.generators import send


class SendAheadPipeline(psycopg.Pipeline):
    """A pipeline that sends its statements together, once an answer is waited for.

    psycopg would send each by itself, which wakes the server each time and took a quarter of the processor time of a small transaction.
    """

    def _communicate_gen(self) -> PQGen[None]:
        """Hand the statements to libpq, which sends by itself only what fills its buffer."""
        while self.command_queue:
            self.command_queue.popleft()()
        return
        yield

    def _fetch_gen(self, *, flush: bool) -> PQGen[None]:
        """Send all of it, then read the answers."""
        yield from send(self.pgconn)
        yield from super()._fetch_gen(flush=flush)


class PipelinedConnection(psycopg.Connection[Any]):
    """A connection that can run a transaction as a pipeline.

    An INSERT that returns nothing, BEGIN and COMMIT are then sent without waiting for what the server says to them. An error of such a statement
    is raised by the next one that waits, at the latest by COMMIT, which returns once all is stored.
    """

    _running: SendAheadPipeline | None = None

    def begin_pipeline(self) -> None:
        """Begin a transaction; it ends with `commit` or `rollback`."""
        self.autocommit = True  # psycopg waits for the BEGIN it sends by itself
        self._pipeline = self._running = SendAheadPipeline(self)
        self._running.__enter__()
        self.execute("BEGIN", prepare=False)

    def await_answers(self) -> None:
        """Wait for the answers to everything that was sent; raises psycopg.Error for the first statement that failed."""
        if self._running is not None:
            self._running.sync()

    def commit(self) -> None:
        """Commit the transaction."""
        if self._running is None:
            super().commit()
            return
        self.execute("COMMIT", prepare=False)
        self._end_pipeline()
        self.autocommit = False

    def rollback(self) -> None:
        """Roll the transaction back."""
        if self._running is not None:
            with suppress(psycopg.Error):  # of statements that are taken back
                self._end_pipeline()
        super().rollback()
        if self.autocommit:
            self.autocommit = False

    def _end_pipeline(self) -> None:
        running, self._running = self._running, None
        try:
            if running is not None:
                running.__exit__(None, None, None)
        finally:
            self._pipeline = None


class PipelinedCursor(psycopg.Cursor[Any]):
    """A cursor whose `description` is that of the answer, also in a pipeline, except for an INSERT that returns nothing."""

    connection: PipelinedConnection
    _has_answer = True

    def execute(self, query: Any, params: Params | None = None, **options: Any) -> "PipelinedCursor":
        """Send a statement."""
        self._has_answer = _has_answer(query)
        return super().execute(query, params, **options)

    def executemany(self, query: Query, params_seq: Iterable[Params], **options: Any) -> None:
        """Send a statement once for each set of parameters."""
        self._has_answer = _has_answer(query)
        super().executemany(query, params_seq, **options)

    @property
    def description(self) -> list[psycopg.Column] | None:
        """The columns of the answer, which is waited for; None for a statement without rows."""
        if self._has_answer and self.pgresult is None:
            self.connection.await_answers()
        return super().description


def _has_answer(query: Query) -> bool:
    """Return whether anybody needs to know what the server says to this statement: its rows, or how many it changed."""
    return not isinstance(query, str) or not query.startswith("INSERT ") or " RETURNING " in query
