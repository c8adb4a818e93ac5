"""A PostgreSQL that keeps its connections open and answers nothing: forms say so at once, everything else goes on."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from kb.db import STALLED_S, Database
from kb.migrations import migrate
from kb.server_limits import ServerLimits
from tests import services
from tests.faults.processes import PATIENCE_S, Served, command, environ, file_request, form, form_headers, serving, wait_for
from tests.services import PostgresCluster

pytestmark = pytest.mark.slow

SILENCE_S = 1.5
"""The silence that is borne: whatever waits for the server takes longer than that, each time."""
MIGRATED = "migrated"


@pytest.fixture(scope="module")
def cluster() -> Iterator[PostgresCluster]:
    """A server of our own: it is stopped, and others would wait for it."""
    try:
        with services.postgres_cluster() as cluster:
            with closing(Database(cluster.create(MIGRATED))) as database:
                migrate(database)
            yield cluster
    except services.MissingService as missing:
        pytest.skip(str(missing))


@pytest.fixture
def url(cluster: PostgresCluster) -> Iterator[str]:
    yield cluster.create("deskbook", template=MIGRATED)
    cluster.drop("deskbook")


@contextmanager
def silence(cluster: PostgresCluster) -> Iterator[None]:
    cluster.stop_answering()
    try:
        yield
    finally:
        cluster.answer_again()


def statuses_at_once(served: Served, path: str) -> set[int]:
    """Return the statuses of `path`, asked until one came without waiting for the server; a busy machine may need several."""
    statuses = set()

    def is_answered_at_once() -> bool:
        began = time.monotonic()
        statuses.add(served.get(path)[0])
        return time.monotonic() - began < SILENCE_S

    wait_for(is_answered_at_once)
    return statuses


def test_what_needs_the_database_says_so_at_once_and_the_rest_goes_on(content: Path, tmp_path: Path, cluster: PostgresCluster, url: str) -> None:
    with serving(content, tmp_path / "var", DATABASE_URL=url, DATABASE_SILENCE_S=str(SILENCE_S)) as served:
        with closing(served.connect()) as connection:
            filed = file_request(served, connection, 1)
        wait_for(lambda: served.get("/healthz")[0] == 200)
        with silence(cluster):
            assert served.get("/healthz")[0] == 503
            assert served.get(filed.page)[0] == 503
            for _ in range(3):
                assert statuses_at_once(served, filed.page) == {503}
                assert statuses_at_once(served, "/healthz") == {503}
            for path in ("/", "/articles/reset", "/search?q=press+the+button", "/search/instant?q=press", "/requests/new", "/requests/suggestions?q=press"):
                assert (path, statuses_at_once(served, path)) == (path, {200})
        wait_for(lambda: served.get("/healthz")[0] == 200)
        assert served.get(filed.page)[0] == 200
        assert served.stop() == 0


def test_a_form_comes_back_with_what_was_typed(content: Path, tmp_path: Path, cluster: PostgresCluster, url: str) -> None:
    with serving(content, tmp_path / "var", DATABASE_URL=url) as served, closing(served.connect()) as connection:
        filed = file_request(served, connection, 1)
        connection.request("GET", filed.page)
        page = connection.getresponse().read().decode()
        nonce = page.partition('name="nonce" value="')[2].partition('"')[0]
        with silence(cluster):
            body, boundary = form("It beeps <twice>", "alice@example.com", b"file")
            connection.request("POST", "/requests", body, form_headers(boundary))
            answer = connection.getresponse()
            text = answer.read().decode()
            assert answer.status == 503
            assert "It beeps &lt;twice&gt;" in text
            assert "It does not start." in text
            reply = urlencode({"nonce": nonce, "body": "It beeps still, <b>loudly</b>."})
            headers = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
            connection.request("POST", f"{filed.page}/comments", reply, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
            assert answer.status == 503
            assert "It beeps still, &lt;b&gt;loudly&lt;/b&gt;." in text
            assert f'action="{filed.page}/comments"' in text
            connection.request("POST", "/sign-in", urlencode({"email": "a@example.com", "password": "a secret"}), headers)
            answer = connection.getresponse()
            assert answer.status == 503
            assert "a secret" not in answer.read().decode()
        wait_for(lambda: served.get("/healthz")[0] == 200)
        connection.request("POST", f"{filed.page}/comments", reply, headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 303
        assert "loudly" in served.get(filed.page)[1].decode()


def test_many_who_wait_for_the_database_leave_the_threads_to_the_others(content: Path, tmp_path: Path, cluster: PostgresCluster, url: str) -> None:
    patient = {"DATABASE_SILENCE_S": "60", "DATABASE_TIMEOUT_S": "600", "DATABASE_CONNECT_TIMEOUT_S": "60"}
    with serving(content, tmp_path / "var", DATABASE_URL=url, **patient) as served, ThreadPoolExecutor(80) as pool:
        with closing(served.connect()) as connection:
            filed = file_request(served, connection, 1)
        with silence(cluster):
            stuck = [pool.submit(served.get, filed.page) for _ in range(30)]
            threading.Event().wait(2 * STALLED_S)
            stuck += [pool.submit(served.get, filed.page) for _ in range(50)]
            wait_for(lambda: any(answer.done() for answer in stuck))
            assert {served.get(f"/search/instant?q=button{number}")[0] for number in range(100)} == {200}
            assert {answer.result()[0] for answer in stuck if answer.done()} == {503}
            assert not all(answer.done() for answer in stuck), "nobody waited, so nothing was shown"
        assert {answer.result()[0] for answer in stuck} <= {200, 503}


def test_a_statement_that_takes_too_long_ends(url: str) -> None:
    with closing(Database(url, limits=ServerLimits(database_timeout_s=0.3))) as database:
        with pytest.raises(OperationalError), database.read() as session:
            session.execute(text("SELECT pg_sleep(600)"))
        with database.write(may_take_long=True) as session:
            session.execute(text("SELECT pg_sleep(1)"))
        with database.read() as session:
            assert session.execute(text("SELECT 1")).scalar() == 1


def test_a_lock_that_is_never_released_is_given_up(url: str) -> None:
    with closing(Database(url, limits=ServerLimits(database_wait_s=0.3))) as database, database.write() as holder:
        holder.execute(text("LOCK TABLE users"))
        with pytest.raises(OperationalError), database.write() as session:
            session.execute(text("DELETE FROM users"))


@pytest.mark.parametrize("is_pipelined", [False, True])
def test_errors_leave_no_connection_behind(url: str, is_pipelined: bool) -> None:
    with closing(Database(url, pool_size=2, limits=ServerLimits(database_wait_s=1))) as database:

        def fail(number: int) -> None:
            statement = "SELECT 1/0" if number % 2 else "SELECT pg_terminate_backend(pg_backend_pid())"
            with database.write(is_pipelined=is_pipelined) as session:
                session.execute(text(statement))

        for number in range(500):
            with pytest.raises(Exception, match=r"division|terminat|connection|closed"):
                fail(number)
        assert database.engine.pool.checkedout() == 0
        with database.read() as session:
            count = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            wait_for(lambda: (session.execute(text(count)).scalar() or 0) <= 2)


def test_a_pool_without_a_free_connection_is_not_waited_for_without_end(url: str) -> None:
    with closing(Database(url, pool_size=1, limits=ServerLimits(database_wait_s=0.3))) as database, database.read() as holder:
        holder.execute(text("SELECT 1"))
        with pytest.raises(PoolTimeout), database.read() as session:
            session.execute(text("SELECT 1"))


def test_of_two_that_wait_for_each_other_one_is_told_to_try_again(url: str) -> None:
    with closing(Database(url, limits=ServerLimits())) as database:
        with database.write() as session:
            session.execute(text("CREATE TABLE pair (id integer PRIMARY KEY, n integer)"))
            session.execute(text("INSERT INTO pair VALUES (1, 0), (2, 0)"))
        both, refused = threading.Barrier(2), []

        def change(first: int, second: int) -> None:
            try:
                with database.write() as session:
                    session.execute(text(f"UPDATE pair SET n = n + 1 WHERE id = {first}"))
                    both.wait(120)
                    session.execute(text(f"UPDATE pair SET n = n + 1 WHERE id = {second}"))
            except OperationalError as error:
                refused.append(error)

        threads = [threading.Thread(target=change, args=order) for order in ((1, 2), (2, 1))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(refused) == 1
        with database.read() as session:
            assert session.execute(text("SELECT sum(n) FROM pair")).scalar() == 2


@pytest.mark.parametrize("refuses", [False, True])
def test_a_network_that_swallows_everything_is_noticed_and_forgotten(cluster: PostgresCluster, url: str, refuses: bool) -> None:
    with Relay(cluster.port) as relay:
        through = url.replace(f":{cluster.port}/", f":{relay.port}/")
        with closing(Database(through, limits=ServerLimits(database_silence_s=SILENCE_S, database_connect_timeout_s=2))) as database:

            def ask() -> int:
                with database.read() as session:
                    return int(session.execute(text("SELECT 1")).scalar_one())

            def is_refused_at_once() -> bool:
                began = time.monotonic()
                with pytest.raises(OperationalError):
                    ask()
                return time.monotonic() - began < SILENCE_S

            assert ask() == 1
            relay.swallow(refuses=refuses)
            with pytest.raises(OperationalError):
                ask()
            assert database.is_silent()
            wait_for(is_refused_at_once)
            relay.pass_on()
            wait_for(lambda: not database.is_silent())
            assert ask() == 1


class Relay:
    """Passes bytes on between clients and a port of this machine, or swallows them."""

    def __init__(self, port: int) -> None:
        self._to, self._passes = port, threading.Event()
        self._passes.set()
        self._listener = self._listen(0)
        self.port = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []

    def __enter__(self) -> "Relay":
        self._accept()
        return self

    def __exit__(self, *_: object) -> None:
        for one in (self._listener, *self._open):
            one.close()

    def swallow(self, *, refuses: bool) -> None:
        """Pass nothing on; new connections are refused, or stay without an answer."""
        self._passes.clear()
        if refuses:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()

    def pass_on(self) -> None:
        """Be a network again."""
        self._passes.set()
        if self._listener.fileno() < 0:
            self._listener = self._listen(self.port)
            self._accept()

    def _listen(self, port: int) -> socket.socket:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()
        return listener

    def _accept(self) -> None:
        def accept(listener: socket.socket) -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    server = socket.create_connection(("127.0.0.1", self._to))
                    self._open += [client, server]
                    for pair in ((client, server), (server, client)):
                        threading.Thread(target=self._carry, args=pair, daemon=True).start()

        threading.Thread(target=accept, args=(self._listener,), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                self._passes.wait()
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


def test_a_server_that_accepts_nothing_is_given_up_after_the_connect_timeout(cluster: PostgresCluster) -> None:
    address, impatient = cluster.url("postgres"), ServerLimits(database_connect_timeout_s=2)
    with silence(cluster), closing(Database(address, limits=impatient)) as database, pytest.raises(OperationalError), database.read() as session:
        session.execute(text("SELECT 1"))


def test_the_site_waits_for_nobody_while_the_server_is_silent_at_its_start(content: Path, tmp_path: Path, cluster: PostgresCluster, url: str) -> None:
    (tmp_path / "var").mkdir()
    variables = environ(content, tmp_path / "var", DATABASE_URL=url)
    with silence(cluster), command(["serve", "--port", "0"], variables, tmp_path / "log") as process:
        assert process.wait(PATIENCE_S) == 1
    assert "is at http" not in (tmp_path / "log").read_text()
