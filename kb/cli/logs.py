"""The log: standard error, a line for each event."""

import logging
import sys
from types import TracebackType

from kb.cli import standard_error

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
# Whatever a terminal or a reader of lines may take for the end of one, or for an order.
CONTROLS = {code: ascii(chr(code))[1:-1] for code in (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)}


class OneLine(logging.Formatter):
    """Writes each event as one line, whatever was typed into it; the lines of a traceback are indented, so that none looks like an event."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line without its traceback."""
        return super().formatMessage(record).translate(CONTROLS)

    def formatException(self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]) -> str:
        """The traceback, indented."""
        return "\n".join(f"    {line.translate(CONTROLS)}" for line in super().formatException(ei).splitlines())


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
