"""The modes of what Deskbook writes: only its owner can read it, also where an earlier version or a copied backup left it open."""

import glob
import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import make_url

from kb.config import Settings

log = logging.getLogger("deskbook")
FOR_OTHERS = 0o077
SQLITE = b"SQLite format 3\0"
NAMES = ("secret_key", "attachments", "mail", "address")
STEMS = ("deskbook", "search", "rendered")


def open_to_others(settings: Settings) -> list[Path]:
    """Return what of Deskbook's own others on this machine can read or write: the data folder, what is in it, the database."""
    return [path for path in _own(settings) if _mode(path) & FOR_OTHERS]


def close_to_others(settings: Settings) -> None:
    """Take the rights of everybody but the owner from what Deskbook wrote, and log it. What belongs to another user is left alone."""
    closed = [path for path in open_to_others(settings) if _close(path)]
    if closed:
        log.warning("others could read %s: now only their owner can", ", ".join(str(path) for path in closed))


def _own(settings: Settings) -> Iterator[Path]:
    folder = settings.data.absolute()
    try:
        folder = folder.resolve()
        inside = sorted(folder.iterdir())
    except (OSError, RuntimeError):
        inside = []
    if inside and all(_is_ours(path.name) for path in inside):
        yield folder  # else it is shared with something that may need its rights: what is in it is closed all the same
    yield from (path for path in inside if _is_ours(path.name))
    database = make_url(settings.database)
    if database.get_backend_name() == "sqlite" and database.database:
        file = Path(database.database).absolute()
        if (Path(os.path.realpath(file.parent)) != folder or not _is_ours(file.name)) and _is_sqlite(file):
            yield from (file, *sorted(file.parent.glob(f"{glob.escape(file.name)}-*")), *sorted(file.parent.glob(f"{glob.escape(file.stem)}-schema-*")))


def _is_ours(name: str) -> bool:
    return name in NAMES or any(name.startswith((f"{stem}.sqlite", f"{stem}-schema-")) for stem in STEMS) or name.endswith(".lock")


def _is_sqlite(file: Path) -> bool:
    """Whether the file named as the database is one: a mistyped path may lead to anything."""
    try:
        if not stat.S_ISREG(file.lstat().st_mode):
            return False
        with file.open("rb") as opened:
            return opened.read(len(SQLITE)) == SQLITE
    except OSError:
        return False


def _mode(path: Path) -> int:
    """Return the mode; 0 for what is not there, and for what is neither a file nor a folder: a link leads to what is not ours."""
    try:
        found = path.lstat()
    except OSError:
        return 0
    return found.st_mode if stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode) else 0


def _close(path: Path) -> bool:
    try:
        if path.lstat().st_uid != os.geteuid():
            return False
        path.chmod(stat.S_IMODE(_mode(path)) & ~FOR_OTHERS)
    except OSError:
        return False
    return True
