"""The database under strain: several processes at one file."""

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from kb.db import Database
from tests.faults.processes import CHECKOUT

pytestmark = pytest.mark.slow

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
