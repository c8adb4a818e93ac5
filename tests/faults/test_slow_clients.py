"""Many slow clients and endless headers: others are served as ever, and the process stays small."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.bench.memory import resident_mb
from tests.faults.processes import serving
from tests.wire import Wire

pytestmark = pytest.mark.slow

HELD = 400


def test_hundreds_of_half_sent_requests_keep_nobody_from_reading(content: Path, tmp_path: Path) -> None:
    with serving(content, tmp_path / "var", HEADER_TIMEOUT_S="3") as served, ExitStack() as stack:
        before = resident_mb(served.process.pid)
        held = [stack.enter_context(Wire(served.url)).send("GET / HTTP/1.1\r\nHost: ") for _ in range(HELD)]
        for path in ("/", "/articles/reset", "/search?q=press", "/requests/new", "/healthz"):
            assert served.get(path)[0] == 200
        assert {status for wire in held for status in wire.statuses()} == {408}
        assert resident_mb(served.process.pid) - before < 30
        assert served.stop() == 0


@pytest.mark.parametrize("line", [b"a: b\r\n", b"x-filler: " + b"a" * 8000 + b"\r\n"])
def test_sixty_megabytes_of_headers_do_not_stay_in_memory(content: Path, tmp_path: Path, line: bytes) -> None:
    with serving(content, tmp_path / "var") as served:
        assert served.get("/")[0] == 200
        before = resident_mb(served.process.pid)
        piece, sent = line * (60_000 // len(line)), 0
        while sent < 60_000_000:
            with Wire(served.url) as wire:
                wire.send("GET / HTTP/1.1\r\n")
                while sent < 60_000_000 and not wire.is_refused(piece, times=1):
                    sent += len(piece)
        assert resident_mb(served.process.pid, "VmHWM") - before < 60
        assert served.get("/")[0] == 200
