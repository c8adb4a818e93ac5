"""Public pages as finished bytes: rendered and compressed once per content generation, the same for every visitor."""

import gzip
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from starlette.requests import Request
from starlette.responses import Response

from kb.web.http.encoding import asked_encoding, takes_gzip

MOST_PAGES = 20_000
COMPRESSIBLE_BYTES = 500


@dataclass(frozen=True, slots=True)
class Finished:
    """One page; `status` is that of a full answer, `viewed` the columns of the `article_view` event that reading it makes."""

    body: bytes
    zipped: bytes | None
    headers: tuple[tuple[bytes, bytes], ...]
    etag: str
    status: int = 200
    viewed: dict[str, str | None] | None = None

    @property
    def etag_bytes(self) -> bytes:
        """The ETag as it stands in the headers."""
        return self.headers[1][1]


class FinishedPages:
    """The pages of one content generation, by path; a newer generation empties them. `generation` tells the present one."""

    def __init__(self, generation: Callable[[], int] = lambda: 0) -> None:
        self._present = generation
        self._generation = -1
        self._pages: dict[str, Finished] = {}

    def ready(self, path: str) -> Finished | None:
        """The page of `path` if it is finished already and still holds."""
        return self._pages.get(path) if self._present() == self._generation else None

    def get(self, key: str, generation: int, make: Callable[[], Finished]) -> Finished:
        """The page kept under its path, made now when it is not there yet."""
        if generation != self._generation:
            self._pages, self._generation = {}, generation
        pages = self._pages
        page = pages.get(key)
        if page is None:
            page = make()
            if len(pages) < MOST_PAGES:
                pages[key] = page
        return page


def finish(
    text: str,
    media_type: str = "text/html; charset=utf-8",
    *,
    status: int = 200,
    cache: str = "no-cache",
    viewed: dict[str, str | None] | None = None,
    language: str = "",
) -> Finished:
    """`text` as bytes and gzip, with its strong ETag. `no-cache` lets browsers keep it, and ask whether it still holds."""
    body = text.encode("utf-8", "replace")
    zipped = gzip.compress(body, 6, mtime=0) if len(body) > COMPRESSIBLE_BYTES else None
    etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
    headers: tuple[tuple[bytes, bytes], ...] = (
        (b"content-type", media_type.encode()),
        (b"etag", etag.encode()),
        (b"cache-control", cache.encode()),
        (b"vary", b"accept-encoding"),
    )
    if language:
        headers += ((b"content-language", language.encode()),)
    return Finished(body, zipped, headers, etag, status, viewed)


def respond(request: Request, page: Finished) -> Response:
    """304 when the reader has it already, else the page, compressed where the reader takes that."""
    if page.status == 200 and page.etag in request.headers.get("if-none-match", ""):
        return _bare(b"", page.headers, 304)
    if page.zipped is not None and takes_gzip(asked_encoding(request.scope["headers"])):
        return _bare(page.zipped, (*page.headers, (b"content-encoding", b"gzip")), page.status)
    return _bare(page.body, page.headers, page.status)


def finished_pages(request: Request) -> FinishedPages:
    """The pages of the app that serves this request."""
    return cast(FinishedPages, request.app.state.pages)


def _bare(body: bytes, headers: tuple[tuple[bytes, bytes], ...], status: int) -> Response:
    # Response.__init__ would encode and re-measure what is known already.
    response = Response.__new__(Response)
    response.status_code, response.body, response.background = status, body, None
    response.raw_headers = [*headers, (b"content-length", str(len(body)).encode())] if status != 304 else list(headers)
    return response
