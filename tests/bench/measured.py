"""What was measured of one search engine, as a row of a table."""

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

HEADING = "| engine | articles | indexed in | one changed | answer p50 / p95 | memory | download |\n|---|---|---|---|---|---|---|"


@dataclass(frozen=True, slots=True)
class Measured:
    """Times in milliseconds, the rest as it is shown."""

    indexed: float
    answers: list[float]
    memory: str
    changed: str = ""
    download: str = ""

    def row(self, name: str, count: int) -> str:
        """The line of the table."""
        ordered = sorted(self.answers)
        middle, high = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.95)]
        cells = (name, f"{count:,}", f"{self.indexed / 1000:.2f} s", self.changed, f"{middle:.1f} / {high:.1f} ms", self.memory, self.download)
        return f"| {' | '.join(cells)} |"


def took_ms(action: Callable[[], Any]) -> float:
    """How long it took."""
    started = perf_counter()
    action()
    return (perf_counter() - started) * 1000
