"""Following the content folder: what changes there is on the site, and in search, within two seconds."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from kb.articles.library import Library
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
    errors = sum(problem.is_error for problem in library.catalog.problems)
    log.info(
        "content changed: %d articles, %d with errors; search: +%d ~%d -%d", len(library.catalog.articles), errors, report.added, report.changed, report.removed
    )
    return True


def _follow(library: Library, searcher: Searcher, stopped: threading.Event) -> None:
    looks = -1
    while not stopped.wait(LOOK_EVERY_S):
        looks += 1
        try:
            refresh(library, searcher)
            if looks % COMPARE_EVERY == 0 and searcher.look():
                log.warning("the search file held other articles than the content folder and was repaired")
        except Exception:
            # Whatever is wrong with the folder, the last good state stays on the site and the next look may go well.
            log.exception("the content folder could not be read")
