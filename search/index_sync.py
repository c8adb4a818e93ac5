"""Keep an index equal to the articles from a thread of its own: compare now and then, and retry what failed."""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from search.engine import Document, EngineUnavailable, Progress, SyncReport

log = logging.getLogger("deskbook.search")
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
LOOK_EVERY_S = 60.0
"""An index can be wiped, restored from an old copy or written by a stranger while nothing changes here."""


class Syncs(Protocol):
    """An engine, as far as this is concerned."""

    def sync(self, documents: Iterable[Document], progress: Progress | None = None) -> SyncReport: ...


class IndexSync:
    """Synchronises one engine with the latest documents it was given, until closed."""

    def __init__(self, engine: Syncs, on_success: Callable[[], None], name: str) -> None:
        self._engine = engine
        self._on_success = on_success
        self._documents: Sequence[Document] | None = None
        self._wake = threading.Event()
        self._is_closed = False
        self._thread: threading.Thread | None = None
        self._name = name
        self.problem: str | None = f"{name} has not been compared with the articles yet."

    def keep(self, documents: Sequence[Document]) -> None:
        """These are the documents from now on."""
        self._documents = documents
        self.look()

    def look(self) -> None:
        """Compares the index soon, even when the documents have not changed."""
        if self._thread is None and not self._is_closed:
            self._thread = threading.Thread(target=self._run, name="search-sync", daemon=True)
            self._thread.start()
        self._wake.set()

    def close(self) -> None:
        """Stops the thread once it has finished what it is doing."""
        self._is_closed = True
        self._wake.set()
        if self._thread:
            self._thread.join(timeout=30)

    def _run(self) -> None:
        failures, pause = 0, LOOK_EVERY_S
        while True:
            self._wake.wait(pause)
            self._wake.clear()
            if self._is_closed:
                return
            failures = 0 if self._attempt() else failures + 1
            pause = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(failures - 1, 10)) if failures else LOOK_EVERY_S

    def _attempt(self) -> bool:
        if self._documents is None:
            return True
        try:
            report = self._engine.sync(self._documents)
        except EngineUnavailable as error:
            self.problem = str(error)
            log.warning("%s not synchronised: %s", self._name, error)
            return False
        except Exception as error:
            self.problem = f"{self._name} could not be synchronised: {error}"
            log.exception("%s not synchronised", self._name)
            return False
        was_known, self.problem = self.problem is None, None
        if was_known and report.is_empty:
            return True
        if not report.is_empty:
            log.info("%s: %d added, %d changed, %d removed%s", self._name, report.added, report.changed, report.removed, ", rebuilt" if report.rebuilt else "")
        self._on_success()
        return True
