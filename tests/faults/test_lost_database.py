"""The SQLite file of a running site is deleted, replaced or damaged: nothing is acknowledged and lost, and monitoring and the log say so."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.processes import Served, environ, file_request, form, form_headers, serving, wait_for
from tests.faults.processes import command as running

pytestmark = pytest.mark.slow

FILE = "deskbook.sqlite"


def delete(data: Path) -> None:
    for file in data.glob(f"{FILE}*"):
        file.unlink()


def delete_the_file_only(data: Path) -> None:
    (data / FILE).unlink()


def replace_by_a_copy(data: Path) -> None:
    shutil.copy(data / FILE, data / "copy")
    (data / "copy").replace(data / FILE)


def replace_by_an_empty_file(data: Path) -> None:
    delete(data)
    (data / FILE).touch()


def overwrite(data: Path) -> None:
    # Another process writes first: otherwise a connection whose cache holds all that it needs would read nothing anew.
    with closing(sqlite3.connect(data / FILE)) as other:
        other.execute("CREATE TABLE other (number INTEGER)")
    for file in (data / FILE, data / f"{FILE}-wal"):
        with file.open("r+b") as opened:
            opened.write(b"\x07" * file.stat().st_size)


def database_health(served: Served) -> tuple[int, str]:
    status, body = served.get("/healthz")
    return status, json.loads(body)["database"]


def refused_request(served: Served) -> str:
    with closing(served.connect()) as connection:
        body, boundary = form("It beeps", "alice@example.com", b"x" * 100)
        connection.request("POST", "/requests", body, form_headers(boundary))
        answer = connection.getresponse()
        assert answer.status == 503
        return answer.read().decode()


def faults(served: Served, file: Path) -> list[str]:
    return [line for line in served.log.read_text().splitlines() if " ERROR " in line and str(file) in line]


@pytest.mark.parametrize("harm", [delete, delete_the_file_only, replace_by_a_copy, replace_by_an_empty_file, overwrite], ids=lambda harm: harm.__name__)
def test_a_lost_database_refuses_what_it_would_lose_and_keeps_the_text(content: Path, tmp_path: Path, harm: Callable[[Path], None]) -> None:
    data = tmp_path / "var"
    with serving(content, data) as served:
        with closing(served.connect()) as connection:
            file_request(served, connection, 1)
        assert database_health(served) == (200, "ok")
        harm(data)
        for _ in range(3):
            assert "It does not start." in refused_request(served)
        assert database_health(served) == (503, "down"), served.log.read_text()
        assert served.get("/articles/reset")[0] == 200
        for path in ("/", "/requests/new", "/sign-in", "/search?q=reset", "/requests/1-" + "0" * 32):
            assert served.get(path)[0] != 500, path
        assert len(faults(served, data / FILE)) == 1
        assert "restore a backup" in faults(served, data / FILE)[0]
        assert "Traceback" not in served.log.read_text()


def test_a_database_that_is_moved_back_is_written_again(content: Path, tmp_path: Path) -> None:
    data, elsewhere = tmp_path / "var", tmp_path / "elsewhere"
    elsewhere.mkdir()
    with serving(content, data) as served:
        for file in data.glob(f"{FILE}*"):
            file.rename(elsewhere / file.name)
        refused_request(served)
        assert database_health(served) == (503, "down")
        for file in elsewhere.iterdir():
            file.rename(data / file.name)
        with closing(served.connect()) as connection:
            file_request(served, connection, 2)
        wait_for(lambda: database_health(served) == (200, "ok"))
        assert served.log.read_text().count(f"the database file {data / FILE} is back") == 1


@pytest.mark.parametrize("arguments", [["doctor"], ["user", "list"], ["worker", "--once"], ["report", "deflection"]], ids=" ".join)
def test_a_command_that_finds_no_database_creates_none(content: Path, tmp_path: Path, arguments: list[str]) -> None:
    data, log = tmp_path / "var", tmp_path / "log"
    with running(arguments, environ(content, data), log) as process:
        assert process.wait(60) == 1
    assert not (data / FILE).exists()
    assert str(data / FILE) in log.read_text()
    assert "deskbook migrate" in log.read_text()
