"""Whatever a repository's files say, reading its history runs nothing."""

import shutil
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from kb.articles.article import Article
from kb.articles.catalog.library import Library
from kb.site.cli import main
from tests.articles.repositories import commit_all, git
from tests.generators import searches

# Every key of git-config(1) whose value git may run, and those that lead to one (`{}` is the command).
PROGRAMS = {
    "core.fsmonitor": "{}; false",
    "core.hooksPath": "hooks",
    "core.pager": "{}",
    "core.editor": "{}",
    "core.askPass": "{}",
    "core.sshCommand": "{}",
    "core.gitProxy": "{}",
    "core.alternateRefsCommand": "{}",
    "diff.external": "{}",
    "diff.evil.command": "{}",
    "diff.evil.textconv": "{}",
    "diff.trustExitCode": "true",
    "filter.evil.clean": "{}",
    "filter.evil.smudge": "{}",
    "filter.evil.process": "{}",
    "filter.evil.required": "true",
    "merge.evil.driver": "{}",
    "alias.log": "!{}",
    "alias.diff": "!{}",
    "alias.rev-parse": "!{}",
    "pager.log": "{}",
    "pager.diff": "{}",
    "log.showSignature": "true",
    "gpg.program": "{}",
    "gpg.openpgp.program": "{}",
    "gpg.ssh.program": "{}",
    "gpg.ssh.defaultKeyCommand": "{}",
    "gpg.x509.program": "{}",
    "credential.helper": "!{}",
    "sequence.editor": "{}",
    "interactive.diffFilter": "{}",
    "trailer.evil.command": "{}",
    "trailer.evil.cmd": "{}",
    "uploadpack.packObjectsHook": "{}",
    "receive.procReceiveRefs": "refs",
    "remote.origin.url": "ext::{}",
    "remote.origin.uploadpack": "{}",
    "remote.origin.receivepack": "{}",
    "remote.origin.vcs": "evil",
    "remote.origin.promisor": "true",
    "remote.origin.partialCloneFilter": "blob:none",
    "extensions.partialClone": "origin",
    "protocol.allow": "always",
    "submodule.evil.update": "!{}",
    "submodule.recurse": "true",
    "diff.submodule": "log",
    "difftool.evil.cmd": "{}",
    "mergetool.evil.cmd": "{}",
    "browser.evil.cmd": "{}",
    "man.evil.cmd": "{}",
    "sendemail.sendmailCmd": "{}",
    "imap.tunnel": "{}",
    "maintenance.strategy": "incremental",
    "gc.auto": "1",
    "init.templateDir": "hooks",
    "core.attributesFile": "evil.attributes",
    "core.worktree": "{worktree}",
    "include.path": "{include}",
}
ATTRIBUTES = "* diff=evil filter=evil merge=evil text eol=crlf ident\n"
HOOKS = ("fsmonitor-watchman", "post-index-change", "post-checkout", "pre-auto-gc", "reference-transaction", "query-watchman")
PLACES = ("content is the top", "content is a folder of the clone", "a bare repository was pushed", "a bare repository lies deeper", "a worktree's own file")
TEXT = "---\ntitle: Dated\n---\n\nText.\n"

is_reading = False
started: list[str] = []


def _note(event: str, arguments: object) -> None:
    if is_reading and event in ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.system", "os.fork", "os.forkpty", "os.spawn"):
        started.append(f"{event} {arguments}")


