"""`POST /events`: what only the page can see. Nothing here may disturb the reader, so the answer is 204 whatever became of it."""

from typing import Any, Protocol, cast

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from kb.events.beacon import MAX_BYTES, BadBeacon, Beacon, parse_beacon
from kb.events.recorder import VISIT_COOKIE, VISITOR_COOKIE, CurrentVisit, recorder


class Version(Protocol):
    """What is read of an article."""

    digest: str
    commit: str | None
    locale: str


class Shelf(Protocol):
    """What is read of the library."""

    @property
    def catalog(self) -> Any:
        """The content now; its `articles` by slug, and what is `translated`."""
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
    recorder(request).add(visit, beacon.kind, **_told(request, beacon))
    visit.stamp(answer)
    return answer


def _visit(request: Request) -> CurrentVisit | None:
    # A page that reports was visited before: whoever brings neither cookie keeps none, and is not followed.
    if VISIT_COOKIE not in request.cookies and VISITOR_COOKIE not in request.cookies:
        return None
    return recorder(request).visit(request)


def _all_exist(request: Request, beacon: Beacon) -> bool:
    catalog = _catalog(request)
    return catalog is None or all(slug in catalog.articles for slug in beacon.slugs)


def _told(request: Request, beacon: Beacon) -> dict[str, Any]:
    """What is recorded: the version of the article that the page showed, and what the page told, as far as the site has that language."""
    catalog = _catalog(request)
    if catalog is None:
        return dict(beacon.columns)
    locale = beacon.columns.get("locale")
    is_known = locale in (catalog.locale, *catalog.translated)
    return _version(catalog, beacon) | {name: value for name, value in beacon.columns.items() if name != "locale" or is_known}


def _version(catalog: Any, beacon: Beacon) -> dict[str, Any]:
    """Digest, commit and language of the version with the digest that was told, else of the one that readers of that language get."""
    digest = beacon.columns.get("digest")
    catalogs = [catalog.translated.get(beacon.columns.get("locale"), catalog), catalog, *catalog.translated.values()]
    versions: list[Version] = [shelf.articles[slug] for shelf in catalogs if (slug := beacon.columns.get("slug")) in shelf.articles]
    shown = next((one for one in versions if digest in (None, one.digest)), None)
    if shown is None:
        return {}
    return {"digest": shown.digest, "commit": shown.commit} | ({"locale": shown.locale} if catalog.translated else {})


def _catalog(request: Request) -> Any:
    library = cast(Shelf | None, getattr(request.app.state, "library", None))
    return None if library is None else library.catalog


async def _read(request: Request) -> bytes | None:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            return None
    return bytes(body)


routes = [Route("/events", record, methods=["POST"])]
