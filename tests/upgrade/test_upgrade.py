"""From schema 0003, full of tickets, to the present one: nothing is lost, whatever interrupts it."""

import fcntl
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kb.db import Database
from kb.migrations import head, migrate, schema_of
from kb.migrations.backup import migrate_with_backup
from tests.faults.processes import environ
from tests.upgrade.old_database import REVISION, make_old_database
from tests.upgrade.rows import Tables, by_act, changed, expected_audits, read, stored_audits

GONE = {"audit_entries": "became audits"}


def test_every_row_is_kept_and_old_changes_become_audits(empty: str) -> None:
    make_old_database(empty, 300)
    before = read(empty)
    _migrate(empty)
    _require_upgraded(before, read(empty))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_an_upgrade_that_is_killed_again_and_again_ends_as_if_it_had_not_been(empty: str, tmp_path: Path) -> None:
    make_old_database(empty, 600)
    before = read(empty)
    points = iter(_points_to_kill_at(empty))
    kills = 0
    while _kill_at(next(points), empty, tmp_path):
        kills += 1
        assert _schema(empty) == REVISION
        assert read(empty) == before
    assert kills >= 4
    assert _schema(empty) == head()
    _require_upgraded(before, read(empty))
    if empty.startswith("sqlite"):
        _require_whole_copies(tmp_path, before)


def test_what_a_killed_copy_left_is_removed_and_one_that_is_under_way_is_not(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.sqlite'}"
    make_old_database(url, 3)
    left = [tmp_path / f"old-schema-0003-20240101T000000.sqlite-1{ending}" for ending in ("-half", "-half-journal")]
    under_way, of_another = tmp_path / "old-schema-0003-20240101T000001.sqlite-2-half", tmp_path / "older-schema-0003-20240101T000000.sqlite-1-half"
    for path in (*left, under_way, of_another):
        path.write_text("half of it")
    with under_way.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with closing(Database(url)) as database:
            outcome = migrate_with_backup(database)
    assert outcome.backup
    assert sorted(path for path in tmp_path.iterdir() if "-schema-" in path.name) == sorted([outcome.backup, under_way, of_another])


@pytest.mark.slow
def test_where_there_is_no_room_for_the_copy_nothing_is_changed_and_nothing_left(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.sqlite'}"
    make_old_database(url, 50)
    before = read(url)
    most_bytes = (tmp_path / "old.sqlite").stat().st_size // 2
    limited = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({most_bytes}, {most_bytes})); from kb.site.cli import main; main(['migrate'])"
    variables = environ(tmp_path, tmp_path / "var", DATABASE_URL=url)
    ran = subprocess.run([sys.executable, "-c", limited], env=variables, cwd=tmp_path, capture_output=True, text=True)
    assert ran.returncode == 1
    assert "Nothing was changed" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert _schema(url) == REVISION
    assert read(url) == before
    assert [path.name for path in tmp_path.iterdir() if "-schema-" in path.name] == []


def _points_to_kill_at(url: str) -> Iterator[str]:
    """Where an upgrade is killed, later each time: before its copy gets its name, then after twice as many statements until it is through."""
    if url.startswith("sqlite"):
        yield "-half"
    yield from (str(2**power) for power in range(3, 64))


def _kill_at(point: str, url: str, folder: Path) -> bool:
    """Run `deskbook migrate` and let it die by SIGKILL at that point; False when it was through before."""
    program = [sys.executable, "-c", f"from tests.upgrade.dying import die_at; die_at({point!r}); from kb.site.cli import main; main(['migrate'])"]
    ran = subprocess.run(program, env=environ(folder, folder / "var", DATABASE_URL=url), cwd=folder, capture_output=True, text=True)
    assert ran.returncode in (0, -signal.SIGKILL), ran.stderr
    return ran.returncode != 0


def _schema(url: str) -> str | None:
    with closing(Database(url)) as database:
        return schema_of(database)


def _require_whole_copies(folder: Path, before: Tables) -> None:
    """Whatever interrupted them, copies that bear the name of one are complete."""
    copies = list(folder.glob("old-schema-0003-*.sqlite"))
    assert copies
    for copy in copies:
        with closing(sqlite3.connect(copy)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert read(f"sqlite:///{copy}") == before


def _migrate(url: str) -> None:
    with closing(Database(url)) as database:
        assert migrate(database) is True
        assert schema_of(database) == head()


def _require_upgraded(before: Tables, after: Tables) -> None:
    assert changed(before, after, gone=GONE) == []
    assert {audit["is_migrated"] for audit in after["audits"]} in ({True}, {1})
    expected, stored = by_act(expected_audits(before)), by_act(stored_audits(after))
    assert [(one, other) for one, other in zip(expected, stored, strict=False) if one != other][:3] == []
    assert len(stored) == len(expected) < len(before["audit_entries"]) + len(before["comments"])
    assert None in {audit["via"] for audit in stored}
