"""How long an upgrade takes from the oldest database that tests keep: 100,000 tickets at schema 0003, brought to the present one."""

import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import inspect, text

from kb.db import Database
from kb.migrations import head
from tests.faults.processes import command, environ
from tests.ports import free_port
from tests.services import MissingService, postgres_folder, running_postgres
from tests.upgrade.old_database import REVISION, make_old_database

TICKETS = 100_000


def measure(_content: Path, _seconds: float, tickets: int) -> None:
    """Prints a line for each database: its rows, and the seconds `deskbook migrate` took, the copy of SQLite's file included."""
    print(f"\n## Upgrade of {tickets:,} tickets from schema {REVISION} to {head()}\n")
    print("| | rows | filled in | upgraded in | of it at work | most memory |\n|---|---:|---:|---:|---:|---:|")
    for name, database in (("SQLite", _sqlite), ("PostgreSQL", _postgres)):
        try:
            with tempfile.TemporaryDirectory() as folder, database(Path(folder)) as url:
                filled = _took_s(lambda url=url: make_old_database(url, tickets, progress=_tell))
                rows = _rows(url)
                upgraded, worked, most_mb = _upgrade(url, Path(folder))
                print(f"| {name} | {rows:,} | {filled:.0f} s | {upgraded:.1f} s | {worked:.1f} s | {most_mb:.0f} MB |", flush=True)
        except MissingService as missing:
            print(f"| {name} | not measured: {missing} | | | | |")


@contextmanager
def _sqlite(folder: Path) -> Iterator[str]:
    yield f"sqlite:///{folder / 'old.sqlite'}"


@contextmanager
def _postgres(_folder: Path) -> Iterator[str]:
    with postgres_folder() as home, running_postgres(home, free_port()) as (cluster, _):
        yield cluster.create("old")


def _upgrade(url: str, folder: Path) -> tuple[float, float, float]:
    """Seconds, those in which the command had a processor (on a busy machine fewer), and megabytes of memory at the most."""
    most_kb, before = 0, _children_s()
    with command(["migrate"], environ(folder, folder / "var", DATABASE_URL=url), folder / "log") as process:
        began = time.perf_counter()
        while process.poll() is None:
            most_kb = max(most_kb, _peak_kb(process.pid))
            time.sleep(0.02)
        took = time.perf_counter() - began
    assert process.returncode == 0, (folder / "log").read_text()
    return took, _children_s() - before, most_kb / 1000


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _peak_kb(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")), 0)


def _rows(url: str) -> int:
    with closing(Database(url)) as database, database.engine.connect() as connection:
        return sum(connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one() for name in inspect(connection).get_table_names())


def _took_s(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def _tell(tickets: int) -> None:
    print(f"\r{tickets:,} tickets          ", end="", file=sys.stderr, flush=True)
