"""Bodies that are too large, too slow or too many: reading them ends with 413, 408, 429 or 503, which becomes the site's error page."""

import asyncio

from starlette.datastructures import FormData, Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kb.server_limits import ServerLimits
from kb.text.whole_number import parse_whole_number
from kb.web.http.upload_room import SMALL_BYTES, Room, UploadRoom

RETRY_AFTER_S = 30


class TooLarge(HTTPException):
    """The body has more than `most` bytes."""

    def __init__(self, most: int) -> None:
        super().__init__(413)
        self.most = most


class NoRoom(HTTPException):
    """The body does not fit beside the others under way; `arrived` is what of its form was read before."""

    def __init__(self, room: Room) -> None:
        super().__init__(room.value, headers={"Retry-After": str(RETRY_AFTER_S), "Connection": "close"})
        self.arrived: FormData | None = None


class BodySize:
    """Lets a view read at most `most` bytes. Starlette's own `max_body_size` answers in its stead, with three words and no way on."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_too_large = scope["type"] == "http" and _announced(scope) > self._most
        arrived = 0

        async def limited() -> Message:
            nonlocal arrived
            if is_too_large:
                raise TooLarge(self._most)
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > self._most:
                raise TooLarge(self._most)
            return message

        await self._app(scope, limited, send)


class BodyTime:
    """Lets a view read a body as long as it keeps coming, and as long as all bodies under way find room.

    The server itself would wait for ever: a thousand clients that send a byte a second would each keep a connection and what it holds.
    Room is taken once more than a small form has arrived, then for all that was announced: whoever announces much and sends nothing holds nothing.
    """

    def __init__(self, app: ASGIApp, limits: ServerLimits, trusted_proxies: tuple[str, ...] = ()) -> None:
        self._app, self._limits = app, limits
        self._room = UploadRoom(limits, trusted_proxies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(self._limits, self._room, scope, receive)
        try:
            await self._app(scope, body.receive, send)
        finally:
            self._room.leave(body.upload)


class _Body:
    """One body, as the view reads it."""

    def __init__(self, limits: ServerLimits, room: UploadRoom, scope: Scope, receive: Receive) -> None:
        self._limits, self._room, self._receive = limits, room, receive
        self._now = asyncio.get_running_loop().time
        began_at = self._now()
        self._deadline = began_at + limits.body_timeout_s
        self._refusal, self._refuse_at = Room.FREE, 0.0
        self._is_asked_for = False
        self._has_words = Headers(scope=scope).get("content-type", "").startswith("multipart/form-data")
        client = scope.get("client")
        self.upload = room.begin(client[0] if client else "", _announced(scope), began_at)

    async def receive(self) -> Message:
        """Return the next part of the body. Raises HTTPException with 408, 429 or 503."""
        upload = self.upload
        if upload.is_whole:
            # What is waited for now is that the client leaves.
            return await self._receive()
        if not self._is_asked_for:
            self._ask()
        if self._refusal is not Room.FREE and (upload.arrived > SMALL_BYTES or not self._has_words):
            raise NoRoom(self._refusal)
        message = await self._next()
        self._count(message)
        return message

    def _ask(self) -> None:
        """Refuse a body at once that would find no room; a form may send its text, which the answer gives back."""
        self._is_asked_for = True
        if self.upload.announced > SMALL_BYTES:
            self._refusal = self._room.is_there(self.upload, self._now())
        if self._refusal is not Room.FREE:
            self._refuse_at = self._now() + self._limits.body_refusal_wait_s

    async def _next(self) -> Message:
        upload = self.upload
        try:
            if upload.gave_way:
                raise TimeoutError
            async with asyncio.timeout_at(self._deadline if self._refusal is Room.FREE else self._refuse_at) as upload.waiting:
                return await self._receive()
        except TimeoutError:
            if upload.gave_way:
                raise NoRoom(Room.SITE_IS_FULL) from None
            if self._refusal is not Room.FREE:
                raise NoRoom(self._refusal) from None
            raise HTTPException(408, headers={"Connection": "close"}) from None
        finally:
            upload.waiting = None

    def _count(self, message: Message) -> None:
        limits, upload, size, now = self._limits, self.upload, len(message.get("body", b"")), self._now()
        upload.note(size, now, limits.body_pace_s)
        upload.is_whole = not message.get("more_body", False)
        # What came quickly does not make up for a stall later on.
        self._deadline = min(self._deadline + size / limits.transfer_min_bytes_per_s, now + limits.body_timeout_s)
        if upload.wanted > upload.held and upload.arrived > SMALL_BYTES and not upload.is_whole:
            self._refusal = self._room.take(upload, now)


def _announced(scope: Scope) -> int:
    """Return the length the client announced, in bytes; 0 where it did not."""
    return parse_whole_number(Headers(scope=scope).get("content-length", "")[:18]) or 0
