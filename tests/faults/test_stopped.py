"""The serving process stopped while requests are filed: what was begun is answered, and what was acknowledged is there, whole."""

import hashlib
import socket
from pathlib import Path

import pytest

from tests.faults.filers import Filers, require_whole
from tests.faults.processes import Filed, Served, form, form_headers, serving, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_stopping_under_load_answers_what_was_begun_and_exits_with_0(tmp_path: Path, content: Path) -> None:
    with serving(content, tmp_path / "var") as served:
        body, boundary = form("Half sent", "half@example.com", b"x" * 1000)
        half = served.connect()
        half.putrequest("POST", "/requests")
        for name, value in {**form_headers(boundary), "Content-Length": str(len(body))}.items():
            half.putheader(name, value)
        half.endheaders(body[:300])
        filers = Filers(served, 0)
        filers.wait_for(12)
        served.process.terminate()
        wait_for(lambda: _is_closed(served))
        half.send(body[300:])
        answer = half.getresponse()
        assert answer.status == 303
        filers.join()
        assert served.process.wait(120) == 0
        assert filers.refused == []
        assert "Traceback" not in served.log.read_text()
    half_sent = Filed(str(answer.getheader("Location")).partition("?")[0], "Half sent", hashlib.sha256(b"x" * 1000).hexdigest())
    with serving(content, tmp_path / "var") as served:
        for filed in [half_sent, *filers.filed]:
            require_whole(served, filed)


def _is_closed(served: Served) -> bool:
    port = int(served.url.rpartition(":")[2])
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
