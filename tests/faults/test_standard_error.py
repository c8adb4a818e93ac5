"""A log that cannot be written: the site goes on, and stops in good order."""

import fcntl
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.processes import Served, command, environ, wait_for
from tests.ports import free_port
from tests.services import die_with_parent

pytestmark = pytest.mark.slow


def is_up(served: Served) -> bool:
    assert served.process.poll() is None
    try:
        return served.get("/healthz")[0] == 200
    except OSError:
        return False


def use(served: Served) -> None:
    """Everything that leads to lines in the log, more of them than a pipe holds."""
    wait_for(lambda: is_up(served))
    for path in ("/", "/search?q=press", "/nowhere", "/requests/new"):
        assert served.get(path)[0] in (200, 404)


@pytest.mark.parametrize("after", ["exec 2>/dev/full", "exec 2>&-", "exec 2>&- 1>&-", "exec 2>&- 1>&- 0<&-", "exec 2>/dev/full 1>/dev/full"])
def test_the_site_runs_without_a_place_for_its_log(content: Path, tmp_path: Path, after: str) -> None:
    port, data = free_port(), tmp_path / "var"
    data.mkdir()
    with command(["serve", "--port", str(port)], environ(content, data, LOG_LEVEL="debug"), data / "log", after=after) as process:
        served = Served(f"http://127.0.0.1:{port}", process, data / "log")
        use(served)
        assert (data / "deskbook.sqlite").read_bytes().startswith(b"SQLite format 3")
        assert served.stop() == 0


@contextmanager
def piped(content: Path, data: Path, reading: int, writing: int) -> Iterator[Served]:
    port = free_port()
    arguments = [sys.executable, "-m", "kb", "serve", "--port", str(port)]
    variables = environ(content, data, LOG_LEVEL="debug")
    with subprocess.Popen(arguments, cwd=data, env=variables, stderr=writing, preexec_fn=die_with_parent) as process:
        os.close(writing)
        try:
            yield Served(f"http://127.0.0.1:{port}", process, data / "log")
        finally:
            process.kill()


def test_a_reader_of_the_log_that_is_gone_does_not_take_the_site_along(content: Path, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with piped(content, tmp_path, reading, writing) as served:
        use(served)
        assert served.stop() == 0


def test_a_reader_of_the_log_that_stops_does_not_stop_the_site(content: Path, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    fill(writing)
    with piped(content, tmp_path, reading, writing) as served:
        use(served)
        text = b""
        while b"is at http" not in text:
            text += os.read(reading, 65536)
        assert re.search(rb"http://127.0.0.1:\d+\n", text)
        os.close(reading)
        assert served.stop() == 0


def fill(pipe: int) -> None:
    """Leave no room in the pipe."""
    flags = fcntl.fcntl(pipe, fcntl.F_GETFL)
    fcntl.fcntl(pipe, fcntl.F_SETFL, flags | os.O_NONBLOCK)
    try:
        while True:
            os.write(pipe, b"x" * 4096)
    except BlockingIOError:
        fcntl.fcntl(pipe, fcntl.F_SETFL, flags)


@pytest.mark.parametrize("arguments", [["config"], ["migrate"], ["check"], ["doctor", "--json"]])
def test_commands_end_as_ever_when_standard_error_is_full(content: Path, tmp_path: Path, arguments: list[str]) -> None:
    run = [sys.executable, "-m", "kb", *arguments]
    with Path("/dev/full").open("wb") as full:
        codes = [
            subprocess.run(run, cwd=tmp_path, env=environ(content, tmp_path / "var"), stdout=subprocess.DEVNULL, stderr=where).returncode
            for where in (None, full)
        ]
    assert codes[0] == codes[1]
