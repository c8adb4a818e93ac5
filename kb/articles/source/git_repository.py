"""Find the git repository of the content and read it as plain files: nothing in it can run a program."""

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dulwich.objects import valid_hexsha
from dulwich.refs import HEADREF, DiskRefsContainer

LOCK_HOLDS_S = 60
_MOST_POINTER_BYTES = 4096
_MOST_LIST_BYTES = 64_000_000
_MOST_POINTERS = 5
_MOST_LOANS = 20


class UnreadableRepository(Exception):
    """The repository is there and cannot be read; the text says why, for operators."""


@dataclass(frozen=True, slots=True)
class State:
    """What a repository's history depends on: the commit that is checked out, and the commits where a shallow clone ends."""

    head: str
    """Empty before the first commit."""
    ends: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Repository:
    """Where a repository keeps its files. None of its configuration is ever read."""

    inside: tuple[str, ...]
    """The folders from the top of the checkout down to the content."""
    git: Path
    """The git folder of this checkout."""
    common: Path
    """The git folder that all worktrees share; mostly the same."""

    def is_writing(self, now: float) -> bool:
        """Return whether git is at work on the files; a lock older than a minute was left by one that was killed."""
        try:
            return abs(now - (self.git / "index.lock").stat().st_mtime) < LOCK_HOLDS_S
        except (OSError, ValueError):
            return False

    def state(self) -> State:
        """Return the present state; raises UnreadableRepository."""
        self._refuse_special_files()
        try:
            names, found = DiskRefsContainer(self.common, self.git).follow(HEADREF)
        except Exception as error:
            self._refuse_what_is_hidden(())
            raise UnreadableRepository("its branches cannot be read") from error
        if found is None:
            self._refuse_what_is_hidden(os.fsdecode(name) for name in names)
            self._refuse_lost_branch(os.fsdecode(names[-1]) if names else "HEAD")
            return State("")
        if not valid_hexsha(found):
            raise UnreadableRepository("its HEAD names no commit")
        self.object_folders()
        return State(found.decode(), self._ends())

    def _refuse_special_files(self) -> None:
        """Raise UnreadableRepository where a pipe, a device or a huge file stands in the place of a small one: reading it would never end."""
        for path in (self.common / "packed-refs", self.common / "shallow"):
            require_regular(path, _MOST_LIST_BYTES)
        name = "HEAD"
        for _ in range(_MOST_POINTERS):
            for folder in (self.git, self.common):
                require_regular(folder / name, _MOST_POINTER_BYTES)
            text = _pointer(self.git / name) or _pointer(self.common / name)
            if not text.startswith("ref: refs/"):
                return
            name = text.removeprefix("ref:").strip()

    def refuse_special_objects(self) -> None:
        """Raise UnreadableRepository where something in the object folders is no file."""
        for folder in (below for objects in self.object_folders() for below in (objects / "pack", *(objects / f"{number:02x}" for number in range(256)))):
            try:
                with os.scandir(folder) as entries:
                    special = next((entry.path for entry in entries if not entry.is_file()), None)
            except OSError:
                continue
            if special is not None:
                raise UnreadableRepository(f"{special} is not a file")

    def _refuse_what_is_hidden(self, names: Iterable[str]) -> None:
        """Tell a branch without commits from one that this user may not read."""
        missing = (
            None
            if _is_closed(self.git / "HEAD")
            else next((path for path in (self.git / "HEAD", self.common / "refs", self.common / "objects") if not path.exists()), None)
        )
        if missing:
            raise UnreadableRepository(f"there is no {missing}")
        for path in (self.git / "HEAD", self.common / "refs", self.common / "objects", *(self.common / name for name in names if name.startswith("refs/"))):
            if _is_closed(path):
                raise UnreadableRepository(f"{path}: Permission denied")
        if (self.common / "reftable").is_dir():
            raise UnreadableRepository("it keeps its branches as reftables; run `git refs migrate --ref-format=files`")

    def _refuse_lost_branch(self, name: str) -> None:
        """Tell a repository that has no commit yet from one whose present branch is lost."""
        if not name.startswith("refs/"):
            raise UnreadableRepository("its HEAD names no branch and no commit")
        for mark in (self.common / "packed-refs", self.git / "logs/HEAD", *(self.common / "refs").rglob("*")):
            if mark.is_file() and (mark.stat().st_size or mark.parent.name != "logs"):
                raise UnreadableRepository(f"its HEAD names {name}, and there is no commit of that name")

    def object_folders(self) -> list[Path]:
        """Return the folders with the objects: its own, and those it borrows from. Raises UnreadableRepository where they borrow without end."""
        chain, here = [self.common / "objects"], 0
        while here < len(chain):
            borrowed = _pointer(chain[here] / "info/alternates").splitlines()
            chain += [chain[here] / line for line in borrowed if line and not line.startswith("#")]
            here += 1
            if len(chain) > _MOST_LOANS:
                raise UnreadableRepository(f"it borrows objects from more than {_MOST_LOANS} others (objects/info/alternates)")
        return chain

    def _ends(self) -> frozenset[str]:
        try:
            return frozenset((self.common / "shallow").read_text("ascii").split())
        except FileNotFoundError:
            return frozenset()
        except (OSError, UnicodeDecodeError) as error:
            raise UnreadableRepository(f"{self.common / 'shallow'}: {error}") from error


