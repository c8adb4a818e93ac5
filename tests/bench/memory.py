"""What a process holds, as Linux counts it: resident memory, in MB of a million bytes."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

Opening = Callable[[], Callable[[str], object]]
"""Opens an index and gives what answers a text from it; sent to another process, so a function of a module."""


def resident_mb(pid: int, part: str = "VmRSS") -> float:
    """All of it, or `part` of it: RssFile is what is mapped from files, which the system takes back when it needs the room."""
    for text in Path(f"/proc/{pid}/status").read_text().splitlines():
        if text.startswith(f"{part}:"):
            return int(text.split()[1]) * 1024 / 1e6
    raise RuntimeError(f"no {part} in /proc")


def growth_mb(opening: Opening, texts: Sequence[str]) -> float:
    """By how much a fresh process grows, its modules loaded, when it opens an index and answers `texts`."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_growth_mb, opening, texts).result()


def _growth_mb(opening: Opening, texts: Sequence[str]) -> float:
    before = resident_mb(os.getpid())
    ask = opening()
    for text in texts:
        ask(text)
    return resident_mb(os.getpid()) - before
