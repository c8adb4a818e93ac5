"""Read small files that an operator names, whatever stands in their place."""

import os
import stat
from pathlib import Path

MOST_KB = 1024


class UnfitFile(ValueError):
    """The file is a device, a pipe or a folder, or too large; the message says which."""


def read_small_file(path: Path, most_kb: int = MOST_KB) -> bytes:
    """Return what the file holds; never waits for a pipe, and never reads a device. Raises UnfitFile and OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise UnfitFile("it is not a regular file")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(most_kb * 1024 + 1)
    finally:
        os.close(descriptor)
    if len(data) > most_kb * 1024:
        raise UnfitFile(f"it is larger than {most_kb} KB")
    return data
