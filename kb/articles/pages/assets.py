"""`/assets/<digest>/<path>`: images and files beside the articles."""

from pathlib import PurePosixPath
from typing import cast

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from kb.articles.catalog.library import Library
from kb.articles.source.files import ASSET_TYPES

_SHOWN = frozenset(("image/png", "image/jpeg", "image/gif", "image/webp", "video/mp4", "video/webm"))


async def asset(request: Request) -> Response:
    """The file, to be kept for a year; 301 to its present address when it has changed since."""
    library = cast(Library, request.app.state.library)
    path = request.path_params["path"]
    found, file = library.assets.get(path), library.assets.file(path)
    if found is None or file is None:
        raise HTTPException(404)
    if found.digest != request.path_params["digest"]:
        return RedirectResponse(found.url, 301, {"Cache-Control": "no-cache"})
    kind = ASSET_TYPES[PurePosixPath(path).suffix.lower()]
    # A drawing may carry scripts: it is shown inside a page, which runs none, and downloaded anywhere else.
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; media-src 'self'",
    }
    shown = kind in _SHOWN
    return FileResponse(
        file,
        media_type=kind if shown or kind == "image/svg+xml" else "application/octet-stream",
        headers=headers,
        filename=PurePosixPath(path).name,
        content_disposition_type="inline" if shown else "attachment",
    )
