"""Threads for what is sent in: how many write side by side."""

import threading
from collections.abc import Iterator

import anyio
import pytest
from sqlalchemy.exc import OperationalError

from kb.web.http.writing_threads import WritingThreads


class Writers:
    """Functions that note how many of them run at the same moment, and go on once as many are there as are wanted."""

    def __init__(self, wanted: int) -> None:
        self._lock, self._met = threading.Lock(), threading.Barrier(wanted)
        self._running = self.most = 0

    def write(self) -> None:
        with self._lock:
            self._running += 1
            self.most = max(self.most, self._running)
        self._met.wait(60)
        with self._lock:
            self._running -= 1


def most_at_once(threads: WritingThreads, *, is_brief: bool, wanted: int) -> int:
    writers = Writers(wanted)

    async def run() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(4):
                group.start_soon(threads.run, is_brief, writers.write)

    anyio.run(run)
    return writers.most


@pytest.mark.parametrize(("one_writer", "is_brief", "expected"), [(True, True, 1), (True, False, 4), (False, True, 4)])
def test_only_a_database_with_one_writer_has_those_that_only_write_take_turns(one_writer: bool, is_brief: bool, expected: int) -> None:
    threads = WritingThreads(8, 60, one_writer=one_writer)
    assert most_at_once(threads, is_brief=is_brief, wanted=expected) == expected


@pytest.fixture
def held() -> Iterator[threading.Event]:
    """Set at the end of the test."""
    event = threading.Event()
    yield event
    event.set()


@pytest.mark.parametrize("is_brief", [True, False])
def test_one_that_gets_no_thread_in_time_is_refused_while_others_still_get_theirs(held: threading.Event, is_brief: bool) -> None:
    threads = WritingThreads(2, 0.05, one_writer=True)

    async def run() -> None:
        began = threading.Event()
        async with anyio.create_task_group() as group:
            group.start_soon(threads.run, is_brief, lambda: (began.set(), held.wait(60)))
            await anyio.to_thread.run_sync(began.wait)
            with pytest.raises(OperationalError):
                await threads.run(is_brief, lambda: None)
            assert await threads.run(not is_brief, lambda: "written") == "written"
            held.set()

    anyio.run(run)
