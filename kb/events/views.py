"""`POST /events`: what only the page can see. Nothing here may disturb the reader, so the answer is 204 whatever became of it."""

from collections.abc import Mapping
from typing import Any, Protocol, cast

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from kb.db import database
from kb.events.beacon import MAX_BYTES, REPORTABLE, BadBeacon, Beacon, parse_beacon
from kb.events.queries import count_in_visit
from kb.events.recorder import VISIT_COOKIE, VISITOR_COOKIE, Visit, recorder

MOST_PER_VISIT = 300


class Version(Protocol):
    """What is read of an article."""

    digest: str
    commit: str | None


class Shelf(Protocol):
    """What is read of the library."""

    @property
    def catalog(self) -> Any:
        """The content now; its `articles` by slug."""
        ...


async def record(request: Request) -> Response:
    """204 for what was recorded, and for what does not count; 400 for what cannot be read; 413 for too much of it."""
    body = await _read(request)
    if body is None:
        return PlainTextResponse(f"A report has at most {MAX_BYTES} bytes.", 413)
    try:
        beacon = parse_beacon(body)
    except BadBeacon as problem:
        return PlainTextResponse(f"This report was not recorded: {problem}.", 400)
    return await run_in_threadpool(_record, request, beacon)


def _record(request: Request, beacon: Beacon) -> Response:
    answer = Response(status_code=204, headers={"Cache-Control": "no-store"})
    visit = _visit(request)
    if visit is None or not _all_exist(request, beacon):
        return answer
    with database(request).read() as session:
        if count_in_visit(session, visit.id, REPORTABLE) >= MOST_PER_VISIT:
            return answer
    recorder(request).add(visit, beacon.kind, **(_version(request, beacon) | dict(beacon.columns)))
    visit.stamp(answer)
    return answer


def _visit(request: Request) -> Visit | None:
    # A page that reports was visited before: whoever brings neither cookie keeps none, and is not followed.
    if VISIT_COOKIE not in request.cookies and VISITOR_COOKIE not in request.cookies:
        return None
    return recorder(request).visit(request)


def _all_exist(request: Request, beacon: Beacon) -> bool:
    articles = _articles(request)
    return articles is None or all(slug in articles for slug in beacon.slugs)


def _version(request: Request, beacon: Beacon) -> dict[str, Any]:
    """The digest and commit of the article's present version, unless the page showed another."""
    article = (_articles(request) or {}).get(beacon.columns.get("slug", ""))
    if article is None or beacon.columns.get("digest", article.digest) != article.digest:
        return {}
    return {"digest": article.digest, "commit": article.commit}


def _articles(request: Request) -> Mapping[str, Version] | None:
    library = cast(Shelf | None, getattr(request.app.state, "library", None))
    return None if library is None else cast(Mapping[str, Version], library.catalog.articles)


async def _read(request: Request) -> bytes | None:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            return None
    return bytes(body)


routes = [Route("/events", record, methods=["POST"])]
