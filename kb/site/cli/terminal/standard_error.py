"""Standard error as a server writes to it: by a thread of its own, so that a full disk or a reader that stops never stops the site."""

import atexit
import contextlib
import os
import threading
import time
from collections import deque

DESCRIPTOR = 2
MOST_LINES = 10_000
LAST_WORDS_S = 2.0


class StandardError:
    """Lines on their way to standard error. What cannot be written is dropped, and its number written once that is possible again."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque()
        self._lost = 0
        self._wake = threading.Condition()
        self._is_writing = False
        threading.Thread(target=self._run, name="standard error", daemon=True).start()
        atexit.register(self.flush)

    def write(self, line: str) -> None:
        """Hand over one line, without waiting for it to be written."""
        with self._wake:
            if len(self._lines) >= MOST_LINES:
                self._lost += 1
            else:
                self._lines.append(line)
                self._wake.notify_all()

    def flush(self) -> None:
        """Wait until all is written, for at most two seconds."""
        end = time.monotonic() + LAST_WORDS_S
        with self._wake:
            self._wake.wait_for(lambda: not self._lines and not self._is_writing, end - time.monotonic())

    def _run(self) -> None:
        while True:
            with self._wake:
                self._is_writing = False
                self._wake.notify_all()
                self._wake.wait_for(lambda: bool(self._lines))
                self._is_writing = True
                line, lost, self._lost = self._lines.popleft(), self._lost, 0
            if lost:
                line = f"{lost} lines were lost, because they could not be written.\n{line}"
            if not _write(line):
                with self._wake:
                    self._lost += lost + 1


def _write(line: str) -> bool:
    data = f"{line}\n".encode("utf-8", "backslashreplace")
    with contextlib.suppress(OSError):
        while data:
            data = data[os.write(DESCRIPTOR, data) :]
        return True
    return False


_started: StandardError | None = None


def start() -> StandardError:
    """Write by a thread from now on."""
    global _started
    if _started is None:
        _started = StandardError()
    return _started


def started() -> StandardError | None:
    """The thread's side, once there is one."""
    return _started


def keep_descriptors() -> None:
    """Point standard descriptors that are closed to nowhere: a database that took the number of one would be written into by others."""
    for number in (0, 1, DESCRIPTOR):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
