"""The log: standard error, a line for each event."""

import logging
import sys
from types import TracebackType

from kb.site.cli.terminal import standard_error
from kb.text.characters import escaped

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class OneLine(logging.Formatter):
    """Writes each event as one line, whatever was typed into it; the lines of a traceback are indented, so that none looks like an event."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line without its traceback."""
        return escaped(super().formatMessage(record))

    def formatException(self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]) -> str:
        """The traceback, indented."""
        return "\n".join(f"    {escaped(line)}" for line in super().formatException(ei).splitlines())


class ThreadHandler(logging.Handler):
    """Hands each event to the thread that writes to standard error."""

    def __init__(self, thread: standard_error.StandardError) -> None:
        super().__init__()
        self._thread = thread

    def emit(self, record: logging.LogRecord) -> None:
        """Hand it over."""
        try:
            self._thread.write(self.format(record))
        except Exception:
            self.handleError(record)


def start_log(level: str) -> None:
    """Sends what is at least as severe as `level` to standard error."""
    handler = ThreadHandler(standard_error.start()) if _is_real() else logging.StreamHandler()
    handler.setFormatter(OneLine(FORMAT))
    logging.basicConfig(level=level.upper(), handlers=[handler])
    logging.getLogger("python_multipart").setLevel(logging.ERROR)  # it warns of every form that is none, which anybody can send


def _is_real() -> bool:
    """Whether standard error is that of the process, not one that a test reads."""
    try:
        return sys.stderr is None or sys.stderr.fileno() == standard_error.DESCRIPTOR
    except (OSError, ValueError):
        return False
