"""Rates with their sample size and confidence interval."""

from dataclasses import dataclass
from math import sqrt

Z_95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Rate:
    """`count` out of `of`."""

    count: int
    of: int

    @property
    def value(self) -> float | None:
        """The share, 0.0 to 1.0; None when there was nothing to count from."""
        return self.count / self.of if self.of else None

    @property
    def low(self) -> float | None:
        """Lower end of the 95% interval; None when there was nothing to count from."""
        return wilson(self.count, self.of)[0] if self.of else None

    @property
    def high(self) -> float | None:
        """Upper end of the 95% interval; None when there was nothing to count from."""
        return wilson(self.count, self.of)[1] if self.of else None

    def to_json(self) -> dict[str, float | int | None]:
        """Value, count, of, and the bounds."""
        return {"value": self.value, "count": self.count, "of": self.of, "low": self.low, "high": self.high}


def difference(now: Rate, before: Rate) -> tuple[float, float] | None:
    """The 95% interval of `now` less `before`, in shares; None when either was counted from nothing.

    Method 10 of R. G. Newcombe, Statistics in Medicine 17, 1998, p. 873.
    """
    if not (now.of and before.of):
        return None
    share, other = now.count / now.of, before.count / before.of
    (low, high), (other_low, other_high) = wilson(now.count, now.of), wilson(before.count, before.of)
    middle = share - other
    return middle - sqrt((share - low) ** 2 + (other_high - other) ** 2), middle + sqrt((high - share) ** 2 + (other - other_low) ** 2)


def wilson(count: int, of: int) -> tuple[float, float]:
    """The 95% interval of `count` out of `of` (> 0), inside 0.0 to 1.0 (E. B. Wilson, JASA 22, 1927, p. 209)."""
    share, z2 = count / of, Z_95**2
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    spread = Z_95 / (1 + z2 / of) * sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    return max(0.0, middle - spread), min(1.0, middle + spread)
