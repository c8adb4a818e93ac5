"""Threads for what is sent in: never all of them, so that a database that keeps writers waiting leaves threads to readers."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from anyio import CapacityLimiter, fail_after
from sqlalchemy.exc import OperationalError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

P = ParamSpec("P")
T = TypeVar("T")


class WritingThreads:
    """Half of the threads. Who finds none free waits without one, for `wait_s` at most."""

    def __init__(self, threads: int, wait_s: float) -> None:
        self._limiter, self._wait_s = CapacityLimiter(max(1, threads // 2)), wait_s

    async def run(self, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Return what `function` returns. Raises OperationalError when no thread became free in time."""
        borrower = object()
        try:
            with fail_after(self._wait_s):
                await self._limiter.acquire_on_behalf_of(borrower)
        except TimeoutError as error:
            raise OperationalError("", None, TimeoutError("too many requests wait for the database")) from error
        try:
            return await run_in_threadpool(function, *arguments, **named)
        finally:
            self._limiter.release_on_behalf_of(borrower)


async def run_writing(request: Request, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Run `function`, which writes, in a thread of those for it."""
    threads: WritingThreads = request.app.state.writing_threads
    return await threads.run(function, *arguments, **named)
