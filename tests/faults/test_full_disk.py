"""A full disk: what cannot be stored is refused in words, reading goes on, and monitoring hears of it."""

import http.client
import json
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.processes import Served, file_request, form, form_headers, serving, wait_for

pytestmark = pytest.mark.slow


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder with room for six megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "none", folder], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def health(served: Served) -> tuple[int, dict[str, object]]:
    status, body = served.get("/healthz")
    return status, json.loads(body)


def fill(disk: Path) -> Path:
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        while True:
            try:
                file.write(b"x" * 4096)
            except OSError:
                return filler


def test_a_full_disk_is_noticed_and_over_when_there_is_room_again(content: Path, small_disk: Path) -> None:
    with serving(content, small_disk / "var") as served, closing(served.connect()) as connection:
        filed = file_request(served, connection, 1)
        assert health(served)[0] == 200
        filler = fill(small_disk)
        assert health(served)[0] == 503
        state = health(served)[1]
        assert (state["status"], state["database"], state["files"]) == ("down", "down", "down")
        assert served.get("/articles/reset")[0] == 200
        assert served.get(filed.page)[0] == 200
        body, boundary = form("It beeps", "alice@example.com", b"x" * 40_000)
        connection.request("POST", "/requests", body, form_headers(boundary))
        answer = connection.getresponse()
        assert answer.status in (503, 507)
        assert "It does not start." in answer.read().decode()
        filler.unlink()
        wait_for(lambda: health(served)[0] == 200)
        file_request(served, connection, 2)
        assert served.stop() == 0


def test_a_full_disk_of_attachments_is_noticed_while_the_database_has_room(content: Path, tmp_path: Path, small_disk: Path) -> None:
    database = f"sqlite:///{tmp_path / 'elsewhere.sqlite'}"
    with serving(content, small_disk / "var", DATABASE_URL=database) as served:
        assert health(served)[0] == 200
        fill(small_disk)
        wait_for(lambda: health(served)[0] == 503)
        assert health(served)[1]["database"] == "ok"
        assert health(served)[1]["files"] == "down"


def test_files_that_may_not_grow_are_noticed(content: Path, tmp_path: Path) -> None:
    with serving(content, tmp_path / "var", after="ulimit -f 4000") as served, closing(served.connect()) as connection:
        assert health(served)[0] == 200
        statuses = set()
        for number in range(400):
            try:
                file_request(served, connection, number, size=1000)
            except AssertionError as refusal:
                statuses.add(str(refusal)[:5])
                if health(served)[0] == 503:
                    break
            except (OSError, http.client.HTTPException):
                statuses.add("gone")
                break
        assert statuses
        assert statuses <= {"(503,", "(507,"}
        assert served.process.poll() is None
