"""Dates and commits of articles are those of the git history, however the repository is kept."""

import os
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kb.articles.catalog.library import Library
from tests.articles.repositories import commit_all, git

Write = Callable[..., Path]
Open = Callable[..., Library]


def days(library: Library) -> dict[str, int | None]:
    """Slug → the day of February on which its commit was made; None where there is none."""
    return {slug: article.updated_at.day if article.commit else None for slug, article in library.catalog.articles.items()}


@pytest.fixture
def history(write: Write, root: Path) -> Path:
    """Three articles, of which each was touched last on a day of its own: one 1, two 2, three 3."""
    for name in ("one", "two", "three"):
        write(f"a/b/{name}.md", "first")
    commit_all(root, day=1)
    write("a/b/two.md", "second")
    write("a/b/three.md", "second")
    commit_all(root, day=2)
    write("a/b/three.md", "third")
    commit_all(root, day=3)
    return root


EXPECTED = {"one": 1, "two": 2, "three": 3}


def packed(root: Path) -> Path:
    git(root, "gc", "-q", "--aggressive", "--prune=now")
    git(root, "pack-refs", "--all")
    assert not (root / ".git/refs/heads/main").exists()
    return root


def worktree(root: Path) -> Path:
    git(root, "worktree", "add", "-q", "-b", "other", str(root.parent / "tree"))
    return root.parent / "tree"


def submodule(root: Path) -> Path:
    outer = root.parent / "outer"
    outer.mkdir()
    (outer / "readme.txt").write_text("x")
    commit_all(outer, day=9)
    git(outer, "submodule", "--quiet", "add", str(root), "docs")
    git(outer, "commit", "-qam", "module", day=9)
    return outer / "docs"


def subfolder(root: Path) -> Path:
    folder = root.parent / "whole/docs/x"
    for day in (1, 2, 3):
        git(root, "checkout", "-q", f"main~{3 - day}")
        shutil.copytree(root / "a", folder / "a", dirs_exist_ok=True)
        commit_all(root.parent / "whole", day=day)
    return folder


def detached(root: Path) -> Path:
    git(root, "checkout", "-q", "--detach")
    return root


def borrowed(root: Path) -> Path:
    git(root.parent, "clone", "-q", "--shared", str(root), "shared")
    return root.parent / "shared"


def through_a_link(root: Path) -> Path:
    (root.parent / "link").symlink_to(root)
    return root.parent / "link"


def without_contents(root: Path) -> Path:
    git(root, "config", "uploadpack.allowFilter", "true")
    git(root.parent, "clone", "-q", "--filter=blob:none", root.as_uri(), "partial")
    return root.parent / "partial"


def with_windows_lines(root: Path) -> Path:
    git(root, "config", "core.autocrlf", "true")
    shutil.rmtree(root / "a")
    git(root, "checkout", "-qf", "HEAD", "--", ".")
    assert b"\r\n" in (root / "a/b/one.md").read_bytes()
    return root


WAYS = [packed, worktree, submodule, subfolder, detached, borrowed, through_a_link, without_contents, with_windows_lines]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_dates_are_those_of_the_history_however_it_is_kept(history: Path, way: Callable[[Path], Path]) -> None:
    library = Library(way(history))
    assert days(library) == EXPECTED
    assert library.history.problem == ""


@pytest.mark.skipif(os.geteuid() != 0, reason="gives files to another user")
def test_a_checkout_of_another_user_has_its_dates(history: Path) -> None:
    for folder, _, files in os.walk(history):
        for name in (".", *files):
            os.chown(os.path.join(folder, name), 1234, 1234)
    assert days(Library(history)) == EXPECTED


def test_a_repository_with_long_ids_is_read(root: Path, write: Write) -> None:
    git(root, "init", "-q", "--object-format=sha256")
    write("a/b/one.md")
    commit = commit_all(root, day=4)
    assert len(commit) == 64
    assert Library(root).catalog.articles["one"].commit == commit


