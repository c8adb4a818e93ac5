"""Find the last commit of each file in the objects of a git repository."""

import heapq
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from dulwich.errors import FileFormatException
from dulwich.lru_cache import LRUSizeCache
from dulwich.object_format import SHA1, SHA256
from dulwich.objects import Commit as GitCommit
from dulwich.objects import parse_tree, valid_hexsha

from kb.articles.source.git_objects import COMMIT, TREE, ObjectStore, UnreadableObject
from kb.articles.source.git_repository import Repository, State

_KEPT_ENTRIES, _KEPT_PARENTS = 300_000, 100_000
AHEAD_S = 600
"""How far ahead of this machine's clock another one's may be."""

Entry = tuple[int, bytes]
"""Mode and id, as a folder of the repository lists them."""
Wanted = dict[bytes, "Wanted | None"]
"""The names in a folder that are looked for; None for a file."""


@dataclass(frozen=True, slots=True)
class Commit:
    """The last commit that touched a file, and the id that git gives to what it made of the file."""

    id: str
    at: datetime
    blob: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A commit as the search needs it: its folder, its parents and its time, in seconds."""

    tree: bytes
    parents: tuple[bytes, ...]
    time: int


class Objects:
    """Commits and folders of a repository by their ids; KeyError for what a partial clone leaves out, UnreadableObject for what is damaged or too large."""

    def __init__(self, repository: Repository, state: State, most_bytes: int) -> None:
        repository.refuse_special_objects()
        self._format = SHA256 if len(state.head) == 64 else SHA1
        self._store = ObjectStore(repository.object_folders(), self._format, most_bytes)
        self._folders: LRUSizeCache[bytes, dict[bytes, Entry]] = LRUSizeCache(_KEPT_ENTRIES, compute_size=lambda entries: len(entries) + 1)
        self._commits: LRUSizeCache[bytes, Snapshot] = LRUSizeCache(_KEPT_PARENTS, compute_size=lambda commit: len(commit.parents) + 4)

    def close(self) -> None:
        """Close the files that were opened."""
        self._store.close()

    def folder(self, found: bytes) -> dict[bytes, Entry]:
        """Return the entries of a folder by their names."""
        with suppress(KeyError):
            return self._folders[found]
        try:
            entries = {name: (mode, entry) for name, mode, entry in parse_tree(self._content(found, TREE), self._format.oid_length)}
        except (ValueError, IndexError, FileFormatException) as error:
            raise UnreadableObject(f"folder {found.decode()} is damaged") from error
        self._folders[found] = entries
        return entries

    def commit(self, found: bytes) -> Snapshot:
        """Return a commit."""
        with suppress(KeyError):
            return self._commits[found]
        try:
            commit = GitCommit.from_raw_string(COMMIT, self._content(found, COMMIT))
            assert isinstance(commit, GitCommit)  # noqa: S101
            read = Snapshot(commit.tree, tuple(commit.parents), commit.commit_time)
        except (ValueError, IndexError, KeyError, AttributeError, TypeError, FileFormatException) as error:
            if isinstance(error, KeyError):
                raise
            raise UnreadableObject(f"commit {found.decode()} is damaged") from error
        if not all(valid_hexsha(name) for name in (read.tree, *read.parents)):
            raise UnreadableObject(f"commit {found.decode()} is damaged")
        self._commits[found] = read
        return read

    def _content(self, found: bytes, kind: int) -> bytes:
        stored = self._store.read(found)
        if stored.type != kind:
            raise UnreadableObject(f"{found.decode()} is no {'commit' if kind == COMMIT else 'folder'}")
        return stored.content


class Search:
    """Follows each file back to the commit that made it what it is: newest commits first, and on to a parent that has it just so."""

    def __init__(self, objects: Objects, inside: tuple[str, ...], known_head: str, known: dict[str, Commit], deadline: float, now: float) -> None:
        self.is_cut = False
        """Whether a part of the history that was needed is not in the clone."""
        self.is_late = False
        """Whether the deadline, of `time.monotonic`, came before all was found."""
        self.damage = ""
        """Why a part of the history could not be read; empty when all could."""
        self.misdated = ""
        """A commit whose date is in the future or impossible, which is not believed; empty when there is none."""
        self._objects, self._known_head, self._known, self._deadline, self._now = objects, known_head, known, deadline, now
        self._inside = [part.encode("utf-8", "surrogateescape") for part in inside]
        self._wanted: Wanted = {}
        self._found: dict[str, Commit] = {}
        self._open: dict[bytes, set[bytes]] = {}
        self._next: list[tuple[int, bytes]] = []

    def run(self, state: State, paths: Iterable[str]) -> dict[str, Commit]:
        """Return the commit of each of the paths, relative to the content folder, that `state` has."""
        head, ends = state.head.encode(), {end.encode() for end in state.ends}
        self._wanted = _by_folder(path.encode("utf-8", "surrogateescape") for path in paths)
        content = self._content(head)
        blobs = dict(_files(self._objects, self._wanted, content)) if content else {}
        self._pass_on(head, set(blobs))
        while self._next:
            if time.monotonic() > self._deadline:
                self.is_late = True
                break
            commit = heapq.heappop(self._next)[1]
            asked = self._open.pop(commit)
            asked -= self._take_known(commit, asked)
            if commit in ends:
                self.is_cut |= bool(asked)
            elif asked:
                self._keep(commit, self._unlike_parents(commit, asked), blobs)
        return self._found

    def _pass_on(self, commit: bytes, paths: set[bytes]) -> None:
        if not paths:
            return
        if commit in self._open:
            self._open[commit] |= paths
        else:
            self._open[commit] = paths
            heapq.heappush(self._next, (-self._objects.commit(commit).time, commit))

    def _take_known(self, commit: bytes, paths: set[bytes]) -> set[bytes]:
        if commit.decode() != self._known_head:
            return set()
        known = {path: found for path in paths if (found := self._known.get(_text(path))) and found.at.timestamp() <= self._now + AHEAD_S}
        self._found |= {_text(path): found for path, found in known.items()}
        return set(known)

    def _unlike_parents(self, commit: bytes, paths: set[bytes]) -> set[bytes]:
        """Pass on the paths that a parent has just so; return the others."""
        try:
            content = self._content(commit)
            for parent in self._objects.commit(commit).parents:
                if time.monotonic() > self._deadline:
                    self.is_late = True
                    return set()
                before = self._content(parent)
                changed = set() if content == before else {path for path in _changed(self._objects, self._wanted, content, before) if path in paths}
                paths -= changed
                self._pass_on(parent, paths)
                paths = changed
        except KeyError:
            self.is_cut = True
            return set()
        except UnreadableObject as error:
            self.damage = self.damage or str(error)
            return set()
        return paths

    def _keep(self, commit: bytes, paths: set[bytes], blobs: dict[bytes, bytes]) -> None:
        seconds = self._objects.commit(commit).time
        try:
            at = datetime.fromtimestamp(seconds, UTC) if seconds <= self._now + AHEAD_S else None
        except (OverflowError, ValueError, OSError):
            at = None
        if at is None:
            self.misdated = self.misdated or (commit.decode() if paths else "")
            return
        self._found |= {_text(path): Commit(commit.decode(), at, blobs[path].decode()) for path in paths}

    def _content(self, commit: bytes) -> bytes | None:
        """The content folder as this commit has it; None where there is none."""
        found: bytes = self._objects.commit(commit).tree
        for part in self._inside:
            mode, found = self._objects.folder(found).get(part, (0, b""))
            if not stat.S_ISDIR(mode):
                return None
        return found


def _by_folder(paths: Iterable[bytes]) -> Wanted:
    wanted: Wanted = {}
    for path in paths:
        *folders, name = path.split(b"/")
        here = wanted
        for folder in folders:
            below = here.setdefault(folder, {})
            here = below if below is not None else {}
        here[name] = None
    return wanted


def _files(objects: Objects, wanted: Wanted, folder: bytes, prefix: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
    """Path and id of each wanted file in the folder."""
    entries = objects.folder(folder)
    for name, below in wanted.items():
        mode, found = entries.get(name, (0, b""))
        if below is not None and stat.S_ISDIR(mode):
            yield from _files(objects, below, found, prefix + name + b"/")
        elif below is None and stat.S_ISREG(mode):
            yield prefix + name, found


def _changed(objects: Objects, wanted: Wanted, folder: bytes | None, before: bytes | None, prefix: bytes = b"") -> Iterator[bytes]:
    """The wanted files of `folder` that are otherwise in `before`, or not there. Only what differs is opened."""
    now = objects.folder(folder) if folder else {}
    then = objects.folder(before) if before else {}
    for name, below in wanted.items():
        entry, other = now.get(name), then.get(name)
        if entry is None or entry == other:
            continue
        if below is None:
            yield prefix + name
        elif stat.S_ISDIR(entry[0]):
            yield from _changed(objects, below, entry[1], other[1] if other and stat.S_ISDIR(other[0]) else None, prefix + name + b"/")


def _text(path: bytes) -> str:
    return path.decode("utf-8", "surrogateescape")
