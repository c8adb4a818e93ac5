"""When each file was last committed, asked of git once for all files."""

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

TIMEOUT_S = 20
LOCK_HOLDS_S = 60


@dataclass(frozen=True, slots=True)
class Commit:
    """The last commit that touched a file."""

    id: str
    at: datetime


def head(root: Path) -> str:
    """The id of the present commit with all its history; empty where there is no repository, no commit, no git, or the clone is shallow."""
    answer = _git(root, "rev-parse", "--is-shallow-repository", "HEAD").split()
    return answer[1] if len(answer) == 2 and answer[0] == "false" else ""


@dataclass(frozen=True, slots=True)
class Repository:
    """Two files of the repository: `log` changes with every commit and checkout, `lock` is there while git writes files."""

    log: Path
    lock: Path

    def is_writing(self, now: float) -> bool:
        """Whether git is at work on the files; a lock older than a minute was left by one that was killed."""
        try:
            return abs(now - self.lock.stat().st_mtime) < LOCK_HOLDS_S
        except OSError:
            return False


def repository(root: Path) -> Repository | None:
    """The repository the folder lies in; None where there is none."""
    log, lock = (_git(root, "rev-parse", "--git-path", name).strip() for name in ("logs/HEAD", "index.lock"))
    return Repository(root / log, root / lock) if log and lock else None


def last_commits(root: Path) -> dict[str, Commit]:
    """The last commit of every file that has not been changed since, by path relative to `root`."""
    log = _git(root, "-c", "core.quotePath=false", "log", "--format=%x01%H %ct", "--name-only", "-z", "--no-renames", "--relative", "--", ".")
    changed = set(_git(root, "-c", "core.quotePath=false", "diff", "--name-only", "-z", "--relative", "HEAD", "--", ".").split("\0"))
    found: dict[str, Commit] = {}
    for entry in log.split("\x01")[1:]:
        first, *paths = entry.replace("\n", "\0").split("\0")
        commit_id, _, seconds = first.partition(" ")
        commit = Commit(commit_id, datetime.fromtimestamp(int(seconds), UTC))
        for path in paths:
            if path and path not in changed:
                found.setdefault(path, commit)
    return found


def _git(root: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, timeout=TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "surrogateescape") if done.returncode == 0 else ""
