"""Connections to one SQLite file, and what is known of that file."""

import logging
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DatabaseError, OperationalError

log = logging.getLogger("deskbook")

DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class FileLost(OperationalError):
    """The database file is gone, is another one or is damaged, which the log says already."""

    def __init__(self, reason: str) -> None:
        super().__init__("", None, sqlite3.OperationalError(reason))


class SqliteFile:
    """The file that the first connection opened.

    SQLite goes on writing into a file that was deleted or replaced, and what it writes is lost with the last connection.
    """

    def __init__(self, name: str | None, wait_s: float, *, may_create: bool, may_change: bool = True) -> None:
        """`name` is a path; without one, or with `:memory:`, each connection has a database of its own."""
        self._path = None if name in (None, "", ":memory:") else Path(os.path.abspath(str(name)))
        self._wait_s, self._may_create, self._may_change = wait_s, may_create, may_change
        self._identity: tuple[int, int] | None = None
        self._is_loss_logged = False
        self._is_damaged = False
        if self._path and may_create:
            self._path.parent.mkdir(parents=True, exist_ok=True)

    def connect(self) -> sqlite3.Connection:
        """Return a new connection; it creates the file only as the first one, and only where that is allowed."""
        if self._path is None:
            driver = sqlite3.connect(":memory:", timeout=self._wait_s)
        else:
            self.require_file()
            is_new = self._identity is None and self._may_create
            if not is_new and not self._path.exists():
                raise sqlite3.OperationalError(f"there is no file {self._path}; create it with `deskbook migrate`, or restore a backup")
            if self._path.exists() and not self._path.is_file():
                raise sqlite3.OperationalError(f"{self._path} is not a regular file; put the database in its place")
            uri = f"{self._path.as_uri()}?{self._mode(is_new=is_new)}"
            driver = sqlite3.connect(uri, uri=True, timeout=self._wait_s, check_same_thread=False)
        _set_up(driver, self._wait_s, is_to_change=self._may_change)
        if self._path and self._identity is None:
            self._identity = _identity(self._path)
        return driver

    def _mode(self, *, is_new: bool) -> str:
        if self._may_change:
            return f"mode={'rwc' if is_new else 'rw'}"
        # To read beside a process that has the file open, SQLite needs what lies beside it; where nobody has, it would make that.
        is_in_use = Path(f"{self._path}-wal").exists()
        return "mode=ro" if is_in_use else "mode=ro&immutable=1"

    def require_file(self) -> None:
        """Raise FileLost if the path no longer leads to the file that the connections have open."""
        if reason := self._loss():
            if not self._is_loss_logged:
                self._is_loss_logged = True
                log.error(
                    "the database file %s %s. Nothing is saved until it is back. Move it back, or stop Deskbook, restore a backup and start it again",
                    self._path,
                    reason,
                )
            raise FileLost(f"the database file {reason}")
        if self._is_loss_logged:
            self._is_loss_logged = False
            log.warning("the database file %s is back", self._path)

    @contextmanager
    def noting_damage(self) -> Iterator[None]:
        """Raise FileLost instead of the error by which SQLite says that the file is damaged."""
        try:
            yield
        except DatabaseError as error:
            if _error_code(error) not in DAMAGE:
                raise
            if not self._is_damaged:
                self._is_damaged = True
                log.error("the database file %s is damaged (%s). Stop Deskbook, restore a backup and start it again", self._path, error.orig)
            raise FileLost(str(error.orig)) from error

    def is_whole(self) -> bool:
        """Return whether the file is in its place, and SQLite has not found it damaged."""
        try:
            self.require_file()
        except FileLost:
            return False
        return not self._is_damaged

    def _loss(self) -> str:
        if self._path is None or self._identity is None:
            return ""
        try:
            return "" if _identity(self._path) == self._identity else "was replaced by another file"
        except (FileNotFoundError, NotADirectoryError):
            return "was deleted or moved"
        except OSError as error:
            return f"cannot be reached ({error.strerror})"


def is_lock(error: OperationalError) -> bool:
    """Return whether another process keeps SQLite locked."""
    return _error_code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _error_code(error: DatabaseError) -> int:
    code: int = getattr(error.orig, "sqlite_errorcode", 0)
    return code & 0xFF


def _identity(path: Path) -> tuple[int, int]:
    found = os.stat(path)
    return found.st_dev, found.st_ino


def _set_up(driver: sqlite3.Connection, wait_s: float, *, is_to_change: bool) -> None:
    driver.isolation_level = None  # the dialect begins transactions
    try:
        for pragma in (f"busy_timeout={int(wait_s * 1000)}", "synchronous=FULL", "foreign_keys=ON"):
            driver.execute(f"PRAGMA {pragma}")
        if is_to_change:
            _turn_to_wal(driver)
    except sqlite3.Error:
        driver.close()
        raise


def _turn_to_wal(driver: sqlite3.Connection) -> None:
    # Two connections that turn a new file to WAL at once: SQLite refuses one without waiting.
    for attempt in range(100):
        try:
            driver.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if attempt == 99:
                raise
            time.sleep(0.02)
