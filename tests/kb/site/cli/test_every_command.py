"""Every command, where the system does not play along: no room for its output, no folder to stand in, arguments that are no text."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import click
import pytest

from kb.site.cli import main

CHECKOUT = Path(__file__).parents[4]
ARGUMENTS = {
    "search for": ["reset"],
    "serve": ["--get", "/"],
    "worker": ["--once"],
    "user add": ["bob@example.org"],
    "user sign-in-link": ["ann@example.org"],
    "api-key add": ["backup", "--user", "ann@example.org"],
    "api-key revoke": ["1"],
}
"""What a command cannot be run without."""


def commands(group: click.Group = main, path: tuple[str, ...] = ()) -> Iterator[str]:
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name))


every_command = pytest.mark.parametrize("command", list(commands()))


class Ended:
    """How a command ended, and what it wrote."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


Run = Callable[..., Ended]


@pytest.fixture
def deskbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command in this process, its output going where `out` says, else into what is given back."""
    for variable in [name for name in os.environ if name.startswith("DESKBOOK_")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("DESKBOOK_CONTENT", str(tmp_path / "content"))
    monkeypatch.setenv("DESKBOOK_DATA", str(tmp_path / "var"))
    (tmp_path / "content" / "help").mkdir(parents=True)
    (tmp_path / "content" / "help" / "reset.md").write_text("---\ntitle: Reset the board\n---\nPress the button twice.\n")
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, out: int | None = None, err: int | None = None) -> Ended:
        paths = tmp_path / "out", tmp_path / "err"
        streams = [open(path if given is None else given, "w") for path, given in zip(paths, (out, err), strict=True)]  # noqa: SIM115
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdout", streams[0])
            patch.setattr(sys, "stderr", streams[1])
            with pytest.raises(SystemExit) as ended:
                main(list(arguments), prog_name="deskbook")
        for stream in streams:
            with suppress(OSError):
                stream.close()
        code = ended.value.code
        assert isinstance(code, int)
        return Ended(code, *("" if given is not None else path.read_text() for path, given in zip(paths, (out, err), strict=True)))

    assert run("migrate").code == 0
    assert run("user", "add", "ann@example.org", "--role", "admin").code == 0
    assert run("api-key", "add", "first", "--user", "ann@example.org").code == 0
    return run


def typed(command: str) -> list[str]:
    return [*command.split(), *ARGUMENTS.get(command, [])]


def full() -> int:
    return os.open("/dev/full", os.O_WRONLY)


def closed_pipe() -> int:
    reading, writing = os.pipe()
    os.close(reading)
    return writing


@pytest.mark.slow
@every_command
def test_output_for_which_there_is_no_room_ends_in_a_sentence(deskbook: Run, command: str) -> None:
    usual = deskbook(*typed(command))
    assert "Traceback" not in usual.err
    repeated = ["user", "add", "eve@example.org"] if command == "user add" else typed(command)
    ended = deskbook(*repeated, out=full())
    if not usual.out:
        assert ended.code == usual.code
        return
    assert ended.code == 1
    assert ended.err.count("Error: The output cannot be written: No space left on device.") == 1
    assert deskbook(*repeated[:1], "--help", out=full(), err=full()).code == 1


@pytest.mark.slow
@every_command
def test_a_reader_who_leaves_ends_the_command_without_a_word(deskbook: Run, command: str) -> None:
    usual = deskbook(*typed(command))
    repeated = ["user", "add", "eve@example.org"] if command == "user add" else typed(command)
    ended = deskbook(*repeated, out=closed_pipe())
    assert ended.code == (1 if usual.out else usual.code)
    assert "cannot be written" not in ended.err


@every_command
def test_a_folder_that_was_deleted_is_named_in_a_sentence(deskbook: Run, tmp_path: Path, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    ended = deskbook(*typed(command))
    assert (ended.code, ended.out) == (1, "")
    assert "no longer exists" in ended.err
    monkeypatch.chdir(tmp_path)


@every_command
def test_an_argument_that_is_not_utf_8_is_refused(deskbook: Run, command: str) -> None:
    ended = deskbook(*typed(command), os.fsdecode(b"caf\xe9"))
    assert (ended.code, ended.out) == (2, "")
    assert r"is not UTF-8: caf\xe9" in ended.err


@pytest.mark.parametrize("wrong", [["--loud"], ["lost"], ["user", "add"], ["api-key", "revoke", "many"]])
def test_misuse_keeps_its_code_where_nothing_can_be_written(deskbook: Run, wrong: list[str]) -> None:
    assert deskbook(*wrong, err=full()).code == 2
    assert deskbook(*wrong, err=closed_pipe()).code == 2


def test_a_key_or_a_person_that_nobody_has_seen_is_not_made(deskbook: Run) -> None:
    deskbook("api-key", "add", "unseen", "--user", "ann@example.org", out=full())
    deskbook("user", "add", "unseen@example.org", out=full())
    assert "unseen" not in deskbook("api-key", "list").out + deskbook("user", "list").out


@pytest.mark.slow
@pytest.mark.parametrize("redirected", ["> /dev/full", "> /dev/full 2> /dev/full", "2>&1 | true"])
def test_nothing_is_left_to_fail_when_the_process_ends(redirected: str) -> None:
    script = f"set -o pipefail; {sys.executable} -m kb config --markdown {redirected}"
    ended = subprocess.run(["bash", "-c", script], cwd=CHECKOUT, capture_output=True, text=True)
    assert ended.returncode == 1
    assert ended.stderr == ("Error: The output cannot be written: No space left on device.\n" if redirected == "> /dev/full" else "")