def require_regular(path: Path, most_bytes: int) -> None:
    """Raise UnreadableRepository unless `path` is a file of at most `most_bytes`, is absent or cannot be looked at."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return
    if not stat.S_ISREG(found.st_mode) and not stat.S_ISDIR(found.st_mode):
        raise UnreadableRepository(f"{path} is not a file")
    if stat.S_ISREG(found.st_mode) and found.st_size > most_bytes:
        raise UnreadableRepository(f"{path} is larger than {most_bytes:,} bytes")


def find_repository(folder: Path) -> Repository | None:
    """Return the repository that `folder` lies in, None when it lies in none: the nearest folder upwards with a `.git`, on the same disk.

    Nothing else counts. What merely looks like a repository (`HEAD`, `objects`, `refs`) can come with a push; `.git` cannot, for git refuses the name.
    """
    try:
        folder = folder.resolve()
        disk = folder.stat().st_dev
        for top in (folder, *folder.parents):
            if top.stat().st_dev != disk:
                return None
            if git := _git_folder(top / ".git"):
                return Repository(folder.relative_to(top).parts, git, _common_folder(git))
    except (OSError, RuntimeError, ValueError):
        return None
    return None


def _is_closed(path: Path) -> bool:
    """Whether this process may not read what is there."""
    try:
        path.stat()
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False
    return not os.access(path, os.R_OK, effective_ids=os.access in os.supports_effective_ids)


def _git_folder(mark: Path) -> Path | None:
    """The folder that `.git` is, or that it names in a worktree or a submodule."""
    if mark.is_dir():
        return mark if _is_repository(mark) else None
    pointer = _pointer(mark)
    if pointer.startswith("gitdir:"):
        return mark.parent / pointer.removeprefix("gitdir:").strip()
    return mark if os.path.lexists(mark) else None


def _is_repository(git: Path) -> bool:
    """Return whether a folder is one of git's, even where a part of it is lost; git itself takes no other folder of the name for one."""
    for name in ("HEAD", "objects", "refs"):
        try:
            (git / name).lstat()
        except PermissionError:
            return True
        except OSError:
            continue
        return True
    return False


def _common_folder(git: Path) -> Path:
    return git / _pointer(git / "commondir").strip()


def _pointer(path: Path) -> str:
    """The text of a small file that names a folder; empty when there is none."""
    try:
        if not path.is_file():
            return ""
        with path.open("rb") as file:
            return os.fsdecode(file.read(_MOST_POINTER_BYTES))
    except PermissionError:
        return ""
