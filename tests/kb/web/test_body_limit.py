"""Bodies that are too slow; those that are too large are tested where files are sent."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.testclient import TestClient
from starlette.types import Message

from kb.server_limits import ServerLimits
from kb.web.http.body_limit import BodyTime

Receive = Callable[[], Awaitable[Message]]
FORM = {"type": "http", "method": "POST", "path": "/requests", "headers": [(b"content-type", b"application/x-www-form-urlencoded"), (b"host", b"testserver")]}


def answer_to(client: TestClient, receive: Receive, patience_s: float) -> list[Message]:
    """What the site answers a client that sends as `receive` does."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope: dict[str, Any] = FORM | {"app": client.app, "raw_path": b"/requests", "query_string": b"", "root_path": "", "scheme": "http", "http_version": "1.1"}
    limits = ServerLimits(body_timeout_s=patience_s)
    asyncio.run(BodyTime(client.app, limits)(scope, receive, send))
    return sent


def test_a_body_that_never_comes_is_given_up_with_a_page_that_says_so(client: TestClient) -> None:
    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    start, body = answer_to(client, receive, 0.05)
    assert start["status"] == 408
    assert (b"connection", b"close") in start["headers"]
    assert b"still in the form" in body["body"]


def test_a_body_that_trickles_in_is_given_up_too(client: TestClient) -> None:
    async def receive() -> Message:
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"a", "more_body": True}

    assert answer_to(client, receive, 0.1)[0]["status"] == 408


def test_a_whole_body_is_answered_however_long_the_client_stays(client: TestClient) -> None:
    async def receive() -> Message:
        return {"type": "http.request", "body": b"subject=x", "more_body": False}

    assert answer_to(client, receive, 5.0)[0]["status"] == 403
