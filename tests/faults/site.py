"""A whole site to be killed: Deskbook, its worker, and its database where that is a server of its own."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tests.faults.processes import Served, command, environ, serving, wait_for
from tests.ports import free_port
from tests.services import PostgresCluster, postgres_folder, running_postgres


class Postgres:
    """A PostgreSQL as durable as it is by default, on one port, whatever happens to it."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._port, self._stack = folder, free_port(), ExitStack()
        self.process: subprocess.Popen[bytes] | None = None
        self._cluster: PostgresCluster | None = None
        self.start()
        assert self._cluster
        self.url = self._cluster.create("deskbook")

    def start(self) -> None:
        """Starts it, as soon as what a killed one left behind is gone."""
        wait_for(self._is_started)

    def kill(self) -> None:
        """Ends its first process, without which the others end by themselves."""
        assert self.process
        self.process.kill()
        self._gone()

    def stop_immediately(self) -> None:
        """Ends all its processes at once without writing anything: `pg_ctl stop --mode immediate`."""
        assert self.process
        self.process.send_signal(signal.SIGQUIT)
        self._gone()

    def kill_one_connection(self) -> None:
        """Kills the process of one connection, as a fault of memory would; the first process then ends all others and recovers."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            others = connection.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()").fetchall()
        if others:
            with suppress(ProcessLookupError):
                os.kill(others[0][0], signal.SIGKILL)

    def stop(self) -> None:
        """Ends it in good order."""
        self._stack.close()

    def _is_started(self) -> bool:
        with ExitStack() as stack:
            try:
                self._cluster, self.process = stack.enter_context(running_postgres(self._folder, self._port))
            except RuntimeError:
                return False
            self._stack = stack.pop_all()
        return True

    def _gone(self) -> None:
        assert self.process
        self.process.wait(60)
        self._stack.close()


@dataclass
class Site:
    """What runs, and how to end it. Commands start in the thread that made the site: they end with it."""

    content: Path
    data: Path
    settings: dict[str, str]
    postgres: Postgres | None = None
    served: Served | None = None
    worker: subprocess.Popen[bytes] | None = None
    ended_by_themselves: list[str] = field(default_factory=list)
    _serving: ExitStack = field(default_factory=ExitStack)
    _working: ExitStack = field(default_factory=ExitStack)

    def start(self) -> None:
        """Starts everything that does not run, the database first."""
        if self.postgres and (self.postgres.process is None or self.postgres.process.poll() is not None):
            self.postgres.start()
        if self.served is None:
            self.served = self._serving.enter_context(serving(self.content, self.data, **self.settings))
        if self.postgres and self.worker is None:
            log = self.data / f"worker-{time.monotonic_ns()}.log"
            worker = self._working.enter_context(command(["worker"], environ(self.content, self.data, **self.settings), log))
            wait_for(lambda: "Working" in log.read_text() or worker.poll() is not None)
            self.worker = worker

    def start_and_kill(self, after_s: float) -> None:
        """Starts Deskbook and kills it before or soon after it is ready."""
        log = self.data / f"killed-{time.monotonic_ns()}.log"
        with command(["serve", "--port", "0"], environ(self.content, self.data, **self.settings), log):
            time.sleep(after_s)

    def kill_serving(self) -> None:
        """Kills the process that answers requests, and what it started."""
        self._serving.close()
        self.served = None

    def kill_worker(self) -> None:
        """Kills the worker."""
        self._working.close()
        self.worker = None

    def stop(self) -> None:
        """Stops Deskbook in good order."""
        if self.worker:
            self.worker.terminate()
            assert self.worker.wait(60) == 0
            self.kill_worker()
        if self.served:
            assert self.served.stop() == 0, self.served.log.read_text()[-2000:]
            self.kill_serving()

    def require_running(self) -> None:
        """Notes what ended without being killed, so that it is started again."""
        if self.served and self.served.process.poll() is not None:
            self.ended_by_themselves.append(f"serve: {self.served.log.read_text()[-600:]}")
            self.kill_serving()
        if self.worker and self.worker.poll() is not None:
            self.ended_by_themselves.append("worker")
            self.kill_worker()

    @property
    def ways_to_kill(self) -> dict[str, Callable[[], Any]]:
        """Each by what the table calls it."""
        if self.postgres is None:
            return {"Deskbook": self.kill_serving}
        postgres = self.postgres

        def everything() -> None:
            postgres.kill()
            self.kill_serving()
            self.kill_worker()

        return {
            "Deskbook": self.kill_serving,
            "the worker": self.kill_worker,
            "PostgreSQL": postgres.kill,
            "PostgreSQL, stopped at once": postgres.stop_immediately,
            "one connection of PostgreSQL": postgres.kill_one_connection,
            "everything": everything,
        }

    @property
    def database_url(self) -> str:
        """The address of the database."""
        return self.postgres.url if self.postgres else f"sqlite:///{self.data / 'deskbook.sqlite'}"

    def run(self, *arguments: str) -> str:
        """What another `deskbook` command prints."""
        log = self.data / "command.log"
        with command(list(arguments), environ(self.content, self.data, **self.settings), log) as process:
            assert process.wait(60) == 0, log.read_text()
        return log.read_text()

    def close(self) -> None:
        """Ends everything at once."""
        self.kill_worker()
        self.kill_serving()


@contextmanager
def site(kind: str, content: Path, data: Path, **settings: str) -> Iterator[Site]:
    """A site on `sqlite` or `postgres`, not started yet."""
    data.mkdir(exist_ok=True)
    with ExitStack() as stack:
        if kind == "postgres":
            postgres = Postgres(stack.enter_context(postgres_folder()))
            stack.callback(postgres.stop)
            made = Site(content, data, {**settings, "DATABASE_URL": postgres.url, "WORKER": "false"}, postgres)
        else:
            made = Site(content, data, settings)
        stack.callback(made.close)
        yield made