def test_a_shallow_clone_knows_what_happened_since_it_was_cut(history: Path) -> None:
    for depth, expected in ((1, {"one": None, "two": None, "three": None}), (2, {"one": None, "two": None, "three": 3})):
        clone = history.parent / f"depth{depth}"
        git(history.parent, "clone", "-q", f"--depth={depth}", history.as_uri(), str(clone))
        library = Library(clone)
        assert days(library) == expected
        assert library.history.is_cut
        git(clone, "fetch", "-q", "--unshallow")
        assert library.refresh() is True
        assert days(library) == EXPECTED
        assert not library.history.is_cut


def test_a_rename_is_a_change_and_a_mode_is_one(history: Path) -> None:
    git(history, "mv", "a/b/one.md", "a/b/uno.md")
    (history / "a/b/two.md").chmod(0o755)
    commit_all(history, day=5)
    assert days(Library(history)) == {"uno": 5, "two": 5, "three": 3}


def test_a_merge_dates_only_what_it_decided(history: Path, write: Write) -> None:
    git(history, "checkout", "-qb", "side", "HEAD~1")
    write("a/b/one.md", "on the side")
    write("a/b/three.md", "on the side")
    commit_all(history, day=4)
    git(history, "checkout", "-q", "main")
    write("a/b/two.md", "on main")
    commit_all(history, day=5)
    with pytest.raises(Exception, match="merge"):
        git(history, "merge", "-q", "side", day=6)
    write("a/b/three.md", "both")
    commit_all(history, day=6)
    assert days(Library(history)) == {"one": 4, "two": 5, "three": 6}


def test_what_is_taken_back_has_the_date_of_that(history: Path, write: Write) -> None:
    git(history, "revert", "--no-edit", "HEAD", day=7)
    assert days(Library(history)) == {"one": 1, "two": 2, "three": 7}


def test_a_change_that_is_not_committed_has_no_commit_until_it_is_undone(history: Path, write: Write, library: Open) -> None:
    opened = library()
    write("a/b/one.md", "by hand")
    write("a/b/new.md", "by hand")
    opened.refresh()
    assert days(opened) == EXPECTED | {"one": None, "new": None}
    git(history, "checkout", "-q", "--", "a/b/one.md")
    opened.refresh()
    assert days(opened) == EXPECTED | {"new": None}


def test_every_way_to_a_new_commit_is_noticed(history: Path, write: Write, library: Open) -> None:
    git(history, "config", "core.logAllRefUpdates", "false")
    shutil.rmtree(history / ".git/logs")
    opened = library()
    assert opened.refresh() is False
    write("a/b/one.md", "second")
    opened.refresh()
    commit_all(history, day=8)
    assert opened.refresh() is True
    assert days(opened) == EXPECTED | {"one": 8}
    git(history, "reset", "-q", "--hard", "HEAD~2")
    opened.refresh()
    assert days(opened) == {"one": 1, "two": 2, "three": 2}


def test_a_repository_that_comes_and_goes_is_noticed(write: Write, root: Path, library: Open) -> None:
    write("a/b/one.md")
    opened = library()
    assert days(opened) == {"one": None}
    commit_all(root, day=5)
    opened.refresh()
    assert days(opened) == {"one": 5}
    shutil.rmtree(root / ".git")
    opened.refresh()
    assert days(opened) == {"one": None}


def test_a_later_start_reads_new_commits_only(history: Path, write: Write, library: Open) -> None:
    first = library().history.commits
    gone = git(history, "rev-parse", "HEAD~2")
    (history / ".git/objects" / gone[:2] / gone[2:]).unlink()
    assert library().history.commits == first
    write("a/b/one.md", "again")
    commit_all(history, day=9)
    assert days(library()) == EXPECTED | {"one": 9}


def test_a_history_that_takes_too_long_is_told_and_the_newest_dates_are_kept(history: Path) -> None:
    from kb.articles.catalog.library import Options

    library = Library(history, options=Options(history_timeout_s=0))
    assert days(library) == {"one": None, "two": None, "three": None}
    assert "DESKBOOK_HISTORY_TIMEOUT_S" in library.history.problem


