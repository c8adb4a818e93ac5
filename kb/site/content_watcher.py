"""Follow the content folder: changes reach the site and search within two seconds."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from kb.articles.catalog.broken_files import broken_count, broken_files
from kb.articles.catalog.library import Library
from search.searcher import Searcher

log = logging.getLogger("deskbook.content")
LOOK_EVERY_S = 1.0
COMPARE_EVERY = 10
"""Looks after which the search file is compared, too."""


@contextmanager
def following(library: Library, searcher: Searcher) -> Iterator[None]:
    """Looks at the folder every second in a thread of its own until the block ends."""
    stopped = threading.Event()
    thread = threading.Thread(target=_follow, args=(library, searcher, stopped), name="content", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join(35)


def refresh(library: Library, searcher: Searcher) -> bool:
    """Publishes what changed in the folder and brings search up to it; whether anything did."""
    searcher.steer()
    if not library.refresh():
        return False
    report = searcher.sync(library.catalog)
    changes = (report.added, report.changed, report.removed)
    log.info("content changed: %d articles, %d with errors; search: +%d ~%d -%d", len(library.catalog.articles), broken_count(library.catalog), *changes)
    return True


class ProblemLog:
    """Logs each problem of the content once when it appears, and once when it is gone."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._known: dict[str, str] = {}

    def update(self) -> None:
        """Log what has changed since the last call."""
        found = {f"{file.problem}": "the last good version is shown" if file.is_shown else "not shown" for file in broken_files(self._library.catalog)}
        if dates := self._library.history.problem:
            found[dates] = ""
        for problem in found.keys() - self._known.keys():
            log.warning("%s%s", problem, f" ({found[problem]})" if found[problem] else "")
        for problem in self._known.keys() - found.keys():
            log.info("no longer: %s", problem)
        self._known = found


def _follow(library: Library, searcher: Searcher, stopped: threading.Event) -> None:
    looks = -1
    problems = ProblemLog(library)
    problems.update()
    while not stopped.wait(LOOK_EVERY_S):
        looks += 1
        try:
            if refresh(library, searcher):
                problems.update()
            if looks % COMPARE_EVERY == 0 and searcher.look():
                log.warning("the search file held other articles than the content folder and was repaired")
        except Exception:
            # Whatever is wrong with the folder, the last good state stays on the site and the next look may go well.
            log.exception("the content folder could not be read")
