"""Bodies that are too large, too slow or too many: reading them ends with 413, 408 or 503, which becomes the site's error page."""

import asyncio

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kb.server_limits import ServerLimits

MB = 1_000_000
SMALL_BYTES = 64_000
"""Forms without files are no larger, and find room while large uploads do not."""


class BodySize:
    """Lets a view read at most `most` bytes. Starlette's own `max_body_size` answers in its stead, with three words and no way on."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        announced = Headers(scope=scope).get("content-length", "") if scope["type"] == "http" else ""
        is_too_large = announced.isascii() and announced.isdigit() and (len(announced) > 18 or int(announced) > self._most)
        arrived = 0

        async def limited() -> Message:
            nonlocal arrived
            if is_too_large:
                raise HTTPException(413)
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > self._most:
                raise HTTPException(413)
            return message

        await self._app(scope, limited, send)


class BodyTime:
    """Lets a view read a body as long as it keeps coming, and as long as all bodies under way fit into `bodies_max_mb`.

    The server itself would wait for ever: a thousand clients that send a byte a second would each keep a connection and what it holds.
    """

    def __init__(self, app: ASGIApp, limits: ServerLimits) -> None:
        self._app, self._limits = app, limits
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        limits = self._limits
        arrived, held, is_whole, began_at = 0, 0, scope["type"] != "http", asyncio.get_running_loop().time()

        async def limited() -> Message:
            nonlocal arrived, held, is_whole
            if is_whole:
                # What is waited for now is that the client leaves.
                return await receive()
            try:
                async with asyncio.timeout_at(began_at + limits.body_timeout_s + arrived / limits.transfer_min_bytes_per_s):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408, headers={"Connection": "close"}) from None
            arrived += len(message.get("body", b""))
            is_whole = not message.get("more_body", False)
            if (more := max(0, arrived - SMALL_BYTES) - held) > 0:
                if self._held + more > limits.bodies_max_mb * MB:
                    raise HTTPException(503, headers={"Retry-After": "30"})
                self._held, held = self._held + more, held + more
            return message

        try:
            await self._app(scope, limited, send)
        finally:
            self._held -= held