BROKEN = {
    "an empty HEAD": lambda git_folder: (git_folder / "HEAD").write_bytes(b""),
    "a HEAD of nonsense": lambda git_folder: (git_folder / "HEAD").write_bytes(b"\xff\xfe nonsense\n" * 9000),
    "a HEAD that leads out": lambda git_folder: (git_folder / "HEAD").write_text("ref: ../../../etc/passwd\n"),
    "a HEAD that leads to itself": lambda git_folder: (git_folder / "HEAD").write_text("ref: HEAD\n"),
    "a commit that is not there": lambda git_folder: (git_folder / "HEAD").write_text("1" * 40 + "\n"),
    "no objects": lambda git_folder: shutil.rmtree(git_folder / "objects"),
    "objects of nonsense": lambda git_folder: [
        path.chmod(0o644) or path.write_bytes(b"x" * 99) for path in (git_folder / "objects").rglob("*") if path.is_file()
    ],
    "objects borrowed from itself": lambda git_folder: [
        shutil.rmtree(git_folder / "objects"),
        (git_folder / "objects/info").mkdir(parents=True),
        (git_folder / "objects/info/alternates").write_text(str(git_folder / "objects") + "\n"),
    ],
    "packed refs of nonsense": lambda git_folder: [(git_folder / "refs/heads/main").unlink(), (git_folder / "packed-refs").write_bytes(b"\0" * 99)],
    "empty packed refs": lambda git_folder: [(git_folder / "refs/heads/main").unlink(), (git_folder / "packed-refs").touch()],
    "a pointer to nowhere": lambda git_folder: [shutil.rmtree(git_folder), git_folder.write_text("gitdir: /nowhere\n")],
    "a pointer to itself": lambda git_folder: [shutil.rmtree(git_folder), git_folder.write_text("gitdir: .git\n")],
    "a pointer with a NUL": lambda git_folder: [shutil.rmtree(git_folder), git_folder.write_bytes(b"gitdir: \0\n")],
    "a link to itself": lambda git_folder: [shutil.rmtree(git_folder), git_folder.symlink_to(git_folder)],
    "a pipe": lambda git_folder: [shutil.rmtree(git_folder), os.mkfifo(git_folder)],
    "a common folder that is nowhere": lambda git_folder: (git_folder / "commondir").write_text("../../nowhere\n"),
    "a commit of another time": lambda git_folder: strange_commit(git_folder, "99999999999999"),
    "a commit before all time": lambda git_folder: strange_commit(git_folder, "-99999999999999"),
    "a commit without a folder": lambda git_folder: strange_commit(git_folder, "1", tree="1" * 40),
    "a commit that is its own folder": lambda git_folder: strange_commit(git_folder, "1", tree=git(git_folder.parent, "rev-parse", "HEAD")),
    "a pipe as HEAD": lambda git_folder: [(git_folder / "HEAD").unlink(), os.mkfifo(git_folder / "HEAD")],
    "a pipe as the branch": lambda git_folder: [(git_folder / "refs/heads/main").unlink(), os.mkfifo(git_folder / "refs/heads/main")],
    "a pipe as the packed refs": lambda git_folder: [(git_folder / "refs/heads/main").unlink(), os.mkfifo(git_folder / "packed-refs")],
    "a pipe as an object": lambda git_folder: [next((git_folder / "objects").glob("??/*")).unlink(), os.mkfifo(git_folder / "objects/pack/pack-1.idx")],
    "a device as HEAD": lambda git_folder: [(git_folder / "HEAD").unlink(), (git_folder / "HEAD").symlink_to("/dev/zero")],
    "a device as the ends": lambda git_folder: (git_folder / "shallow").symlink_to("/dev/zero"),
    "no HEAD": lambda git_folder: (git_folder / "HEAD").unlink(),
    "a folder as HEAD": lambda git_folder: [(git_folder / "HEAD").unlink(), (git_folder / "HEAD").mkdir()],
    "a HEAD of a blank line": lambda git_folder: (git_folder / "HEAD").write_text("\n"),
    "a HEAD in UTF-16": lambda git_folder: (git_folder / "HEAD").write_text("ref: refs/heads/main\n", encoding="utf-16"),
    "a branch that is not there": lambda git_folder: (git_folder / "HEAD").write_text("ref: refs/heads/lost\n"),
    "an empty branch": lambda git_folder: (git_folder / "refs/heads/main").write_text(""),
    "a folder as the branch": lambda git_folder: [(git_folder / "refs/heads/main").unlink(), (git_folder / "refs/heads/main").mkdir()],
    "a file that points nowhere": lambda git_folder: [shutil.rmtree(git_folder), git_folder.write_text("nonsense\n")],
    "branches as reftables": lambda git_folder: [(git_folder / "HEAD").write_text("ref: refs/heads/.invalid\n"), (git_folder / "reftable").mkdir()],
}


