"""Links that commands print and send lead to the site, wherever it runs, or say what to set."""

import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[4]
ADVICE = "set DESKBOOK_BASE_URL"


class Folder:
    """A folder that an operator works in."""

    def __init__(self, path: Path) -> None:
        self.path = path
        (path / "content").mkdir()
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DESKBOOK_")}
        self.environ = kept | {"PYTHONPATH": str(CHECKOUT), "DESKBOOK_CONTENT": "content"}

    def run(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        environ = self.environ | {f"DESKBOOK_{name}": value for name, value in settings.items()}
        return subprocess.run([sys.executable, "-m", "kb", *arguments], cwd=self.path, env=environ, capture_output=True, text=True)

    def serve(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen([sys.executable, "-m", "kb", "serve", *arguments], cwd=self.path, env=self.environ, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path)
    assert made.run("migrate").returncode == 0
    return made


@pytest.mark.slow
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_link_leads_to_the_port_on_which_the_site_runs(folder: Folder, host: str) -> None:
    with folder.serve("-p", "0", "--host", host) as server:
        try:
            assert server.stderr is not None
            url = next(word for line in server.stderr for word in line.split() if word.startswith("http://"))
            assert not url.startswith("http://0.")
            added = folder.run("user", "add", "ann@example.org", "--role", "admin")
            link = folder.run("user", "sign-in-link", "ann@example.org")
            assert added.stdout.splitlines()[-1].startswith(f"{url}/sign-in/link/")
            assert link.stdout.startswith(f"{url}/sign-in/link/")
            assert urllib.request.urlopen(link.stdout.strip()).status == 200
            assert f"Links lead to {url}." in folder.run("worker", "--once").stderr
            assert ADVICE in link.stderr
        finally:
            server.send_signal(signal.SIGTERM)
        assert server.wait(120) == 0
    later = folder.run("user", "sign-in-link", "ann@example.org", PORT="8123")
    assert later.stdout.startswith("http://127.0.0.1:8123/"), "nothing is left of a site that has stopped"
    assert ADVICE in later.stderr


@pytest.mark.slow
def test_a_base_url_is_taken_at_its_word(folder: Folder) -> None:
    added = folder.run("user", "add", "ann@example.org", BASE_URL="https://help.example.org")
    assert added.stdout.splitlines()[-1].startswith("https://help.example.org/sign-in/link/")
    assert added.stderr == ""


@pytest.mark.parametrize("text", ["", "javascript:alert(1)", "http://127.0.0.1:many", "http://h\x1b[31m:80", "x" * 3_000_000])
def test_what_is_no_address_is_not_printed(folder: Folder, text: str) -> None:
    (folder.path / "var" / "address").write_text(text)
    added = folder.run("user", "add", "ann@example.org")
    assert added.stdout.splitlines()[-1].startswith("http://127.0.0.1:8000/sign-in/link/")
