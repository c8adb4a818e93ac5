"""Run the app under uvicorn in one process, and stop it in good order."""

import asyncio
import gc
import logging
import signal
import socket
import tempfile
from functools import partial
from typing import cast

import uvicorn
from starlette.applications import Starlette

from kb.accounts import people
from kb.accounts.audit_log.log import DESKBOOK, record
from kb.accounts.audit_log.models import Kind
from kb.accounts.authentication import links
from kb.config import Settings
from kb.db import Database, now
from kb.site.app import create_app
from kb.site.cli import open_files
from kb.site.cli.content import require_folder
from kb.site.cli.site_address import announced
from kb.site.cli.terminal.logs import start_log
from kb.site.cli.terminal.output import note, progress
from kb.site.cli.terminal.refusal import Refused
from kb.web.http.connections import Connections
from kb.web.http.http_protocol import HttpProtocol

log = logging.getLogger("deskbook.server")
GRACE_S = 30
YOUNG_OBJECTS = 10_000
"""New objects after which Python looks for cycles among them; by default 700, which it does several times in one answer (a twentieth of its time)."""


class Server(uvicorn.Server):
    """Says when it is ready to answer, and where."""

    def __init__(self, config: uvicorn.Config, greeting: str) -> None:
        super().__init__(config)
        self._greeting = greeting

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts as uvicorn does, then prints the greeting."""
        await super().startup(sockets)
        if self.started:
            note(self._greeting)


def run(settings: Settings) -> None:
    """Serves until SIGTERM or Ctrl-C; requests under way are answered first, for at most 30 s. Raises Refused when the port is taken."""
    start_log(settings.log_level)
    tempfile.gettempdir()  # found by opening a file, which may not be possible once there are many
    gc.set_threshold(YOUNG_OBJECTS, *gc.get_threshold()[1:])
    with _listener(settings) as listener:
        settings = _within_open_files(settings.model_copy(update={"port": listener.getsockname()[1]}))
        app = loaded(settings)
        server = Server(configuration(app, settings), _greeting(settings, app.state.database))
        # uvicorn raises the signal again after stopping; an ordered stop is a success, so nothing is left for it to do.
        for stop in (signal.SIGINT, signal.SIGTERM):
            signal.signal(stop, lambda *_: None)
        with announced(settings):
            server.run(sockets=[listener])
    if not server.started:
        raise Refused("Deskbook did not start; the lines above say why.")


def configuration(app: Starlette, settings: Settings, *, grace_s: int = GRACE_S) -> uvicorn.Config:
    """How uvicorn serves `app`: HTTP within the limits of the settings, and nothing else."""
    protocol = partial(HttpProtocol, connections=Connections(settings))
    return uvicorn.Config(
        app,
        http=cast(type[asyncio.Protocol], protocol),
        ws="none",
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=settings.keep_alive_s,
        timeout_graceful_shutdown=grace_s,
    )


def loaded(settings: Settings) -> Starlette:
    """The app, its content loaded; says how far it is when that takes long."""
    require_folder(settings)
    return create_app(settings, on_article=progress("Loading articles"), on_indexed=progress("Indexing articles"))


def _within_open_files(settings: Settings) -> Settings:
    limit = open_files.raise_limit(settings)
    fitted = open_files.fit(settings, limit)
    if fitted != settings:
        log.warning(
            "only %d files may be open, so %d connections, %d threads and %d database connections are used: raise the limit (LimitNOFILE= or ulimit -n)",
            limit,
            fitted.connections_max,
            fitted.threads,
            fitted.database_pool,
        )
    return fitted


def _listener(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise Refused(f"Cannot listen on {settings.host} port {settings.port}: {error.strerror or error}. Choose another with --port.") from None
    return listener


def _greeting(settings: Settings, database: Database) -> str:
    with database.write() as session:
        admin = people.first_admin(session, now())
        token = links.make_link(session, admin, now()) if admin else None
        if admin:
            record(session, Kind.SIGN_IN_LINK_MADE, DESKBOOK, now(), person=admin, detail="printed at the start, for the first admin")
    lines = [f"{settings.site_name} is at {settings.public_url}"]
    if token:
        lines += ["Sign in as its first admin with this link, once, within an hour:", settings.public_url + links.path(token)]
    return "\n".join(lines)
