"""Few open files: the site serves fewer at a time, says so, and never fails with a 500."""

import http.client
import resource
import threading
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.processes import Served, form, form_headers, serving

pytestmark = pytest.mark.slow

PATHS = ("/", "/articles/reset", "/search?q=press", "/search/instant?q=pre{n}", "/requests/new?subject=a{n}", "/nowhere/{n}", "/healthz", "/sign-in")


def test_a_raised_limit_is_used(content: Path, tmp_path: Path) -> None:
    with serving(content, tmp_path / "var", after="ulimit -S -n 64") as served:
        limits = Path(f"/proc/{served.process.pid}/limits").read_text()
        soft = next(line.split()[3] for line in limits.splitlines() if line.startswith("Max open files"))
        assert int(soft) > 2000
        assert "files may be open" not in served.log.read_text()


@pytest.mark.parametrize("files", [64, 100])
def test_with_few_open_files_the_rest_is_told_to_come_back(content: Path, tmp_path: Path, files: int) -> None:
    with serving(content, tmp_path / "var", after=f"ulimit -n {files}") as served:
        assert f"only {files} files may be open" in served.log.read_text()
        _crowd(served)
        assert served.stop() == 0


def test_a_limit_that_sinks_while_the_site_runs_ends_in_no_failure_of_ours(content: Path, tmp_path: Path) -> None:
    with serving(content, tmp_path / "var") as served:
        resource.prlimit(served.process.pid, resource.RLIMIT_NOFILE, (64, 64))
        _crowd(served)
        assert served.stop() == 0


def _crowd(served: Served) -> None:
    """Sixty people who all come at once, and one who comes after them."""
    statuses: Counter[int] = Counter()
    threads = [threading.Thread(target=_visit, args=(served, number, statuses)) for number in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses[200] > 100
    assert {status for status in statuses if status >= 500} <= {503, 507}, statuses
    assert {served.get(path.format(n=0))[0] for path in PATHS if path != "/nowhere/{n}"} == {200}
    assert "Traceback" not in served.log.read_text()


def _visit(served: Served, number: int, statuses: Counter[int]) -> None:
    for path in PATHS:
        try:
            statuses[served.get(path.format(n=number))[0]] += 1
        except (OSError, http.client.HTTPException):
            statuses[0] += 1
    try:
        with closing(served.connect()) as connection:
            body, boundary = form(f"Request {number}", f"person{number}@example.com", b"x" * 2_000_000)
            connection.request("POST", "/requests", body, form_headers(boundary))
            statuses[connection.getresponse().status] += 1
    except (OSError, http.client.HTTPException):
        statuses[0] += 1
