"""Files that an operator names, or that stand in the content folder, and are no files: nothing waits for them, nothing reads them for ever."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kb.site.cli import main

TIMEOUT_S = 300
PLACES = ("secret_key", "deskbook.toml", "SECRET_KEY_FILE", "CONFIG")


def pipe(path: Path) -> None:
    os.mkfifo(path)


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def too_large(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2_000_000_000)


def folder(path: Path) -> None:
    path.mkdir()


ODD = {"a pipe": pipe, "an endless device": endless, "a file of 2 GB": too_large, "a folder": folder}
odd_file = pytest.mark.parametrize("make", ODD.values(), ids=ODD)
Run = Callable[..., Result]


@pytest.fixture
def deskbook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    for variable in [name for name in os.environ if name.startswith("DESKBOOK_")]:
        monkeypatch.delenv(variable)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "content" / "help").mkdir(parents=True)
    (tmp_path / "content" / "help" / "reset.md").write_text("---\ntitle: Reset the board\n---\nPress the button twice.\n")
    (tmp_path / "var").mkdir()

    def run(*arguments: str, **settings: str) -> Result:
        environ = {"DESKBOOK_CONTENT": "content"} | {f"DESKBOOK_{name}": value for name, value in settings.items()}
        return CliRunner().invoke(main, arguments, env=environ)

    return run


@pytest.mark.timeout(TIMEOUT_S)
@odd_file
def test_a_key_file_that_is_none_is_refused_at_once(deskbook: Run, tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "var" / "secret_key")
    answer = deskbook("serve", "--get", "/")
    assert (answer.exit_code, type(answer.exception)) == (2, SystemExit)
    assert "var/secret_key cannot be read or made: it is " in answer.output


@pytest.mark.timeout(TIMEOUT_S)
@odd_file
@pytest.mark.parametrize("variable", ["SECRET_KEY_FILE", "SMTP_URL_FILE", "CONFIG"])
def test_a_file_that_a_variable_names_and_that_is_none_is_refused_at_once(deskbook: Run, tmp_path: Path, make: Callable[[Path], None], variable: str) -> None:
    make(tmp_path / "named")
    answer = deskbook("config", **{variable: str(tmp_path / "named")})
    assert (answer.exit_code, type(answer.exception)) == (2, SystemExit)
    assert "named" in answer.output
    assert "it is not a regular file" in answer.output or "it is larger than" in answer.output


@pytest.mark.timeout(TIMEOUT_S)
@odd_file
def test_a_settings_file_that_is_none_is_refused_at_once(deskbook: Run, tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "deskbook.toml")
    answer = deskbook("config")
    assert (answer.exit_code, type(answer.exception)) == (2, SystemExit)
    assert "deskbook.toml: cannot be read: it is " in answer.output


@pytest.mark.timeout(TIMEOUT_S)
@odd_file
@pytest.mark.parametrize("name", ["help/other.md", "_search.yml", "_golden.yml", "_redirects.yml", "help/_category.yml", "help/picture.png"])
def test_a_content_file_that_is_none_is_named_and_the_rest_is_there(deskbook: Run, tmp_path: Path, make: Callable[[Path], None], name: str) -> None:
    make(tmp_path / "content" / name)
    answer = deskbook("check")
    assert answer.exit_code in (0, 1)
    assert answer.exception is None or isinstance(answer.exception, SystemExit)
    assert "1 articles" in answer.output
    assert deskbook("search", "reset").exit_code == 0


@pytest.mark.timeout(TIMEOUT_S)
@odd_file
@pytest.mark.parametrize("name", ["deskbook.sqlite", "search.sqlite", "rendered.sqlite", "search.sqlite.lock"])
@pytest.mark.parametrize("command", [["migrate"], ["serve", "--get", "/"], ["index", "rebuild"], ["doctor"], ["worker", "--once"]], ids=" ".join)
def test_an_odd_file_in_the_data_folder_keeps_no_command_waiting(
    deskbook: Run, tmp_path: Path, make: Callable[[Path], None], name: str, command: list[str]
) -> None:
    make(tmp_path / "var" / name)
    answer = deskbook(*command)
    assert answer.exit_code in (0, 1, 2)
    assert answer.exception is None or isinstance(answer.exception, SystemExit), answer.exception


@pytest.mark.parametrize("variable", ["SITE_NAME", "CONTENT", "DATA", "BASE_URL", "SECRET_KEY"])
def test_a_variable_that_is_not_utf_8_is_refused(deskbook: Run, variable: str) -> None:
    answer = deskbook("config", **{variable: os.fsdecode(b"caf\xe9")})
    assert (answer.exit_code, type(answer.exception)) == (2, SystemExit)
    assert f"DESKBOOK_{variable}: is not UTF-8" in answer.output


@pytest.mark.parametrize("variable", ["CONTENT", "DATA", "LOGO"])
def test_a_home_that_is_nobodys_is_refused(deskbook: Run, variable: str) -> None:
    answer = deskbook("config", **{variable: "~no-such-user/logo.png"})
    assert (answer.exit_code, type(answer.exception)) == (2, SystemExit)
    assert f"DESKBOOK_{variable}: must be a path" in answer.output


@pytest.mark.parametrize("command", [["migrate"], ["serve", "--get", "/"], ["user", "list"], ["doctor"]], ids=" ".join)
def test_a_data_folder_that_links_to_itself_is_named(deskbook: Run, tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "loop").symlink_to("loop")
    answer = deskbook(*command, DATA="loop")
    assert (answer.exit_code, type(answer.exception)) == (1, SystemExit)
    assert "loop" in answer.output
