"""What an earlier version wrote for everybody to read is closed to others at the next start, and the doctor says what is open."""

import json
import os
import shlex
import stat
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kb.site.cli import main

OPEN = {"deskbook.sqlite": 0o644, "secret_key": 0o644, "search.sqlite": 0o644, "deskbook-schema-0009-20260101T000000.sqlite": 0o664}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "var"
    (folder / "attachments/ab").mkdir(parents=True)
    (folder / "mail").mkdir()
    for name in (".", "attachments", "mail"):
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture
def deskbook(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "content").mkdir()
    monkeypatch.setenv("DESKBOOK_CONTENT", "content")

    def run(*arguments: str, **settings: str) -> Result:
        for name, value in settings.items():
            monkeypatch.setenv(f"DESKBOOK_{name}", value)
        return CliRunner().invoke(main, arguments)

    run("migrate")
    (data / "secret_key").write_text("x" * 64)
    for name, mode in OPEN.items():
        (data / name).touch()
        (data / name).chmod(mode)
    for name in (".", "attachments", "mail"):
        (data / name).chmod(0o755)
    return run


def open_ones(data: Path) -> set[str]:
    return {path.name for path in (data, *data.iterdir()) if path.stat().st_mode & 0o077}


def modes(result: Result) -> dict[str, object]:
    return next(finding for finding in json.loads(result.stdout) if finding["part"] == "modes")


@pytest.mark.parametrize("command", [["serve", "--get", "/healthz"], ["migrate"], ["worker", "--once"], ["user", "list"]])
def test_a_start_closes_what_an_earlier_version_left_open(deskbook, data: Path, command: list[str]) -> None:
    assert open_ones(data) >= {"var", "attachments", "mail", *OPEN}
    assert deskbook(*command).exit_code == 0
    assert open_ones(data) == set()
    assert stat.S_IMODE((data / "deskbook.sqlite").stat().st_mode) == 0o600
    assert stat.S_IMODE(data.stat().st_mode) == 0o700


def test_the_doctor_says_what_is_open_and_how_to_close_it(deskbook, data: Path) -> None:
    found = modes(deskbook("doctor", "--json"))
    assert found["ok"] is False
    assert str(data / "deskbook.sqlite") in str(found["message"])
    subprocess.run(shlex.split(str(found["message"]).rpartition("run: ")[2]), check=True)
    (data / "secret_key").chmod(0o600)
    assert open_ones(data) == set()
    assert modes(deskbook("doctor", "--json"))["ok"] is True


def test_the_doctor_changes_nothing(deskbook, data: Path) -> None:
    before = open_ones(data)
    deskbook("doctor")
    assert open_ones(data) == before


def test_a_folder_shared_with_other_things_keeps_its_rights_and_ours_in_it_are_closed(deskbook, data: Path) -> None:
    (data / "website").mkdir(mode=0o755)
    (data / "website").chmod(0o755)
    deskbook("migrate")
    assert open_ones(data) == {"var", "website"}
    assert modes(deskbook("doctor", "--json"))["ok"] is True


def test_a_database_in_another_place_is_closed_and_its_neighbours_are_not(deskbook, data: Path, tmp_path: Path) -> None:
    place = tmp_path / "elsewhere"
    place.mkdir()
    url = f"sqlite:///{place}/desk [1].db"
    deskbook("migrate", DATABASE_URL=url)
    (place / "desk [1].db").chmod(0o644)
    (place / "notes.db").touch()
    (place / "notes.db").chmod(0o644)
    place.chmod(0o755)
    assert modes(deskbook("doctor", "--json"))["ok"] is False
    deskbook("migrate")
    assert open_ones(place) == {"elsewhere", "notes.db"}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_belongs_to_somebody_else_is_left_to_them(deskbook, data: Path) -> None:
    os.chown(data / "search.sqlite", 1234, 1234)
    assert deskbook("migrate").exit_code == 0
    assert open_ones(data) == {"search.sqlite"}
    assert str(data / "search.sqlite") in str(modes(deskbook("doctor", "--json"))["message"])


def test_links_are_not_followed_and_what_is_no_database_is_left_alone(deskbook, data: Path, tmp_path: Path) -> None:
    public = tmp_path / "public"
    public.mkdir()
    for file in (public / "page.html", public / "key"):
        file.write_text("for everybody")
        file.chmod(0o644)
    public.chmod(0o777)
    (data / "attachments/ab").rmdir()
    (data / "attachments").rmdir()
    (data / "attachments").symlink_to(public)
    (data / "rendered.sqlite").symlink_to(public / "key")
    for named in (public, public / "page.html"):
        deskbook("serve", "--get", "/healthz", DATABASE_URL=f"sqlite:///{named}")
        deskbook("doctor")
    assert stat.S_IMODE(public.stat().st_mode) == 0o777
    assert open_ones(public) == {"public", "page.html", "key"}
