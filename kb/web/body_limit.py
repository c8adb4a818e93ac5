"""Bodies that are too large or too slow: reading them ends with 413 or 408, which becomes the site's error page."""

import asyncio

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PATIENCE_S = 30.0
LEAST_BYTES_PER_S = 1000
"""Slower than this, a body is given up once the patience is over: the slowest of real lines sends ten times as much."""


class BodyLimit:
    """Lets a view read at most `most` bytes, as long as they keep coming. Starlette's own `max_body_size` answers in its stead, with three words and no way on.

    The server itself would wait for ever: a thousand clients that send a byte a second would each keep a connection and what it holds.
    """

    def __init__(self, app: ASGIApp, most: int, patience_s: float = PATIENCE_S) -> None:
        self._app = app
        self._most = most
        self._patience_s = patience_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        announced = Headers(scope=scope).get("content-length", "") if scope["type"] == "http" else ""
        size = int(announced) if announced.isascii() and announced.isdigit() and len(announced) < 19 else 0
        arrived, is_whole, began_at = 0, scope["type"] != "http", asyncio.get_running_loop().time()

        async def limited() -> Message:
            nonlocal arrived, is_whole
            if size > self._most:
                raise HTTPException(413)
            if is_whole:
                # What is waited for now is that the client leaves.
                return await receive()
            try:
                async with asyncio.timeout_at(began_at + self._patience_s + arrived / LEAST_BYTES_PER_S):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408, headers={"Connection": "close"}) from None
            arrived += len(message.get("body", b""))
            is_whole = not message.get("more_body", False)
            if arrived > self._most:
                raise HTTPException(413)
            return message

        await self._app(scope, limited, send)