def strange_commit(git_folder: Path, seconds: str, tree: str = "") -> None:
    """A commit that git itself would not make: its time or its folder is impossible."""
    import hashlib
    import zlib

    tree = tree or git(git_folder.parent, "rev-parse", "HEAD^{tree}")
    body = f"tree {tree}\nauthor x <x@x> {seconds} +0000\ncommitter x <x@x> {seconds} +0000\n\nx\n".encode()
    data = b"commit %d\0%b" % (len(body), body)
    name = hashlib.sha1(data).hexdigest()
    path = git_folder / "objects" / name[:2] / name[2:]
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(zlib.compress(data))
    (git_folder / "refs/heads/main").write_text(name + "\n")


@pytest.mark.parametrize("name", BROKEN)
def test_a_repository_that_is_broken_costs_dates_and_nothing_else(history: Path, library: Open, name: str) -> None:
    BROKEN[name](history / ".git")
    opened = library()
    assert days(opened) == {"one": None, "two": None, "three": None}
    assert opened.catalog.articles["one"].updated_at > datetime(2025, 1, 1, tzinfo=UTC)
    assert opened.refresh() is False
    assert "files' dates, because the" in opened.history.problem
    assert not re.search(r"Error|Exception|b'|\[Errno|\\x|\x00", opened.history.problem)


def test_a_repository_without_a_commit_is_no_problem(write: Write, root: Path, library: Open) -> None:
    write("a/b/one.md")
    git(root, "init", "-q")
    assert library().history.problem == ""
    git(root, "add", "-A")
    assert library().history.problem == ""


@pytest.mark.parametrize("ahead", [timedelta(hours=1), timedelta(days=400), timedelta(days=20_000)])
def test_a_commit_date_in_the_future_is_not_believed(history: Path, write: Write, library: Open, ahead: timedelta) -> None:
    write("a/b/two.md", "tomorrow")
    git(history, "commit", "-qam", "x", GIT_COMMITTER_DATE=f"{int((datetime.now(UTC) + ahead).timestamp())} +0000")
    opened = library()
    assert days(opened) == EXPECTED | {"two": None}
    assert opened.catalog.articles["two"].updated_at <= datetime.now(UTC)
    assert "in the future" in opened.history.problem
    write("a/b/two.md", "today")
    commit_all(history, day=8)
    assert days(library()) == EXPECTED | {"two": 8}
    assert library().history.problem == ""


def test_a_clock_that_is_a_little_ahead_is_believed(history: Path, write: Write, library: Open) -> None:
    write("a/b/two.md", "now")
    git(history, "commit", "-qam", "x", GIT_COMMITTER_DATE=f"{int(datetime.now(UTC).timestamp()) + 60} +0000")
    assert library().catalog.articles["two"].commit is not None


def test_a_file_date_in_the_future_is_not_believed(write: Write, library: Open) -> None:
    os.utime(write("a/b/one.md"), (2**32, 2**32))
    assert library().catalog.articles["one"].updated_at <= datetime.now(UTC)


def test_a_time_of_a_file_that_no_calendar_has_is_no_fault(write: Write, library: Open) -> None:
    os.utime(write("a/b/one.md"), (2**40, 2**40))
    assert library().catalog.articles["one"].updated_at.year == 1970
