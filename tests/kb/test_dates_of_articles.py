"""Where the dates of articles come from is said to operators and writers, above all when it is not the git history."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from starlette.testclient import TestClient

from kb.articles.catalog.library import Library
from kb.config import Settings
from kb.site.app import create_app
from kb.site.cli import main
from tests.articles.repositories import commit_all, git

SAID = "articles show their files' dates, because the git history in"


@pytest.fixture
def content(tmp_path: Path) -> Path:
    folder = tmp_path / "content"
    (folder / "help").mkdir(parents=True)
    for day in (1, 2):
        (folder / "help/reset.md").write_text(f"---\ntitle: Reset the board\n---\n\nPress it {day} times.\n")
        commit_all(folder, day=day)
    return folder


@pytest.fixture
def deskbook(content: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DESKBOOK_CONTENT", str(content))
    monkeypatch.setenv("DESKBOOK_DATA", str(tmp_path / "var"))

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, arguments)

    run("migrate")
    return run


def dates(result: Result) -> dict[str, object]:
    return next(finding for finding in json.loads(result.stdout) if finding["part"] == "dates")


def break_it(content: Path) -> None:
    shutil.rmtree(content / ".git/objects")


def test_doctor_says_that_dates_are_those_of_the_commits(deskbook) -> None:
    assert dates(deskbook("doctor", "--json")) == {"part": "dates", "ok": True, "message": "those of the commits, for 1 article"}


def test_doctor_says_that_there_is_no_repository(deskbook, content: Path) -> None:
    shutil.rmtree(content / ".git")
    found = dates(deskbook("doctor", "--json"))
    assert found["ok"] is True
    assert "no git repository" in str(found["message"])


def test_doctor_says_that_the_clone_is_cut(deskbook, content: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--depth=1", content.as_uri(), "cut")
    shutil.rmtree(content)
    (tmp_path / "cut").rename(content)
    found = dates(deskbook("doctor", "--json"))
    assert found["ok"] is True
    assert "git fetch --unshallow" in str(found["message"])


def test_doctor_and_check_say_why_the_history_cannot_be_read(deskbook, content: Path) -> None:
    break_it(content)
    found = dates(deskbook("doctor", "--json"))
    assert found["ok"] is False
    assert str(found["message"]).startswith(f"{SAID} {content}/.git cannot be read: ")
    checked = deskbook("check")
    assert checked.exit_code == 0
    assert f".:1: {SAID} {content}/.git cannot be read: " in checked.stdout
    assert "(warning)" in checked.stdout


def test_the_log_says_it_once(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    (settings.content / "help").mkdir()
    (settings.content / "help/reset.md").write_text("---\ntitle: Reset the board\n---\n\nPress it.\n")
    commit_all(settings.content)
    break_it(settings.content)
    app = create_app(settings)
    with TestClient(app, headers={"user-agent": "Mozilla/5.0 (test)"}) as client:
        assert client.get("/articles/reset").status_code == 200
    assert len([record for record in caplog.records if SAID in record.getMessage()]) == 1


@pytest.fixture
def somebody_else(tmp_path: Path) -> Callable[[], AbstractContextManager[None]]:
    """Acts as another user of this machine, who may enter the folders of this test."""
    if os.geteuid() != 0:
        pytest.skip("only root can act as another user")
    for folder in (tmp_path, *tmp_path.parents):
        folder.chmod(0o755)
        if folder.name.startswith("pytest-of-"):
            break

    @contextmanager
    def acting() -> Iterator[None]:
        os.seteuid(4321)
        try:
            yield
        finally:
            os.seteuid(0)

    return acting


@pytest.mark.parametrize("closed", ["", ".git", ".git/HEAD", ".git/objects", ".git/refs", ".git/refs/heads/main"])
def test_a_checkout_of_another_user_is_dated_or_the_reason_is_said(content: Path, somebody_else, closed: str) -> None:
    for folder, _, files in os.walk(content):
        for name in (".", *files):
            os.chown(os.path.join(folder, name), 1234, 1234)
    assert Library(content).history.problem == ""
    if closed:
        (content / closed).chmod(0o700 if (content / closed).is_dir() else 0o600)
    with somebody_else():
        library = Library(content)
    article = library.catalog.articles["reset"]
    assert (article.updated_at.date().isoformat() == "2024-02-02") == (article.commit is not None) == (closed == "")
    assert (f"{SAID} {content}/.git cannot be read: " in library.history.problem) == bool(closed)
    if closed:
        assert "Permission denied" in library.history.problem
