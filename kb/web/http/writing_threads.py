"""Threads for what is sent in: never all of them, so that a database that keeps writers waiting leaves threads to readers."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from anyio import CapacityLimiter, WouldBlock, fail_after
from sqlalchemy.exc import OperationalError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

P = ParamSpec("P")
T = TypeVar("T")


class WritingThreads:
    """Half of the threads. Who finds none free waits without one, for `wait_s` at most.

    Where the database takes one writer at a time, as SQLite does, those that only write have one thread for all of them: several would not
    write sooner, and hand Python's lock to each other at every statement, which doubled the processor time of eight at once.
    """

    def __init__(self, threads: int, wait_s: float, *, one_writer: bool) -> None:
        self._limiter, self._wait_s = CapacityLimiter(max(1, threads // 2)), wait_s
        self._brief = CapacityLimiter(1) if one_writer else self._limiter

    async def run(self, is_brief: bool, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Return what `function` returns; `is_brief` says that it waits for the database only. Raises OperationalError when no thread became free in time."""
        limiter, borrower = self._brief if is_brief else self._limiter, object()
        try:
            limiter.acquire_on_behalf_of_nowait(borrower)
        except WouldBlock:
            await self._wait_for_one(limiter, borrower)
        try:
            return await run_in_threadpool(function, *arguments, **named)
        finally:
            limiter.release_on_behalf_of(borrower)

    async def _wait_for_one(self, limiter: CapacityLimiter, borrower: object) -> None:
        try:
            with fail_after(self._wait_s):
                await limiter.acquire_on_behalf_of(borrower)
        except TimeoutError as error:
            raise OperationalError("", None, TimeoutError("too many requests wait for the database")) from error


async def run_writing(request: Request, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Run `function`, which writes, in a thread of those for it."""
    return await _threads(request).run(False, function, *arguments, **named)


async def run_brief_writing(request: Request, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Run `function`, which writes and waits for nothing else, in a thread of those for it."""
    return await _threads(request).run(True, function, *arguments, **named)


def _threads(request: Request) -> WritingThreads:
    threads: WritingThreads = request.app.state.writing_threads
    return threads
