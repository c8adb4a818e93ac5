"""The check for known vulnerabilities: one that is known fails it, and a database that does not answer is said loudly and in time."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.ports import free_port

pytestmark = pytest.mark.slow

CHECKOUT = Path(__file__).parents[1]
LOCK = """certifi==2020.4.5 \\
    --hash=sha256:1d987a998c75633c40847cc966fcf5904906c920a7f17ef374f5aa4282abd304
jinja2==2.4.1 \\
    --hash=sha256:1d987a998c75633c40847cc966fcf5904906c920a7f17ef374f5aa4282abd304
"""


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "lock.txt"
    path.write_text(LOCK)
    return path


def test_a_known_vulnerability_fails_and_says_where_it_is_fixed(lock: Path) -> None:
    fixed = {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.10.1"}]}
    known = {"vulns": [{"id": "PYSEC-2019-217", "affected": [{"package": {"name": "jinja2", "ecosystem": "PyPI"}, "ranges": [fixed]}]}]}
    with _database({"jinja2": json.dumps(known)}) as (url, _):
        ran = _audit(lock, url)
    assert ran.returncode == 1
    assert "*** VULNERABLE: jinja2 2.4.1: PYSEC-2019-217, fixed in 2.10.1 ***" in ran.stderr
    assert "certifi" not in ran.stderr


def test_packages_of_which_nothing_is_known_pass(lock: Path) -> None:
    with _database({}) as (url, asked):
        ran = _audit(lock, url)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "2 packages checked, no known vulnerabilities" in ran.stdout
    assert set(asked) == {"certifi", "jinja2"}


def test_a_database_that_cannot_be_reached_is_said_and_fails_nothing(lock: Path) -> None:
    _require_unchecked(_audit(lock, f"http://127.0.0.1:{free_port()}/"))


def test_a_page_of_somebody_else_is_no_verdict(lock: Path) -> None:
    """As from a network that wants to be logged into first."""
    with _database(dict.fromkeys(("certifi", "jinja2"), "<h1>Welcome to the hotel</h1>")) as (url, asked):
        _require_unchecked(_audit(lock, url))
    assert "jinja2" not in asked


def test_a_database_that_never_answers_is_not_waited_for(lock: Path) -> None:
    with _database({"certifi": ""}) as (url, _):
        _require_unchecked(_audit(lock, url, wait_s=8))


def test_the_lock_of_this_project_has_a_package_to_begin_with(tmp_path: Path) -> None:
    with _database({}) as (url, asked):
        ran = _audit(CHECKOUT / ".lock" / "runtime.txt", url)
    assert ran.returncode == 0, ran.stderr
    assert {"starlette", "sqlalchemy"} < set(asked)


def _require_unchecked(ran: "subprocess.CompletedProcess[str]") -> None:
    assert ran.returncode == 0
    assert "*** NOT CHECKED for known vulnerabilities" in ran.stderr


def _audit(lock: Path, url: str, wait_s: int = 500) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, CHECKOUT / ".ci" / "audit.py", lock, "--osv-url", url, "--wait-s", str(wait_s)], capture_output=True, text=True)


@contextmanager
def _database(answers: dict[str, str]) -> Iterator[tuple[str, list[str]]]:
    """An OSV database: what it answers about a package, an empty text for never answering; its address, and who was asked about."""
    asked: list[str] = []
    end = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            name = json.loads(self.rfile.read(int(self.headers["content-length"])))["package"]["name"]
            asked.append(name)
            answer = answers.get(name, "{}")
            if not answer:
                end.wait(600)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer.encode())

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", asked
    finally:
        end.set()
        server.shutdown()
        thread.join()
        server.server_close()
