"""The database under strain: several processes at one file, and a server that crashes while requests are filed."""

import http.client
import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from kb.db import Database
from tests.faults.filers import require_whole
from tests.faults.processes import CHECKOUT, Filed, Served, file_request, serving, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PROCESSES, WRITES = 6, 100
WRITE = f"""
import sys
from sqlalchemy import text
from kb.db import Database

database = Database(sys.argv[1])
for _ in range({WRITES}):
    with database.write() as session:
        count = session.execute(text("SELECT count FROM counted")).scalar_one()
        session.execute(text("UPDATE counted SET count = :next"), {{"next": count + 1}})
database.close()
"""


def test_processes_that_read_and_then_write_one_file_lose_no_write(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'shared.sqlite'}"
    with closing(Database(url)) as database:
        with database.write() as session:
            session.execute(text("CREATE TABLE counted (count INTEGER NOT NULL)"))
            session.execute(text("INSERT INTO counted VALUES (0)"))
        writers = [subprocess.Popen([sys.executable, "-c", WRITE, url], cwd=CHECKOUT, stderr=subprocess.PIPE) for _ in range(PROCESSES)]
        assert [writer.communicate()[1].decode() for writer in writers] == [""] * PROCESSES
        with database.read() as session:
            assert session.execute(text("SELECT count FROM counted")).scalar_one() == PROCESSES * WRITES


def test_a_crash_of_postgresql_loses_no_acknowledged_request_and_the_site_comes_back(tmp_path: Path, content: Path, empty_postgres_url: str) -> None:
    with serving(content, tmp_path / "var", DATABASE_URL=empty_postgres_url) as served:
        filed: list[Filed] = []
        statuses: list[int] = []
        end = threading.Event()
        threads = [threading.Thread(target=_file, args=(served, place * 100_000, filed, statuses, end)) for place in range(3)]
        for thread in threads:
            thread.start()
        for _ in range(3):
            before = len(filed)
            wait_for(lambda before=before: len(filed) >= before + 5)
            _crash(empty_postgres_url)
        before = len(filed)
        wait_for(lambda: len(filed) >= before + 5)
        end.set()
        for thread in threads:
            thread.join()
        assert set(statuses) <= {503}
        for one in filed:
            require_whole(served, one)
        assert served.stop() == 0


def _file(served: Served, number: int, filed: list[Filed], statuses: list[int], end: threading.Event) -> None:
    """Files one request after the other; what is not acknowledged is told by its status."""
    while not end.is_set():
        number += 1
        try:
            with closing(served.connect()) as connection:
                filed.append(file_request(served, connection, number, size=2000))
        except AssertionError as refusal:
            found = re.search(r"\((\d{3}),", str(refusal))
            statuses.append(int(found[1]) if found else 0)
        except (OSError, http.client.HTTPException):
            statuses.append(0)


def _crash(url: str) -> None:
    """Kills a server process as a fault of memory would; PostgreSQL then ends all others and recovers."""
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            found = connection.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()").fetchone()
            assert found
            os.kill(found[0], signal.SIGKILL)
            connection.execute("SELECT pg_sleep(30)")
    except psycopg.OperationalError:
        return
    pytest.fail("the server did not notice")
