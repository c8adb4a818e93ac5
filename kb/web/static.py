"""CSS, scripts and images of the product, served from memory under a URL that changes with their content."""

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from kb.web.http.encoding import asked_encoding, takes_gzip

FOLDER = Path(__file__).parent.parent / "static"
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
COMPRESSIBLE = ("text/", "image/svg")
STYLESHEET = "site.css"
BASE = "css/base.css"


class StaticFiles:
    """Every file of the static folder, and those made from settings (`extra`: path → bytes).

    One digest stands for all of them, so that scripts can import each other by relative paths.
    """

    def __init__(self, extra: Mapping[str, bytes] | None = None) -> None:
        self._files = {path.relative_to(FOLDER).as_posix(): path.read_bytes() for path in sorted(FOLDER.rglob("*")) if path.is_file()} | dict(extra or {})
        self._files[STYLESHEET] = _stylesheet(self._files)
        self._zipped: dict[str, bytes] = {}
        self.digest = hashlib.sha256(b"".join(name.encode() + content for name, content in sorted(self._files.items()))).hexdigest()[:12]

    def url(self, name: str) -> str:
        """Path of the file `name`; raises KeyError when there is none, so that a template cannot name a missing file."""
        self._files[name]
        return f"/static/{self.digest}/{name}"

    async def serve(self, request: Request) -> Response:
        """The file, to be kept for a year when asked for by its present digest."""
        name = request.path_params["path"]
        if name not in self._files:
            raise HTTPException(404)
        is_current = request.path_params["digest"] == self.digest
        cache = "public, max-age=31536000, immutable" if is_current else "no-cache"
        headers = {"Cache-Control": cache, "Vary": "Accept-Encoding"}
        if _type(name).startswith(COMPRESSIBLE) and takes_gzip(asked_encoding(request.scope["headers"])):
            return Response(self._compressed(name), media_type=_type(name), headers=headers | {"Content-Encoding": "gzip"})
        return Response(self._files[name], media_type=_type(name), headers=headers)

    def _compressed(self, name: str) -> bytes:
        """Compressed when first asked for: all of them at once cost each start 7 ms."""
        if name not in self._zipped:
            self._zipped[name] = gzip.compress(self._files[name], 9, mtime=0)
        return self._zipped[name]


def _stylesheet(files: Mapping[str, bytes]) -> bytes:
    """The theme, the base, then every component's file: one request instead of twenty. Layers make their order matter little."""
    components = sorted(name for name in files if name.startswith("css/") and name != BASE)
    return b"\n".join(files[name] for name in ("theme.css", BASE, *components) if name in files)


def _type(name: str) -> str:
    return TYPES.get(Path(name).suffix, mimetypes.guess_type(name)[0] or "application/octet-stream")
