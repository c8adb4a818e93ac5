"""One request answered without a server, for smoke tests."""

import asyncio
from typing import Any

from kb.config import Settings
from kb.site.cli.server import loaded


def answer(settings: Settings, path: str) -> tuple[int, bytes]:
    """Status and body of GET `path`, which begins with a slash and may hold a query."""
    return asyncio.run(_answer(settings, path))


async def _answer(settings: Settings, path: str) -> tuple[int, bytes]:
    app = loaded(settings)
    route, _, query = path.partition("?")
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": route,
        "raw_path": route.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(b"host", settings.public_url.partition("://")[2].encode())],
        "client": ("127.0.0.1", 0),
        "server": (settings.host, settings.port),
        "state": {},
        "app": app,
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    async with app.router.lifespan_context(app):
        await app(scope, receive, send)
    status: int = next(message["status"] for message in sent if message["type"] == "http.response.start")
    return status, b"".join(message.get("body", b"") for message in sent)
