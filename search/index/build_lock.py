"""A lock for writing an index, shared by the processes of one data folder. The system releases it when its holder is killed."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import IO

from search.engine import EngineUnavailable


class BuildLock:
    """The right to write. Its mark outlives the process: whoever finds one knows that its builder was killed."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    @property
    def is_marked(self) -> bool:
        """Whether something half done may have been left behind."""
        self._file.seek(0)
        return bool(self._file.read(1))

    def mark(self) -> None:
        """What is done from here on must not be left half done."""
        self._file.write(b"1")
        self._file.flush()

    def clear(self) -> None:
        """Nothing is half done any more."""
        self._file.truncate(0)


@contextmanager
def hold_build_lock(path: Path, patience_s: float) -> Iterator[BuildLock]:
    """This process's turn, once the others have ended theirs; raises EngineUnavailable when that takes too long."""
    deadline = monotonic() + patience_s
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        while not _is_taken(file):
            if monotonic() > deadline:
                raise EngineUnavailable(f"another process has been writing the index for {patience_s:.0f} s ({path})")
            sleep(0.05)
        yield BuildLock(file)


def _is_taken(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
