"""`/healthz`: the state of this process, for load balancers and monitors."""

import asyncio
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta
from pathlib import Path
from typing import cast

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from kb.articles.catalog.broken_files import broken_count
from kb.articles.catalog.library import Library
from kb.config import Settings
from kb.db import Database, now
from kb.rate_limit.queries import is_within_limit
from search.searcher import Searcher

LATE_S = 5.0
"""What SQLite has not answered after this long is no busy machine."""
KEPT_S = 5.0
PROBE_BYTES = 65_536
TIGHT_BYTES = 10_000_000


class Probe:
    """One question about the process, put in a thread of its own, so that neither an answer nor a whole thread pool is waited for."""

    def __init__(self, ask: Callable[[], bool], *, kept_s: float = 0.0) -> None:
        self._ask, self._kept_s = ask, kept_s
        self._lock = threading.Lock()
        self._asked: Future[bool] | None = None
        self._answered_at = -kept_s
        self.asked_at = 0.0
        self.last = True
        """The last answer; True before the first."""

    async def answer(self, patience_s: float, *, is_fresh: bool = False) -> bool | None:
        """The answer, at most `kept_s` old and given just now if `is_fresh`; None when it takes longer than `patience_s`."""
        with self._lock:
            is_old = is_fresh or time.monotonic() - self._answered_at >= self._kept_s
            if self._asked is None or (self._asked.done() and is_old):
                self._asked, self.asked_at = Future(), time.monotonic()
                threading.Thread(target=self._find_out, args=(self._asked,), name="health", daemon=True).start()
            asked = self._asked
        try:
            return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(asked)), patience_s)
        except TimeoutError:
            return None

    def _find_out(self, asked: "Future[bool]") -> None:
        self.last = self._ask()
        self._answered_at = time.monotonic()
        asked.set_result(self.last)


class Health:
    """What is known of the parts a request needs in order to be filed."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._database, self._folder = database, settings.data
        self._wait_s = settings.health_wait_s
        self._reads_wait_s = self._wait_s if database.is_sqlite else self._wait_s + settings.database_silence_s
        self._reads = Probe(database.is_reachable)
        # Writing costs the disk something, so that one answer serves all who ask within seconds.
        self._writes = Probe(self._can_write, kept_s=KEPT_S)
        self._files = Probe(lambda: _has_room(settings.data / "attachments"), kept_s=KEPT_S)

    async def parts(self) -> dict[str, bool]:
        """Whether the database answers and can be written, and whether files can be stored; soon, whatever they do."""
        if self._database.is_silent():
            return {"database": False, "files": self._files.last}
        is_fresh = _is_tight(self._folder)
        asked = (
            self._reads.answer(self._reads_wait_s),
            self._writes.answer(self._wait_s, is_fresh=is_fresh),
            self._files.answer(self._wait_s, is_fresh=is_fresh),
        )
        reads, writes, files = await asyncio.gather(*asked)
        # A writer may be waiting for its turn, which is no fault: what counts is the last that came to an end.
        can_write = (self._writes.last and not self._database.is_locked) if writes is None else writes
        return {"database": (self._is_late_only() if reads is None else reads) and can_write, "files": self._files.last if files is None else files}

    def _is_late_only(self) -> bool:
        """Whether a database that has not answered yet may be taken for well: a silent PostgreSQL may not."""
        return self._database.is_sqlite and self._reads.last and time.monotonic() - self._reads.asked_at < LATE_S

    def _can_write(self) -> bool:
        try:
            with self._database.write() as session:
                is_within_limit(session, "health", most=1, window=timedelta(hours=1), now=now())
        except SQLAlchemyError:
            return False
        return True


async def health(request: Request) -> Response:
    """200 while articles are served and requests can be filed, even with search standing in for itself; else 503."""
    library = cast(Library, request.app.state.library)
    searcher = cast(Searcher, request.app.state.searcher)
    parts = await cast(Health, request.app.state.health).parts()
    is_well = all(parts.values())
    state = {
        "status": _word(is_well),
        "search": _word(searcher.status == "ok"),
        **{part: _word(is_good) for part, is_good in parts.items()},
        "content": {"articles": len(library.catalog.articles), "errors": broken_count(library.catalog)},
    }
    return JSONResponse(state, 200 if is_well else 503, headers={"Cache-Control": "no-store"})


def _word(is_good: bool) -> str:
    return "ok" if is_good else "down"


def _is_tight(folder: Path) -> bool:
    """Whether the disk may be full within seconds, so that no earlier answer counts."""
    try:
        return shutil.disk_usage(folder).free < TIGHT_BYTES
    except OSError:
        return True


def _has_room(folder: Path) -> bool:
    """Whether a file can be stored in `folder`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(os.urandom(PROBE_BYTES))
            probe.flush()
    except OSError:
        return False
    return True


routes = [Route("/healthz", health)]
