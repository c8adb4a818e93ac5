"""Processes that begin with everything imported: one process imports, and forks for each job, which saves each the seconds that imports take."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.faults.processes import CHECKOUT, kill
from tests.services import die_with_parent

FORKING = """
import json, os, sys, traceback

exec(sys.argv[1])
for line in sys.stdin:
    job = json.loads(line)
    pid = os.fork()
    if pid == 0:
        code = 1
        log = os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, 1)
        os.dup2(log, 2)
        try:
            run(**job)
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(bool(end.code))
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    print(pid, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


class Forks:
    """A process to fork from: `start`, then `wait`, one job after the other."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def start(self, **job: Any) -> int:
        """Begin a job; return the number of its process."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        return self._said()

    def wait(self) -> int:
        """Wait for the end of the job; return its exit code, or minus the signal that ended it."""
        return self._said()

    def _said(self) -> int:
        assert self._process.stdout
        return int(self._process.stdout.readline())


@contextmanager
def forking(prelude: str, log: Path) -> Iterator[Forks]:
    """Run `prelude`, source that imports what is needed and defines `run`, which each job calls; what jobs print goes to `log`."""
    program = [sys.executable, "-c", FORKING, prelude, str(log)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(program, cwd=CHECKOUT, process_group=0, preexec_fn=die_with_parent, **pipes) as process:
        try:
            yield Forks(process)
        finally:
            kill(process)
