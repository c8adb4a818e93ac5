"""An SQLite file that another process keeps locked: those who wait for it leave the threads to everybody else."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from kb.accounts.authentication.tokens import digest
from kb.accounts.models import SignInSession, User
from kb.accounts.sessions import COOKIE
from kb.db import STALLED_S, Database, now
from kb.server_limits import ServerLimits
from tests.faults.processes import Served, form, form_headers, serving, wait_for

pytestmark = pytest.mark.slow

FILERS = 80
PAGES = (
    "/",
    "/search?q=press",
    "/search?q=nothing",
    "/search/instant?q=pre",
    "/requests",
    "/requests/new",
    "/articles/reset",
    "/api/search?q=press",
    "/healthz",
)


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
            for number in range(200):
                assert served.get(f"/search/instant?q=press+{number}")[0] == 200
            assert not all(filer.done() for filer in filers), "nobody waited, so nothing was shown"
            other.execute("ROLLBACK")
        answers = [filer.result() for filer in filers]
        assert {status for status, _ in answers} <= {303, 503}
        assert all(b"It beeps" in page for status, page in answers if status == 503)


def test_a_request_that_could_not_be_saved_is_a_line_of_the_log(content: Path, tmp_path: Path) -> None:
    with serving(content, tmp_path / "var", DATABASE_WAIT_S="0.05") as served:
        with closing(sqlite3.connect(tmp_path / "var" / "deskbook.sqlite", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert post(served, 1)[0] == 503
            other.execute("ROLLBACK")
        wait_for(lambda: "ERROR deskbook: database: " in served.log.read_text())


def test_pages_do_not_wait_behind_forms_however_many_are_sent_at_once(content: Path, tmp_path: Path) -> None:
    with serving(content, tmp_path / "var", DATABASE_WAIT_S="600") as served, ThreadPoolExecutor(FILERS) as pool:
        for _ in range(2):
            for path in PAGES:
                served.get(path)
        with closing(sqlite3.connect(tmp_path / "var" / "deskbook.sqlite", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            filers = [pool.submit(post, served, number) for number in range(FILERS)]
            threading.Event().wait(STALLED_S)
            assert [served.get(path)[0] for path in PAGES] == [200] * len(PAGES)
            assert not all(filer.done() for filer in filers), "nobody waited, so nothing was shown"
            other.execute("ROLLBACK")


def test_a_signed_in_person_reads_on_while_the_database_is_locked(content: Path, tmp_path: Path) -> None:
    file = tmp_path / "var" / "deskbook.sqlite"
    with serving(content, tmp_path / "var", DATABASE_WAIT_S="600") as served:
        with closing(Database(f"sqlite:///{file}")) as database, database.write() as session:
            hour_ago = now() - timedelta(hours=1)
            user = User(email="ada@example.com", name="Ada", role="customer", is_active=True, created_at=hour_ago)
            session.add(user)
            session.flush()
            times = {"created_at": hour_ago, "seen_at": hour_ago, "proved_at": hour_ago, "expires_at": now() + timedelta(days=1)}
            session.add(SignInSession(token_hash=digest("token"), user_id=user.id, browser="", network="", **times))
        with closing(sqlite3.connect(file, isolation_level=None)) as other, closing(served.connect()) as connection:
            other.execute("BEGIN IMMEDIATE")
            for path in ("/account", "/requests", "/search?q=press", "/requests/new"):
                connection.request("GET", path, headers={"Cookie": f"{COOKIE}=token"})
                answer = connection.getresponse()
                assert (answer.status, path) == (200, path)
                answer.read()
            other.execute("ROLLBACK")


def test_after_one_writer_waited_in_vain_the_others_are_not_kept_as_long(tmp_path: Path) -> None:
    file = tmp_path / "deskbook.sqlite"
    with closing(Database(f"sqlite:///{file}", limits=ServerLimits(database_wait_s=600))) as database:
        with database.write() as session:
            session.connection().exec_driver_sql("CREATE TABLE kept (word TEXT)")
        database.is_locked = True
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(OperationalError), database.write() as session:
                session.connection()
            with pytest.raises(OperationalError), database.write(is_optional=True) as session:
                session.connection()
            assert database.is_locked
            other.execute("ROLLBACK")
        with database.write() as session:
            session.connection().exec_driver_sql("INSERT INTO kept VALUES ('x')")
            assert session.connection().exec_driver_sql("PRAGMA busy_timeout").scalar() == 600_000
        assert not database.is_locked


def test_health_answers_while_the_database_is_locked_and_says_so_once_a_writer_gave_up(content: Path, tmp_path: Path) -> None:
    with serving(content, tmp_path / "var", DATABASE_WAIT_S="2") as served:
        with closing(sqlite3.connect(tmp_path / "var" / "deskbook.sqlite", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert served.get("/healthz")[0] in (200, 503)
            wait_for(lambda: served.get("/healthz")[0] == 503)
            other.execute("ROLLBACK")
        wait_for(lambda: served.get("/healthz")[0] == 200)


def test_of_many_who_wait_in_vain_each_has_the_text_back(content: Path, tmp_path: Path) -> None:
    with serving(content, tmp_path / "var", DATABASE_WAIT_S="1") as served, ThreadPoolExecutor(FILERS) as pool:
        with closing(sqlite3.connect(tmp_path / "var" / "deskbook.sqlite", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            answers = [filer.result() for filer in [pool.submit(post, served, number) for number in range(FILERS)]]
            other.execute("ROLLBACK")
        assert {(status, f"It beeps {number}".encode() in page) for number, (status, page) in enumerate(answers)} == {(503, True)}
        wait_for(lambda: post(served, FILERS)[0] == 303)


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
