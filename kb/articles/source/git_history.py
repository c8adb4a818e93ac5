"""When each file was last committed: read from the git repository's own files, for all files at once."""

import json
import time
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kb.articles.source.git_commits import Commit, Objects, Search
from kb.articles.source.git_repository import Repository, State, UnreadableRepository, find_repository

TIMEOUT_S = 20.0
RETRY_AFTER_S = 60


class History:
    """The commits of the files below `root`. `look` keeps up with the repository."""

    def __init__(self, root: Path, timeout_s: float = TIMEOUT_S, kept: str = "") -> None:
        self.commits: dict[str, Commit] = {}
        """By path relative to `root`; a file whose commit is not known is missing."""
        self.problem = ""
        """Why articles show their files' dates although there is a repository, and what to do about it; empty when they need not."""
        self.is_cut = False
        """Whether the clone is without a part of its history."""
        self._root, self._timeout_s = root, timeout_s
        self._repository: Repository | None = None
        self._state: State | None = None
        self._asked: frozenset[str] = frozenset()
        self._known = _Known.read(kept)
        self._retry_at = 0.0

    @property
    def has_repository(self) -> bool:
        """Whether the content lies in a git repository."""
        return self._repository is not None

    def is_writing(self) -> bool:
        """Return whether git is at work on the files."""
        repository = find_repository(self._root)
        return repository is not None and repository.is_writing(time.time())

    def look(self, paths: Collection[str]) -> bool:
        """Read what is new in the history of `paths`; return whether anything is."""
        before = (self.commits, self.problem)
        try:
            self._look(frozenset(paths))
        except Exception as error:
            # Whatever is wrong in a repository, the articles themselves can be read.
            said = str(error) if isinstance(error, UnreadableRepository) else f"it is damaged: {type(error).__name__} {error}"
            git = self._repository.git if self._repository else self._root
            self.problem = f"articles show their files' dates, because the git history in {git} cannot be read: {said}"
            self._state, self._retry_at = None, time.monotonic() + RETRY_AFTER_S
        return (self.commits, self.problem) != before

    def to_keep(self) -> str:
        """Return what a later start need not find out again; empty when there is nothing."""
        return self._known.text()

    def _look(self, paths: frozenset[str]) -> None:
        repository = find_repository(self._root)
        if self.problem and repository == self._repository and time.monotonic() < self._retry_at:
            return
        if repository != self._repository:
            self.commits = {}
        self._repository = repository
        state = repository.state() if repository else State("")
        if state == self._state and paths <= self._asked:
            return
        self.problem, self.is_cut = "", False
        self.commits = self._read(repository, state, paths) if repository and state.head else {}
        self._state, self._asked = state, paths

    def _read(self, repository: Repository, state: State, paths: frozenset[str]) -> dict[str, Commit]:
        known = self._known if self._known.inside == repository.inside else _Known()
        with closing(Objects(repository, state)) as objects:
            search = Search(objects, repository.inside, known.head, known.commits, time.monotonic() + self._timeout_s)
            commits = search.run(state, paths)
        self.is_cut = search.is_cut
        if search.is_late:
            self.problem = (
                f"older articles show their files' dates, because the git history was not read in {self._timeout_s:g} s: raise DESKBOOK_HISTORY_TIMEOUT_S"
            )
        elif not search.is_cut:
            self._known = _Known(state.head, repository.inside, commits)
        return commits


@dataclass(frozen=True, slots=True)
class _Known:
    """What was found out before, as of the commit `head`."""

    head: str = ""
    inside: tuple[str, ...] = ()
    commits: dict[str, Commit] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str) -> "_Known":
        try:
            kept: dict[str, Any] = json.loads(text)
            commits = {path: Commit(found, datetime.fromtimestamp(at, UTC), blob) for path, (found, at, blob) in kept["commits"].items()}
            return cls(str(kept["head"]), tuple(kept["inside"]), commits)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, OSError):
            return cls()

    def text(self) -> str:
        commits = {path: (commit.id, int(commit.at.timestamp()), commit.blob) for path, commit in self.commits.items()}
        return json.dumps({"head": self.head, "inside": self.inside, "commits": commits}) if self.head else ""
