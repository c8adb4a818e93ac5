"""A few rounds of what `make bench ARGS=kills` does at length: the site killed in every way while people write to it."""

from pathlib import Path

import pytest

from tests.faults.kill_loop import run

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.mark.parametrize(
    ("kind", "ways"),
    [("sqlite", ("Deskbook", "Deskbook")), ("postgres", ("PostgreSQL", "one connection of PostgreSQL", "everything"))],
    ids=["sqlite", "postgres"],
)
def test_being_killed_loses_doubles_and_halves_nothing(kind: str, ways: tuple[str, ...], tmp_path: Path, content: Path) -> None:
    outcome = run(kind, len(ways), tmp_path, content, ways=ways)
    assert outcome.faults == []
    assert set(outcome.kills) >= set(ways)
    assert sum(outcome.acknowledged.values()) >= len(ways)
