"""The app: the routes of every room behind one guard, and what they share on `app.state`."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from typing import Any

from anyio.to_thread import current_default_thread_limiter
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from kb.accounts import views as accounts
from kb.accounts.audit_log.settings_watch import record_changes
from kb.accounts.sessions import current_user
from kb.articles.catalog.broken_files import broken_count
from kb.articles.catalog.library import Library, Options, Progress
from kb.articles.pages import views as articles
from kb.articles.pages.redirects import not_found
from kb.config import Settings, secret_key
from kb.db import Database
from kb.events import views as events
from kb.events.caps import Caps
from kb.events.most_read import MostRead
from kb.events.recorder import Recorder
from kb.i18n.formats import MB
from kb.site import health
from kb.site.content_watcher import following
from kb.site.front import Front, FrontedApp
from kb.site.worker_setup import make_worker, running_worker
from kb.web import security_txt
from kb.web.errors import crash, database_busy, database_fault, error_page, gone, no_room
from kb.web.guard import Guard, Hosts, security_headers
from kb.web.http.body_limit import BodySize, BodyTime
from kb.web.http.writing_threads import WritingThreads
from kb.web.language import PageLanguage
from kb.web.pages import FinishedPages
from kb.web.static import StaticFiles
from kb.web.templates import environment
from kb.web.theme import theme_files
from search import views as search
from search.rate_limit import SearchLimit
from search.searcher import Searcher
from tickets.api import tickets as tickets_api
from tickets.deflection import views as deflection
from tickets.desk import views as desk
from tickets.requests import views as requests
from tickets.teams import views as teams

ROOMS = (search, health, articles, events, accounts, requests, tickets_api, deflection, desk, teams, security_txt)
"""Each route is tried in turn, so what is asked for at every keystroke comes first."""
ERRORS: dict[Any, Callable[[Request, Exception], Response | Awaitable[Response]]] = {
    404: not_found,
    HTTPException: error_page,
    OperationalError: database_busy,
    DBAPIError: database_fault,
    PoolTimeout: database_busy,
    OSError: no_room,
    ClientDisconnect: gone,
    Exception: crash,
}


def create_app(settings: Settings, *, on_article: Progress | None = None, on_indexed: Progress | None = None) -> Starlette:
    """The whole product as one ASGI app, its content loaded and searchable; the database must be migrated already.

    `on_article` and `on_indexed` hear how far loading and indexing are: articles done, articles in all.
    """
    static = StaticFiles(theme_files(settings))
    hosts = Hosts(settings)
    app = FrontedApp(
        routes=[Route("/static/{digest}/{path:path}", static.serve), *(route for room in ROOMS for route in room.routes)],
        middleware=[
            Middleware(PageLanguage, settings=settings),
            Middleware(Guard, settings=settings, hosts=hosts),
            Middleware(BodyTime, limits=settings, trusted_proxies=settings.trusted_proxies),
            Middleware(BodySize, most=settings.body_max_mb * MB),
        ],
        exception_handlers=ERRORS,
        lifespan=_serving,
    )
    app.trust(settings.trusted_proxies)
    app.state.settings, app.state.static, app.state.secret_key = settings, static, secret_key(settings)
    app.state.templates, app.state.current_user = environment(settings, static), current_user
    _open(app, settings, on_article)
    app.state.searcher.sync(app.state.library.catalog, on_indexed)
    app.front = Front(app.state.pages, hosts, app.state.recorder, security_headers(settings), lambda: bool(app.state.library.catalog.restricted))
    return app


def _open(app: Starlette, settings: Settings, on_article: Progress | None) -> None:
    """Everything that is read from or written to; `_serving` closes it."""
    state = app.state
    options = Options.of(settings)
    state.database = Database(settings.database, pool_size=settings.database_pool, limits=settings, may_create=False)
    is_secure = settings.base_url.startswith("https:")
    state.recorder = Recorder(state.database, Caps.of(settings), key=state.secret_key, is_on=settings.record_events, is_secure=is_secure)
    state.most_read = MostRead(state.database)
    library = state.library = Library(settings.content, options=options, cache=settings.data / "rendered.sqlite", progress=on_article)
    state.templates.globals["broken_articles"] = lambda: broken_count(library.catalog)
    state.search_limit = SearchLimit(settings.searches_per_minute)
    state.searcher = Searcher(settings, keeps_index=settings.worker)
    state.pages = FinishedPages(lambda: library.catalog.generation)
    state.writing_threads = WritingThreads(settings.threads, settings.database_wait_s, one_writer=state.database.is_sqlite)
    state.health = health.Health(settings, state.database)
    state.worker = make_worker(settings, state.database, state.templates)


@asynccontextmanager
async def _serving(app: Starlette) -> AsyncIterator[None]:
    """While the app serves it follows the content and, unless a worker runs beside it, does the work of the outbox."""
    state = app.state
    record_changes(state.database, state.settings, state.secret_key)
    current_default_thread_limiter().total_tokens = state.settings.threads
    try:
        with following(state.library, state.searcher), running_worker(state.worker) if state.settings.worker else nullcontext():
            yield
    finally:
        state.searcher.close()
        state.recorder.close()
        state.database.close()
