"""Images and other files beside the articles: their addresses, sizes and types."""

import hashlib
import json
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from kb.articles.source.files import File
from kb.articles.source.image_size import image_size

MAX_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class Asset:
    """What is known of one state of a file."""

    path: str
    digest: str
    width: int
    height: int

    @property
    def url(self) -> str:
        """Its address, which changes with its content."""
        return f"/assets/{self.digest}/{quote(self.path)}"


class Assets:
    """The assets of one content folder, each read once per state of its file."""

    def __init__(self, root: Path, kept: dict[str, str]) -> None:
        self._root = root
        self._files: dict[str, File] = {}
        self._known: dict[str, tuple[str, Asset]] = {}
        self._kept = {key.removeprefix("asset:"): value for key, value in kept.items() if key.startswith("asset:")}
        self.fresh: dict[str, str] = {}
        """What was found out since this was last emptied, to be kept in the cache."""

    def update(self, files: dict[str, File]) -> None:
        """Takes note of the files that lie there now. They answer to their names as NFC, however the disk spells them."""
        self._files = {unicodedata.normalize("NFC", path): file for path, file in files.items()}

    @property
    def paths(self) -> Collection[str]:
        """The paths of all files, as NFC."""
        return self._files.keys()

    def __contains__(self, path: str) -> bool:
        return path in self._files

    def file(self, path: str) -> Path | None:
        """The file on disk, when it is one of the content's assets."""
        return self._root / self._files[path].path if path in self._files else None

    def get(self, path: str) -> Asset | None:
        """The asset at `path`; None when there is none, or it is larger than 50 MB or unreadable."""
        file = self._files.get(path)
        if file is None or file.size > MAX_BYTES:
            return None
        state = f"{file.mtime_ns}:{file.size}"
        known = self._known.get(path)
        if known is None or known[0] != state:
            asset = self._remembered(path, state) or self._read(path, file, state)
            if asset is None:
                return None
            known = self._known[path] = (state, asset)
        return known[1]

    def _remembered(self, path: str, state: str) -> Asset | None:
        try:
            kept_state, digest, width, height = json.loads(self._kept[path])
        except (KeyError, ValueError, TypeError):
            return None
        return Asset(path, digest, width, height) if kept_state == state else None

    def _read(self, path: str, file: File, state: str) -> Asset | None:
        try:
            with (self._root / file.path).open("rb") as opened:
                digest = hashlib.file_digest(opened, "sha256").hexdigest()[:12]
        except OSError:
            return None
        width, height = image_size(self._root / file.path) or (0, 0)
        self.fresh[f"asset:{path}"] = json.dumps((state, digest, width, height))
        return Asset(path, digest, width, height)
