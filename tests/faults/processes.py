"""Deskbook as an operator runs it: the command as a process of its own, to be asked, stopped and killed."""

import hashlib
import http.client
import json
import os
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kb.db import now
from tests.services import die_with_parent
from tickets.nonce import new_nonce

CHECKOUT = Path(__file__).parents[2]
KEY = "a key that is only for tests, long enough"
PATIENCE_S = 120
START_S = 240
"""A start on a machine that is busy with much else."""


@dataclass(frozen=True, slots=True)
class Served:
    """A running `deskbook serve`."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body."""
        connection = self.connect()
        try:
            connection.request("GET", path, headers={"User-Agent": "Mozilla/5.0 (test)"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def search(self, words: str) -> Any:
        """What `/api/search` answers."""
        status, body = self.get(f"/api/search?q={words.replace(' ', '+')}")
        assert status == 200, body
        return json.loads(body)

    def connect(self) -> http.client.HTTPConnection:
        """A connection of its own."""
        parts = urlsplit(self.url)
        return http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=PATIENCE_S)

    def kill(self) -> None:
        """Ends it at once, as a power cut would end it."""
        kill(self.process)

    def stop(self) -> int:
        """Ends it in good order; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)


@dataclass(frozen=True, slots=True)
class Filed:
    """A request that the site acknowledged."""

    page: str
    subject: str
    file_sha256: str


def environ(content: Path, data: Path, **settings: str) -> dict[str, str]:
    """The environment of a command; `settings` by their names in capitals."""
    chosen = {"CONTENT": str(content), "DATA": str(data), "SECRET_KEY": KEY, "REQUESTS_PER_HOUR": "1000000"} | settings
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DESKBOOK_")}
    return clean | {f"DESKBOOK_{name}": value for name, value in chosen.items()} | {"PYTHONPATH": str(CHECKOUT)}


@contextmanager
def serving(content: Path, data: Path, *, after: str = "", **settings: str) -> Iterator[Served]:
    """`deskbook serve` on a free port, ready; killed at the end if it still runs. The shell runs `after` first, such as `ulimit -n 64`."""
    data.mkdir(exist_ok=True)
    log = data / f"serve-{secrets.token_hex(4)}.log"
    with command(["serve", "--port", "0"], environ(content, data, **settings), log, after=after) as process:
        wait_for(lambda: "is at http" in log.read_text() or process.poll() is not None, START_S)
        found = re.search(r"is at (http://127\.0\.0\.1:\d+)", log.read_text())
        assert found, log.read_text()
        yield Served(found[1], process, log)


@contextmanager
def command(arguments: list[str], variables: dict[str, str], log: Path, *, after: str = "") -> Iterator[subprocess.Popen[bytes]]:
    """A `deskbook` command under way; killed at the end if it still runs."""
    program = ["sh", "-c", f'{after}; exec "$0" "$@"', sys.executable] if after else [sys.executable]
    run = [*program, "-m", "kb", *arguments]
    with (
        log.open("wb") as output,
        subprocess.Popen(run, cwd=log.parent, env=variables, stdout=output, stderr=output, process_group=0, preexec_fn=die_with_parent) as process,
    ):
        try:
            yield process
        finally:
            kill(process)


def kill(process: subprocess.Popen[Any]) -> None:
    """Ends a command and all that it started at once."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def file_request(served: Served, connection: http.client.HTTPConnection, number: int, size: int = 40_000) -> Filed:
    """Files a request with an attachment of its own; raises OSError or HTTPException when the site is gone."""
    content, subject = os.urandom(size), f"Request {number}"
    body, boundary = form(subject, f"person{number}@example.com", content)
    connection.request("POST", "/requests", body, form_headers(boundary))
    answer = connection.getresponse()
    text = answer.read()
    assert answer.status == 303, (answer.status, text[:500])
    return Filed(str(answer.getheader("Location")).partition("?")[0], subject, hashlib.sha256(content).hexdigest())


def form(subject: str, email: str, content: bytes) -> tuple[bytes, str]:
    """The body of a filled-in request form with one file, and its boundary."""
    nonce = new_nonce(KEY, now() - timedelta(minutes=1))
    fields = {"nonce": nonce, "email": email, "subject": subject, "description": "It does not start.", "website": ""}
    return encoded(fields, {"log.bin": content})


def encoded(fields: Mapping[str, str | list[str]], files: Mapping[str, bytes]) -> tuple[bytes, str]:
    """A form as a browser sends it with its files, and the boundary."""
    boundary = secrets.token_hex(16)
    given = [(name, value) for name, values in fields.items() for value in ([values] if isinstance(values, str) else values)]
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode() for name, value in given]
    for name, content in files.items():
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\nContent-Type: application/octet-stream\r\n\r\n'
        parts += [head.encode(), content, b"\r\n"]
    return b"".join([*parts, f"--{boundary}--\r\n".encode()]), boundary


def form_headers(boundary: str) -> dict[str, str]:
    """What a browser sends along."""
    return {"Content-Type": f"multipart/form-data; boundary={boundary}", "User-Agent": "Mozilla/5.0 (test)", "Sec-Fetch-Site": "same-origin"}


def wait_for(condition: Callable[[], Any], timeout_s: float = PATIENCE_S) -> float:
    """Waits until `condition` holds; how long that took, in seconds. Raises AssertionError."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < timeout_s, f"did not happen within {timeout_s} s"
        time.sleep(0.02)
    return time.monotonic() - began