sys.addaudithook(_note)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone with its content in `docs`, and a bare copy of it; made once, for each case to spoil a copy."""
    top = tmp_path_factory.mktemp("clean") / "top"
    (top / "docs/guide").mkdir(parents=True)
    (top / "docs/guide/dated.md").write_text(TEXT)
    (top / "docs/guide/other.md").write_text(TEXT)
    commit_all(top, day=2)
    git(top, "clone", "-q", "--bare", str(top), str(top.parent / "bare"))
    return top


class Spoilt:
    """A copy of the clean clone, made hostile."""

    def __init__(self, clean: Path, folder: Path, place: str, lines: list[tuple[str, str]]) -> None:
        self.ran = folder / "ran"
        canary = folder / "canary"
        folder.mkdir()
        canary.write_text(f"#!/bin/sh\necho ran >> {self.ran}\n")
        canary.chmod(0o755)
        self.top = folder / "top"
        shutil.copytree(clean, self.top)
        self.content = self.top / "docs"
        self._spoil(clean, canary, place, lines)
        (self.content / "guide/other.md").write_text(TEXT + "Changed since.\n")

    def _spoil(self, clean: Path, canary: Path, place: str, lines: list[tuple[str, str]]) -> None:
        if place == "content is the top":
            shutil.move(self.top / ".git", self.content / ".git")
            git(self.content, "add", "-A")
            git(self.content, "commit", "-qm", "moved", day=2)
        if place == "a worktree's own file":
            git(self.top, "worktree", "add", "-q", "--detach", str(self.top.parent / "tree"))
            self.content = self.top.parent / "tree/docs"
        spoilt = {"content is the top": self.content / ".git", "a bare repository was pushed": self.content}.get(place, self.top / ".git")
        if place == "a bare repository lies deeper":
            spoilt = self.content / "guide/deep"
        if "bare" in place:
            shutil.copytree(clean.parent / "bare", spoilt, dirs_exist_ok=True)
            shutil.copy(self.top / ".git/index", spoilt / "index")
        _write_config(spoilt, canary, lines, worktree="." if "bare" in place else "")
        for folder in (spoilt / "hooks", self.content / "hooks", self.top / "hooks"):
            folder.mkdir(exist_ok=True)
            for hook in HOOKS:
                shutil.copy(canary, folder / hook)
        for path in (self.content / ".gitattributes", spoilt / "info/attributes", self.top / "evil.attributes"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(ATTRIBUTES)
        (self.content / ".gitmodules").write_text(f'[submodule "evil"]\n\tpath = guide\n\turl = ext::{canary}\n\tupdate = !{canary}\n')


def _write_config(spoilt: Path, canary: Path, lines: list[tuple[str, str]], worktree: str) -> None:
    included = spoilt / "included.config"
    included.write_text(f'[core]\n\tfsmonitor = "{canary}; false"\n')
    text = "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tworktreeConfig = true\n"
    text += f"[core]\n\tbare = false\n\tworktree = {worktree}\n" if worktree else ""
    for key, form in lines:
        section, _, rest = key.partition(".")
        sub, _, name = rest.rpartition(".")
        value = form.replace("{}", str(canary)).replace("{worktree}", worktree or "..").replace("{include}", str(included))
        text += f'[{section}{f" {chr(34)}{sub}{chr(34)}" if sub else ""}]\n\t{name} = "{value}"\n'
    for name in ("config", "config.worktree"):
        (spoilt / name).write_text(text)


def read(content: Path, look: Callable[[Library], None] = lambda _library: None) -> dict[str, Article]:
    """The articles, with every start of a program noted on the way."""
    global is_reading
    started.clear()
    is_reading = True
    try:
        library = Library(content)
        look(library)
        library.refresh()
        return dict(library.catalog.articles)
    finally:
        is_reading = False


def lines() -> st.SearchStrategy[list[tuple[str, str]]]:
    """Settings in any number and order: mostly the commands as they are, at times in another of the forms that git runs."""
    forms = st.sampled_from(["", "!{}", "{}; false", "sh -c '{}'", "`{}`", "$({})", "ext::{}"])
    line = st.tuples(st.sampled_from(sorted(PROGRAMS)), forms).map(
        lambda pair: (pair[0], pair[1] if pair[1] and "{}" in PROGRAMS[pair[0]] else PROGRAMS[pair[0]])
    )
    return st.lists(line, min_size=1, max_size=len(PROGRAMS)) | st.just(list(PROGRAMS.items()))


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Callable[[], Path]]:
    return lambda: tmp_path / uuid.uuid4().hex


def assert_dated_and_silent(spoilt: Spoilt) -> None:
    def change(library: Library) -> None:
        (spoilt.content / "guide/new.md").write_text(TEXT)
        library.refresh()

    articles = read(spoilt.content, change)
    assert not spoilt.ran.exists()
    assert started == []
    assert articles["dated"].updated_at.isoformat() == "2024-02-02T04:05:06+00:00"
    assert articles["other"].commit is articles["new"].commit is None


@pytest.mark.parametrize("key", PROGRAMS)
@pytest.mark.parametrize("place", ["content is the top", "a bare repository was pushed"])
def test_no_setting_of_a_repository_runs_a_program(clean: Path, folder: Callable[[], Path], place: str, key: str) -> None:
    assert_dated_and_silent(Spoilt(clean, folder(), place, [(key, PROGRAMS[key])]))


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
@searches(examples=40)
@given(lines())
def test_no_settings_together_run_a_program(clean: Path, folder: Callable[[], Path], place: str, chosen: list[tuple[str, str]]) -> None:
    assert_dated_and_silent(Spoilt(clean, folder(), place, chosen))


@pytest.mark.slow
@pytest.mark.parametrize("command", [["check"], ["doctor"], ["serve", "--get", "/"], ["search", "text"]], ids=lambda command: command[0])
def test_no_command_runs_a_program_of_the_content(clean: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]) -> None:
    spoilt = Spoilt(clean, tmp_path / "case", "a bare repository was pushed", list(PROGRAMS.items()))
    monkeypatch.setenv("DESKBOOK_CONTENT", str(spoilt.content))
    monkeypatch.setenv("DESKBOOK_DATA", str(tmp_path / "var"))
    answer = CliRunner().invoke(main, command)
    assert answer.exception is None or isinstance(answer.exception, SystemExit)
    assert not spoilt.ran.exists()
