"""Print results on stdout, progress on stderr, and JSON for scripts."""

import io
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import click

from kb.site.cli.terminal import standard_error
from kb.text.characters import escaped

Progress = Callable[[int, int], None]

as_json = click.option("--json", "is_json", is_flag=True, help="Print JSON, for scripts.")


def emit(value: Any) -> None:
    """Prints `value` as JSON; dates and paths as text."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def styled(text: str, **style: Any) -> str:
    """`text` in colour or weight; plain with NO_COLOR, and click makes it plain where no terminal reads it."""
    from kb.config import is_colour_wanted

    return click.style(text, **style) if is_colour_wanted() else text


def note(message: str) -> None:
    """Prints a line of progress on stderr."""
    if thread := standard_error.started():
        thread.write(message)
        return
    try:
        click.echo(message, err=True)
    except OSError:
        # What the buffer holds now would be written, and fail, once more at the end, and change the exit code.
        sys.stderr = io.StringIO()


def is_output_lost(error: BaseException) -> bool:
    """Return whether it was raised by printing."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    return place is not None and place.tb_frame.f_globals.get("__name__") == click.echo.__module__


def forget_standard_streams() -> None:
    """Write to nowhere from now on, so that what is held is not refused once more when Python ends, with another exit code."""
    sys.stdout = sys.stderr = io.StringIO()


def progress(name: str) -> Progress:
    """Says on stderr how far `name` is, once it takes more than a second: call it with done and all."""
    began = shown = time.monotonic()

    def report(done: int, of: int) -> None:
        nonlocal began, shown
        present = time.monotonic()
        if done <= 1:
            began = shown = present
        elif done >= of and present - began > 1:
            note(f"{name}: {of} in {present - began:.1f} s")
        elif present - shown > 1:
            shown = present
            note(f"{name}: {done} of {of} ...")

    return report


def table(rows: list[tuple[str, ...]]) -> None:
    """Prints columns as wide as their longest cell."""
    rows = [tuple(map(escaped, row)) for row in rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) if rows else 0)]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
