"""An SQLite file that another process keeps locked: those who wait for it leave the threads to everybody else."""

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.processes import Served, form, form_headers, serving

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

FILERS = 80


def post(served: Served, number: int) -> tuple[int, bytes]:
    with closing(served.connect()) as connection:
        body, boundary = form(f"It beeps {number}", f"person{number}@example.com", b"x")
        connection.request("POST", "/requests", body, form_headers(boundary))
        answer = connection.getresponse()
        return answer.status, answer.read()


def test_a_locked_database_leaves_threads_to_those_who_do_not_need_it(content: Path, tmp_path: Path) -> None:
    with serving(content, tmp_path / "var", DATABASE_WAIT_S="6") as served, ThreadPoolExecutor(FILERS) as pool:
        assert served.get("/search/instant?q=press")[0] == 200
        with closing(sqlite3.connect(tmp_path / "var" / "deskbook.sqlite", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            filers = [pool.submit(post, served, number) for number in range(FILERS)]
            longest = 0.0
            for number in range(200):
                began = time.monotonic()
                assert served.get(f"/search/instant?q=press+{number}")[0] == 200
                longest = max(longest, time.monotonic() - began)
            assert longest < 3
            answers = [filer.result() for filer in filers]
            other.execute("ROLLBACK")
        assert {status for status, _ in answers} == {503}
        assert all(b"It beeps" in page for _, page in answers)
        assert post(served, 1000)[0] == 303


def test_a_short_lock_is_waited_for(content: Path, tmp_path: Path) -> None:
    with serving(content, tmp_path / "var") as served, ThreadPoolExecutor(8) as pool:
        with closing(sqlite3.connect(tmp_path / "var" / "deskbook.sqlite", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            filers = [pool.submit(post, served, number) for number in range(8)]
            for number in range(200):
                assert served.get(f"/search/instant?q=press+{number}")[0] == 200
            other.execute("ROLLBACK")
        assert {filer.result()[0] for filer in filers} == {303}
