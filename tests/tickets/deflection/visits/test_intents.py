"""Which searches are one thing wanted, and which are the next."""

import pytest

from tests.tickets.deflection.script import Log, TimelineStep, search
from tickets.deflection.figures.rates import Rate
from tickets.deflection.visits.clusters import cluster_key
from tickets.deflection.visits.intents import is_same_thought


def intents(log: Log, *steps: TimelineStep) -> int:
    log.visit("ann", *steps)
    return log.report().searches.intents


def test_a_query_within_three_seconds_continues(log: Log) -> None:
    assert intents(log, search(0, "printer"), search(3, "warranty"), search(6.5, "refund")) == 2


def test_a_prefix_continues_however_late(log: Log) -> None:
    assert intents(log, search(0, "reset"), search(120, "Reset  the board"), search(300, "reset")) == 1


def test_the_last_query_counts(log: Log) -> None:
    log.visit("ann", search(0, "rese"), search(20, "reset", hits=["reset"]))
    assert log.report().searches.no_result == Rate(0, 1)


def test_another_query_within_a_minute_is_a_refinement(log: Log) -> None:
    log.visit("ann", search(0, "printer"), search(60, "warranty"), search(121, "refund"))
    assert log.report().searches.refinement == Rate(1, 3)


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("wifi", "wifi", True),
        ("wfii", "wifi", True),
        ("wifi", "wlan", False),
        ("bluetooth", "bluetooht", True),
        ("bluetooth", "blueteeth", True),
        ("blue", "glum", False),
        ("", "wifi", False),
        ("", "", True),
        ("Wi Fi", "wi fi setup", True),
    ],
)
def test_a_small_edit_is_one_slip_in_a_short_query_and_two_in_a_long_one(before: str, after: str, same: bool) -> None:
    assert is_same_thought(before, after) is same


def test_clusters_disregard_order_endings_accents_and_small_words() -> None:
    assert cluster_key("How do I reset the boards?") == cluster_key("board reset")
    assert cluster_key("Café") == cluster_key("cafe")
    assert cluster_key("who") != cluster_key("how")
    assert cluster_key("???") == ""
