"""Rendered articles and dates in a SQLite file, so that the next start is quick. The file may be deleted at any time."""

import contextlib
import json
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kb.articles.article import Heading, Passage
from kb.articles.markdown.images import ImageUse
from kb.articles.markdown.references import Link
from kb.articles.markdown.render import Rendered

_TABLE = "CREATE TABLE IF NOT EXISTS kept (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"


class Cache:
    """Text by key. A file that is broken, locked or cannot be written is as good as an empty one."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        if path is not None:
            with contextlib.suppress(OSError):
                path.parent.mkdir(parents=True, exist_ok=True)

    def load(self) -> dict[str, str]:
        """Everything that is kept."""
        if self._path is None or not self._path.exists():
            return {}
        try:
            with contextlib.closing(self._open()) as connection:
                return dict(connection.execute("SELECT key, value FROM kept"))
        except sqlite3.DatabaseError:
            self._remove()
            return {}

    def save(self, added: dict[str, str], dropped: Iterable[str] = ()) -> None:
        """Keeps `added` and forgets `dropped`, both or neither."""
        if self._path is None:
            return
        with contextlib.suppress(sqlite3.Error), contextlib.closing(self._open()) as connection, connection:
            connection.executemany("DELETE FROM kept WHERE key = ?", [(key,) for key in dropped])
            connection.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?)", list(added.items()))

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(str(self._path), timeout=2)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute(_TABLE)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _remove(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(OSError):
                Path(f"{self._path}{suffix}").unlink()


def pack(rendered: Rendered) -> str:
    """A rendering as text."""
    return json.dumps(asdict(rendered) | {"anchors": sorted(rendered.anchors)}, ensure_ascii=False, separators=(",", ":"))


def unpack(text: str) -> Rendered:
    """The rendering `pack` was given; raises ValueError, KeyError or TypeError when it is not one."""
    kept: dict[str, Any] = json.loads(text)
    return Rendered(
        kept["html"],
        tuple(Heading(**heading) for heading in kept["headings"]),
        tuple(Passage(passage["anchor"], tuple(passage["trail"]), passage["text"]) for passage in kept["passages"]),
        tuple(Link(**link) for link in kept["links"]),
        tuple(ImageUse(**image) for image in kept["images"]),
        frozenset(kept["anchors"]),
        kept["hidden"],
    )
