"""Real git, to build the repositories that tests read."""

import os
import subprocess
from pathlib import Path

DAY = "2024-02-{:02}T04:05:06Z"
_ALONE = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}


def git(folder: Path, *words: str, day: int = 3, **variables: str) -> str:
    """Run git in the folder, on that day of February 2024; return what it prints."""
    names = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in (("NAME", "x"), ("EMAIL", "x@x"), ("DATE", DAY.format(day)))}
    command = ["git", "-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always", "-C", str(folder), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | _ALONE | names | variables).stdout.strip()


def commit_all(folder: Path, day: int = 3) -> str:
    """Commit everything in the folder, with a repository made where there is none; return the commit's id."""
    if not (folder / ".git").exists():
        git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", f"day {day}", day=day)
    return git(folder, "rev-parse", "HEAD")
