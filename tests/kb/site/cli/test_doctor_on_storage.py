"""What the doctor says of the folders Deskbook writes to, and that it changes nothing in them."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kb.site.cli import main

CHECKOUT = Path(__file__).parents[4]
Run = Callable[..., Result]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "var"


@pytest.fixture
def deskbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    for variable in [name for name in os.environ if name.startswith("DESKBOOK_")]:
        monkeypatch.delenv(variable)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "content" / "help").mkdir(parents=True)
    (tmp_path / "content" / "help" / "reset.md").write_text("---\ntitle: Reset the board\n---\nPress the button twice.\n")
    monkeypatch.setenv("DESKBOOK_CONTENT", str(tmp_path / "content"))
    monkeypatch.setenv("DESKBOOK_DATA", str(tmp_path / "var"))

    def run(*arguments: str, **settings: str) -> Result:
        return CliRunner().invoke(main, arguments, env={f"DESKBOOK_{name}": value for name, value in settings.items()})

    return run


def faults(answer: Result) -> dict[str, str]:
    return {finding["part"]: finding["message"] for finding in json.loads(answer.stdout) if not finding["ok"]}


def everything(folder: Path) -> dict[str, object]:
    """What is there, byte for byte, and when it was changed; without what processes share in memory while they read."""
    found: dict[str, object] = {}
    for path in (folder, *sorted(folder.rglob("*"))):
        if path.name.endswith("-shm"):
            continue
        state = path.lstat()
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        found[str(path)] = state.st_mode, state.st_mtime_ns, content
    return found


def test_the_doctor_creates_nothing_where_nothing_is(deskbook: Run, tmp_path: Path) -> None:
    before = everything(tmp_path)
    answer = deskbook("doctor", "--json")
    assert set(faults(answer)) == {"database"}
    assert everything(tmp_path) == before


@pytest.mark.slow
def test_the_doctor_changes_nothing_of_a_site_that_is_stopped(deskbook: Run, tmp_path: Path) -> None:
    deskbook("serve", "--get", "/")
    (tmp_path / "content" / "help" / "new.md").write_text("---\ntitle: New\n---\nNew.\n")
    before = everything(tmp_path)
    assert deskbook("doctor").exit_code == 0
    assert everything(tmp_path) == before


@pytest.mark.slow
def test_the_doctor_changes_nothing_of_a_site_that_was_killed_or_runs(deskbook: Run, tmp_path: Path, data: Path) -> None:
    deskbook("serve", "--get", "/")
    script = (
        "import os; from kb.config import load; from kb.db import Database; from kb.accounts import people; from kb.db import now\n"
        "database = Database(load().database)\n"
        "with database.write() as session: people.add_user(session, 'late@example.org', '', 'agent', now())\n"
        "os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", script], cwd=CHECKOUT, check=False)
    assert (data / "deskbook.sqlite-wal").stat().st_size > 0
    before = everything(data)
    assert deskbook("doctor").exit_code == 0
    assert everything(data) == before
    assert "late@example.org" in deskbook("user", "list").output


def a_file(folder: Path) -> None:
    folder.write_text("not a folder")
    folder.chmod(0o600)


def a_broken_link(folder: Path) -> None:
    folder.symlink_to("/mnt/unplugged")


def a_link_to_a_file(folder: Path) -> None:
    folder.symlink_to(__file__)


def a_loop(folder: Path) -> None:
    folder.symlink_to(folder)


@pytest.mark.parametrize("name", ["attachments", "mail"])
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (a_file, "is a file, not a folder"),
        (a_broken_link, "which does not exist"),
        (a_link_to_a_file, "is a file, not a folder"),
        (a_loop, "cannot be looked into"),
    ],
)
def test_something_odd_in_the_place_of_a_folder_is_named(deskbook: Run, data: Path, name: str, make: Callable[[Path], None], words: str) -> None:
    deskbook("migrate")
    make(data / name)
    before = everything(data)
    answer = deskbook("doctor", "--json")
    assert answer.exit_code == 1
    assert set(faults(answer)) == {name}
    assert words in faults(answer)[name]
    assert str(data / name) in faults(answer)[name]
    assert everything(data) == before


def test_the_mail_folder_does_not_matter_where_mail_is_sent(deskbook: Run, data: Path) -> None:
    deskbook("migrate")
    a_file(data / "mail")
    assert "is a file" not in json.dumps(faults(deskbook("doctor", "--json", SMTP_URL="smtp://127.0.0.1:1")))


@pytest.mark.parametrize("make", [a_file, a_broken_link, a_loop])
def test_something_odd_in_the_place_of_the_data_folder_is_named(deskbook: Run, data: Path, make: Callable[[Path], None]) -> None:
    make(data)
    found = faults(deskbook("doctor", "--json"))
    assert str(data) in found["data"]
    assert "attachments" not in found


@pytest.mark.slow
@pytest.mark.parametrize("name", [".", "attachments", "mail"])
def test_a_folder_this_user_cannot_write_to_is_named(deskbook: Run, data: Path, name: str) -> None:
    deskbook("migrate")
    (data / name).mkdir(exist_ok=True)
    (data / name).chmod(0o500)
    # The rights of root pass over those of files.
    without_rights = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    ended = subprocess.run([*without_rights, sys.executable, "-m", "kb", "doctor", "--json"], cwd=CHECKOUT, capture_output=True, text=True)
    (data / name).chmod(0o700)
    found = {finding["part"]: finding["message"] for finding in json.loads(ended.stdout) if not finding["ok"]}
    assert "this user cannot write to" in found["data" if name == "." else name]


@pytest.fixture
def small_disk(data: Path) -> Iterator[Path]:
    folder = data / "attachments"
    folder.mkdir(parents=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", folder], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.slow
def test_little_room_on_the_disk_of_the_attachments_is_named(deskbook: Run, small_disk: Path) -> None:
    deskbook("migrate")
    found = faults(deskbook("doctor", "--json"))
    assert set(found) == {"attachments"}
    assert f"{small_disk}: only 1 MB free" in found["attachments"]
    (small_disk / "full").write_bytes(b"x" * 1_048_576)
    assert "only 0 MB free" in faults(deskbook("doctor", "--json"))["attachments"]
