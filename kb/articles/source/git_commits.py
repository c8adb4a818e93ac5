"""The commit that made each file what it is, found in the objects of a git repository."""

import heapq
import stat
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from dulwich.object_format import SHA1, SHA256
from dulwich.object_store import DiskObjectStore
from dulwich.objects import Commit as GitCommit
from dulwich.objects import ObjectID, Tree

from kb.articles.source.git_repository import Repository, State, UnreadableRepository

_KEPT_FOLDERS, _KEPT_COMMITS = 4096, 1024

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


class Objects:
    """Commits and folders of a repository by their ids; KeyError for what a partial clone leaves out."""

    def __init__(self, repository: Repository, state: State) -> None:
        repository.refuse_special_objects()
        self._store = DiskObjectStore(str(repository.common / "objects"), object_format=SHA256 if len(state.head) == 64 else SHA1)
        self.folder = lru_cache(_KEPT_FOLDERS)(self._folder)
        self.commit = lru_cache(_KEPT_COMMITS)(self._commit)

    def close(self) -> None:
        """Close the files that were opened."""
        self._store.close()

    def _folder(self, found: bytes) -> dict[bytes, Entry]:
        tree = self._store[ObjectID(found)]
        if not isinstance(tree, Tree):
            raise UnreadableRepository(f"{found.decode()} is no folder")
        return {name: (mode, entry) for name, mode, entry in tree.iteritems()}

    def _commit(self, found: bytes) -> GitCommit:
        commit = self._store[ObjectID(found)]
        if not isinstance(commit, GitCommit):
            raise UnreadableRepository(f"{found.decode()} is no commit")
        return commit


class Search:
    """Follows each file back to the commit that made it what it is: newest commits first, and on to a parent that has it just so."""

    def __init__(self, objects: Objects, inside: tuple[str, ...], known_head: str, known: dict[str, Commit], deadline: float) -> None:
        self.is_cut = False
        """Whether a part of the history that was needed is not in the clone."""
        self.is_late = False
        """Whether the deadline, of `time.monotonic`, came before all was found."""
        self._objects, self._known_head, self._known, self._deadline = objects, known_head, known, deadline
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
            heapq.heappush(self._next, (-self._objects.commit(commit).commit_time, commit))

    def _take_known(self, commit: bytes, paths: set[bytes]) -> set[bytes]:
        if commit.decode() != self._known_head:
            return set()
        known = {path: found for path in paths if (found := self._known.get(_text(path)))}
        self._found |= {_text(path): found for path, found in known.items()}
        return set(known)

    def _unlike_parents(self, commit: bytes, paths: set[bytes]) -> set[bytes]:
        """Pass on the paths that a parent has just so; return the others."""
        try:
            content = self._content(commit)
            for parent in self._objects.commit(commit).parents:
                before = self._content(parent)
                changed = set() if content == before else {path for path in _changed(self._objects, self._wanted, content, before) if path in paths}
                paths -= changed
                self._pass_on(parent, paths)
                paths = changed
        except KeyError:
            self.is_cut = True
            return set()
        return paths

    def _keep(self, commit: bytes, paths: set[bytes], blobs: dict[bytes, bytes]) -> None:
        try:
            at = datetime.fromtimestamp(self._objects.commit(commit).commit_time, UTC)
        except (OverflowError, ValueError, OSError):
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
