"""Where the running site is, for the commands beside it that print or send links to it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kb.bounded_file import read_small_file
from kb.site.cli.terminal.output import note

if TYPE_CHECKING:
    from kb.config import Settings

NAME = "address"
"""A file in the data folder, there while the site runs."""


@contextmanager
def announced(settings: "Settings") -> Iterator[None]:
    """Keep the site's address in the data folder until the block ends; where that is not possible, go on without."""
    path, half = settings.data / NAME, settings.data / f"{NAME}-{os.getpid()}"
    with suppress(OSError):
        half.write_text(settings.public_url)
        half.replace(path)
    try:
        yield
    finally:
        with suppress(OSError, ValueError):
            if read_small_file(path).decode() == settings.public_url:
                path.unlink()


def located(settings: "Settings") -> "Settings":
    """Return the settings with the address links begin with: DESKBOOK_BASE_URL, else where the site runs, and then say what to set."""
    if settings.base_url:
        return settings
    found = settings.model_copy(update={"base_url": _announced_url(settings) or settings.public_url})
    note(f"Links lead to {found.base_url}. If people open the site at another address, set DESKBOOK_BASE_URL.")
    return found


def _announced_url(settings: "Settings") -> str:
    try:
        text = read_small_file(settings.data / NAME).decode("ascii")
        return text if text.isprintable() and urlsplit(text).scheme == "http" and urlsplit(text).port else ""
    except (OSError, ValueError):
        return ""
