"""`/healthz`: how this process is, for load balancers and monitors."""

from typing import cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from kb.articles.library import Library
from kb.db import database
from search.searcher import Searcher


def health(request: Request) -> Response:
    """200 while articles are served and requests can be filed, even with search standing in for itself; else 503."""
    library = cast(Library, request.app.state.library)
    searcher = cast(Searcher, request.app.state.searcher)
    has_database = database(request).is_reachable()
    state = {
        "status": "ok" if has_database else "down",
        "search": "ok" if searcher.status == "ok" else "down",
        "database": "ok" if has_database else "down",
        "content": {"articles": len(library.catalog.articles), "errors": sum(problem.is_error for problem in library.catalog.problems)},
    }
    return JSONResponse(state, 200 if has_database else 503, headers={"Cache-Control": "no-store"})


routes = [Route("/healthz", health)]
