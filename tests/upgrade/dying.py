"""A process that kills itself at a chosen point, as a power cut would: the same point on a fast machine and on a slow one."""

import os
import signal
import sys
from itertools import count
from typing import Any

from sqlalchemy import Engine, event


def die_at(point: str) -> None:
    """Let this process die by SIGKILL before the statement of that number, or before a file whose name ends so is renamed."""
    if point.isdigit():
        _die_at_statement(int(point))
    else:
        _die_at_renaming(point)


def _die_at_statement(number: int) -> None:
    statements = count(1)

    def before(*_: Any) -> None:
        if next(statements) == number:
            _die()

    event.listen(Engine, "before_cursor_execute", before)


def _die_at_renaming(ending: str) -> None:
    def hook(name: str, arguments: tuple[Any, ...]) -> None:
        if name == "os.rename" and str(arguments[0]).endswith(ending):
            _die()

    sys.addaudithook(hook)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
