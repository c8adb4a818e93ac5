"""The real `deskbook serve` as a process, and a bare Starlette app beside it."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

UNCAPPED = dict.fromkeys(("REQUESTS_PER_HOUR", "EVENTS_PER_VISITOR_HOUR", "EVENTS_PER_ADDRESS_HOUR", "ANSWERS_PER_ADDRESS_DAY", "EVENTS_PER_DAY"), "100000000")
"""One machine plays all visitors."""


@dataclass(frozen=True, slots=True)
class Serving:
    """A running process; `ready_s` is the time from its start to its address being printed."""

    url: str
    pid: int
    ready_s: float
    data: Path


@contextmanager
def deskbook(content: Path, data: Path | None = None, **settings: str) -> Iterator[Serving]:
    """`deskbook serve` on a free port, with its data in `data` or in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        home = data or Path(folder)
        chosen = {"CONTENT": str(content), "DATA": str(home), **UNCAPPED, **settings}
        environ = {name: value for name, value in os.environ.items() if not name.startswith("DESKBOOK_")}
        environ |= {f"DESKBOOK_{name}": value for name, value in chosen.items()}
        with _started([sys.executable, "-m", "kb", "serve", "--port", "0"], environ, home) as serving:
            yield serving


@contextmanager
def bare(body: Path, headers: dict[str, str]) -> Iterator[Serving]:
    """A Starlette app with one route that answers the bytes of `body` from memory, under the same server."""
    program = "import sys; from tests.bench.bare import run; run(sys.argv[1], *sys.argv[2:])"
    arguments = [f"{name}={value}" for name, value in headers.items()]
    with _started([sys.executable, "-c", program, str(body), *arguments], dict(os.environ), body.parent) as serving:
        yield serving


@contextmanager
def _started(command: list[str], environ: dict[str, str], data: Path) -> Iterator[Serving]:
    began = time.perf_counter()
    with (
        tempfile.TemporaryFile("w+") as log,
        subprocess.Popen(command, cwd=CHECKOUT, env=environ, stderr=log, stdout=log, text=True) as process,
    ):
        try:
            while not (found := re.search(r"http://127\.0\.0\.1:\d+", _text(log))):
                if process.poll() is not None:
                    raise RuntimeError(f"{' '.join(command[1:])} ended with {process.returncode} before it was ready: {_text(log) or 'it said nothing'}")
                time.sleep(0.005)
            yield Serving(found[0], process.pid, time.perf_counter() - began, data)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(40)


def _text(log) -> str:
    return os.pread(log.fileno(), 100_000, 0).decode()
