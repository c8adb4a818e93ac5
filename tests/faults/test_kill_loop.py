"""A few rounds of what `make bench ARGS=kills` does at length: the site killed in every way while people write to it."""

from pathlib import Path

import pytest

from tests.faults.kill_loop import run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.mark.parametrize(("kind", "rounds"), [("sqlite", 3), ("postgres", 6)])
def test_being_killed_in_any_way_loses_doubles_and_halves_nothing(kind: str, rounds: int, tmp_path: Path, content: Path) -> None:
    outcome = run(kind, rounds, tmp_path, content)
    assert outcome.faults == []
    assert sum(outcome.kills.values()) >= rounds
    assert sum(outcome.acknowledged.values()) >= rounds
