"""Redirect the addresses of moved articles and of a former help centre."""

import re
from datetime import UTC, datetime
from typing import cast
from urllib.parse import quote, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kb.articles.catalog.audiences import is_staff, load_audiences
from kb.articles.catalog.broken_files import broken_at
from kb.articles.catalog.library import Library
from kb.i18n import gettext as _
from kb.web.errors import error_page


async def old_article(request: Request) -> Response:
    """`/hc/<locale>/articles/<id>-any-words` leads to the article with that id."""
    found = re.match(r"\d+", request.path_params["number"])
    catalog = _library(request).catalog
    slug = catalog.by_external_id.get(found[0]) if found else None
    if slug is None or _library(request).get(slug, await load_audiences(request)) is None:
        raise HTTPException(404)
    asked = request.path_params.get("locale", "").lower()
    locale = next((one for one in (asked, asked.partition("-")[0]) if one in catalog.translated and one != catalog.locale), "")
    return RedirectResponse(quote(f"{f'/{locale}' if locale else ''}/articles/{slug}"), 301)


async def old_help_centre(request: Request) -> Response:
    """The other pages of the former help centre: its home, search and request form."""
    page = re.fullmatch(r"(?:[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)?/?(search|requests/new|requests)?/?", request.path_params["rest"])
    if page is None:
        raise HTTPException(404)
    words = request.query_params.get("query", "")[:200]
    query = f"?{urlencode({'q': words})}" if page[1] == "search" and words else ""
    return RedirectResponse(f"/{page[1] or ''}{query}", 301)


async def not_found(request: Request, error: Exception) -> Response:
    """301 when the path is an alias of an article, else the page that says there is nothing here."""
    library = _library(request)
    new_url = library.catalog.aliases.get(request.url.path.rstrip("/")) if request.method in ("GET", "HEAD") else None
    article = library.catalog.at(new_url) if new_url else None
    if new_url is None or article is None or not article.is_open_to(await load_audiences(request), datetime.now(UTC)):
        return await run_in_threadpool(error_page, request, await _explained(request, error))
    return RedirectResponse(quote(new_url), 301)


async def _explained(request: Request, error: Exception) -> Exception:
    """The error, with the reason for staff where an article is missing because its file has an error."""
    problem = broken_at(_library(request).catalog, request.url.path.rpartition("/articles/")[2])
    if problem is None or not await run_in_threadpool(is_staff, request):
        return error
    return HTTPException(404, _("This article is not published because its file has an error: %(problem)s", problem=problem))


def _library(request: Request) -> Library:
    return cast(Library, request.app.state.library)
