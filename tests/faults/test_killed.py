"""The serving process stopped and killed while requests are filed: what was acknowledged is there, whole."""

import hashlib
import http.client
import random
import re
import socket
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.processes import Filed, Served, file_request, form, form_headers, serving, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

ROUNDS = 8
AT_ONCE = 4


@pytest.fixture
def content(tmp_path: Path) -> Path:
    folder = tmp_path / "content"
    (folder / "help").mkdir(parents=True)
    (folder / "help" / "reset.md").write_text("---\ntitle: Reset the board\n---\nPress the button twice.\n")
    return folder


class Filers:
    """People who file one request after the other until the site is gone."""

    def __init__(self, served: Served, first_number: int) -> None:
        self.filed: list[Filed] = []
        self.refused: list[AssertionError] = []
        self._served = served
        self._threads = [threading.Thread(target=self._file, args=(first_number + place * 100_000,)) for place in range(AT_ONCE)]
        for thread in self._threads:
            thread.start()

    def wait_for(self, count: int) -> None:
        wait_for(lambda: len(self.filed) >= count or self.refused)

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _file(self, number: int) -> None:
        while not self.refused:
            number += 1
            try:
                with closing(self._served.connect()) as connection:
                    self.filed.append(file_request(self._served, connection, number))
            except (OSError, http.client.HTTPException):
                return
            except AssertionError as error:
                self.refused.append(error)


def test_being_killed_loses_no_acknowledged_request(tmp_path: Path, content: Path) -> None:
    acknowledged: list[Filed] = []
    chance = random.Random(20)
    for round_number in range(ROUNDS):
        with serving(content, tmp_path / "var") as served:
            filers = Filers(served, round_number * 1_000_000)
            filers.wait_for(chance.randint(3, 25))
            served.kill()
            filers.join()
        assert filers.refused == []
        acknowledged += filers.filed
    with serving(content, tmp_path / "var") as served:
        for filed in acknowledged:
            _require_whole(served, filed)
        assert served.stop() == 0
    _require_nothing_half(tmp_path / "var" / "deskbook.sqlite", len(acknowledged))


def test_stopping_under_load_answers_what_was_begun_and_exits_with_0(tmp_path: Path, content: Path) -> None:
    with serving(content, tmp_path / "var") as served:
        body, boundary = form("Half sent", "half@example.com", b"x" * 1000)
        half = served.connect()
        half.putrequest("POST", "/requests")
        for name, value in {**form_headers(boundary), "Content-Length": str(len(body))}.items():
            half.putheader(name, value)
        half.endheaders(body[:300])
        filers = Filers(served, 0)
        filers.wait_for(12)
        served.process.terminate()
        wait_for(lambda: _is_closed(served))
        half.send(body[300:])
        answer = half.getresponse()
        assert answer.status == 303
        filers.join()
        assert served.process.wait(40) == 0
        assert filers.refused == []
        assert "Traceback" not in served.log.read_text()
    half_sent = Filed(str(answer.getheader("Location")).partition("?")[0], "Half sent", hashlib.sha256(b"x" * 1000).hexdigest())
    with serving(content, tmp_path / "var") as served:
        for filed in [half_sent, *filers.filed]:
            _require_whole(served, filed)


def _require_whole(served: Served, filed: Filed) -> None:
    status, page = served.get(filed.page)
    assert status == 200
    assert filed.subject in page.decode()
    found = re.search(rf'href="({re.escape(filed.page)}/attachments/[^"]+)"', page.decode())
    assert found, filed
    status, content = served.get(found[1])
    assert (status, hashlib.sha256(content).hexdigest()) == (200, filed.file_sha256)


def _require_nothing_half(path: Path, at_least: int) -> None:
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        counts = [database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("tickets", "comments", "attachments")]
        assert counts[0] >= at_least
        assert counts == [counts[0]] * 3


def _is_closed(served: Served) -> bool:
    port = int(served.url.rpartition(":")[2])
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
