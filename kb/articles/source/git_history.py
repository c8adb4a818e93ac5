"""When each file was last committed, read from the repository's own files without running git."""

import json
import logging
import time
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kb.articles.source.git_commits import Commit, Objects, Search
from kb.articles.source.git_objects import UnreadableObject
from kb.articles.source.git_repository import Repository, State, UnreadableRepository, find_repository
from kb.text.cleanup import one_line

log = logging.getLogger("deskbook.content")
TIMEOUT_S = 20.0
OBJECT_MAX_MB = 8
MB = 1_000_000
RETRY_AFTER_S = 60


class History:
    """The commits of the files below `root`. `look` keeps up with the repository."""

    def __init__(self, root: Path, timeout_s: float = TIMEOUT_S, kept: str = "", object_max_mb: int = OBJECT_MAX_MB) -> None:
        self.commits: dict[str, Commit] = {}
        """By path relative to `root`; a file whose commit is not known is missing."""
        self.problem = ""
        """Why articles show their files' dates although there is a repository, and what to do about it; empty when they need not."""
        self.is_cut = False
        """Whether the clone is without a part of its history."""
        self._root, self._timeout_s, self._object_max_mb = root, timeout_s, object_max_mb
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
            said = _in_words(error)
            log.debug("the git history cannot be read", exc_info=error)
            git = self._repository.git if self._repository else self._root
            self.problem = one_line(f"articles show their files' dates, because the git history in {git} cannot be read: {said}")
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
        with closing(Objects(repository, state, self._object_max_mb * MB)) as objects:
            search = Search(objects, repository.inside, known.head, known.commits, time.monotonic() + self._timeout_s, time.time())
            commits = search.run(state, paths)
        self.is_cut = search.is_cut
        self.problem = self._problem_of(search, repository)
        if not (search.is_late or search.damage or search.is_cut):
            self._known = _Known(state.head, repository.inside, commits)
        return commits

    def _problem_of(self, search: Search, repository: Repository) -> str:
        if search.damage:
            return f"older articles show their files' dates, because a part of the git history in {repository.git} cannot be read: {search.damage}"
        if search.is_late:
            return f"older articles show their files' dates, because the git history was not read in {self._timeout_s:g} s: raise DESKBOOK_HISTORY_TIMEOUT_S"
        if search.misdated:
            return f"some articles show their files' dates, because the date of commit {search.misdated} is in the future or impossible"
        return ""


def _in_words(error: Exception) -> str:
    match error:
        case UnreadableRepository() | UnreadableObject():
            return str(error)
        case KeyError():
            return f"object {error.args[0] if error.args else ''} is missing"
        case OSError():
            return f"{error.filename or 'a file'}: {error.strerror or 'it cannot be read'}"
    return "it is damaged"


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
