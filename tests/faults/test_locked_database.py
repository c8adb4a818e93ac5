"""An SQLite file that another process keeps locked: those who wait for it leave the threads to everybody else."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from kb.db import STALLED_S
from tests.faults.processes import Served, form, form_headers, serving, wait_for

pytestmark = pytest.mark.slow

FILERS = 80


def post(served: Served, number: int) -> tuple[int, bytes]:
    with closing(served.connect()) as connection:
        body, boundary = form(f"It beeps {number}", f"person{number}@example.com", b"x")
        connection.request("POST", "/requests", body, form_headers(boundary))
        answer = connection.getresponse()
        return answer.status, answer.read()


def test_a_locked_database_leaves_threads_to_those_who_do_not_need_it(content: Path, tmp_path: Path) -> None:
    with serving(content, tmp_path / "var", DATABASE_WAIT_S="600") as served, ThreadPoolExecutor(FILERS) as pool:
        with closing(sqlite3.connect(tmp_path / "var" / "deskbook.sqlite", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            filers = [pool.submit(post, served, number) for number in range(30)]
            threading.Event().wait(2 * STALLED_S)
            filers += [pool.submit(post, served, number) for number in range(30, FILERS)]
            wait_for(lambda: any(filer.done() for filer in filers))
            for number in range(200):
                assert served.get(f"/search/instant?q=press+{number}")[0] == 200
            assert {filer.result()[0] for filer in filers if filer.done()} == {503}
            assert not all(filer.done() for filer in filers), "nobody waited, so nothing was shown"
            other.execute("ROLLBACK")
        answers = [filer.result() for filer in filers]
        assert {status for status, _ in answers} == {303, 503}
        assert all(b"It beeps" in page for status, page in answers if status == 503)


def test_a_lock_that_is_never_released_is_given_up(content: Path, tmp_path: Path) -> None:
    with serving(content, tmp_path / "var", DATABASE_WAIT_S="0.5") as served:
        with closing(sqlite3.connect(tmp_path / "var" / "deskbook.sqlite", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            status, page = post(served, 1)
            other.execute("ROLLBACK")
        assert (status, b"It beeps" in page) == (503, True)
        wait_for(lambda: post(served, 2)[0] == 303)


def test_a_short_lock_is_waited_for(content: Path, tmp_path: Path) -> None:
    with serving(content, tmp_path / "var", DATABASE_WAIT_S="600") as served, ThreadPoolExecutor(8) as pool:
        with closing(sqlite3.connect(tmp_path / "var" / "deskbook.sqlite", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            filers = [pool.submit(post, served, number) for number in range(8)]
            for number in range(50):
                assert served.get(f"/search/instant?q=press+{number}")[0] == 200
            other.execute("ROLLBACK")
        assert {filer.result()[0] for filer in filers} == {303}
