"""Shares and what can be said of their difference."""

import pytest

from tickets.deflection.figures.rates import Rate, difference


@pytest.mark.parametrize(
    ("now", "before", "low", "high"),
    [
        # The worked examples (a) and (d) of Newcombe 1998, table II, method 10.
        (Rate(56, 70), Rate(48, 80), 0.0524, 0.3339),
        (Rate(5, 56), Rate(0, 29), -0.0381, 0.1926),
    ],
)
def test_the_interval_of_a_difference_is_the_published_one(now: Rate, before: Rate, low: float, high: float) -> None:
    assert difference(now, before) == pytest.approx((low, high), abs=0.0001)


def test_nothing_is_said_of_a_share_of_nothing() -> None:
    assert difference(Rate(1, 2), Rate(0, 0)) is None
    assert difference(Rate(0, 0), Rate(1, 2)) is None
