"""HTTP on one connection: uvicorn's protocol, with a bound on everything a client can make it hold or wait for."""

import asyncio
import json
from typing import Any, cast
from urllib.parse import urlsplit

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from kb.web.http.connections import Connections

WRITE_HIGH, WRITE_LOW = 65_536, 16_384
KB = 1000
BODY_HEADERS = (b"content-length", b"transfer-encoding")
MOST_UNREAD_BYTES = 500_000
"""Of headers without end, read after their refusal: enough to let a client finish its last packet and see the answer."""
MESSAGES = {
    400: "This request could not be read: it is not valid HTTP.",
    408: "The request took too long to arrive. Send it again.",
    413: "This request is larger than this site allows. Send less, or in fewer pieces.",
    414: "The address of this request is too long. Shorten it.",
    429: "Too many connections are open from your address, or too many requests were sent ahead. Please try again in a moment.",
    431: "The headers of this request are too large, often because of cookies. Delete this site's cookies and try again.",
    503: "This site is very busy. Please try again in a moment.",
}


class RequestRefused(Exception):
    """The request breaks a limit; it is answered with `status` and its connection is closed."""

    def __init__(self, status: int, message: str = "") -> None:
        super().__init__(status)
        self.status, self.message = status, message or MESSAGES[status]


class HttpProtocol(HttpToolsProtocol):
    """One connection, which refuses what is too large, too slow or too much.

    uvicorn alone keeps headers of any size and number, waits without end for the rest of them and for readers that stop reading,
    and adds the trailers of a body to the headers of a request that is already under way.
    """

    def __init__(self, config: Config, server_state: ServerState, app_state: dict[str, Any], *, connections: Connections, _loop: Any = None) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.address, self.url = "", b""
        self._open, self._limits = connections, connections.settings
        self._requests, self._may_stay_open = 0, True
        self._is_in_head, self._is_whole = True, True
        self._unread_bytes = self._chunk_bytes = self._head_bytes = self._later_head_bytes = self._body_bytes = self._body_wire_bytes = 0
        self._head_deadline = self._close_deadline = 0.0
        self._refusal: RequestRefused | None = None
        self._sending_since, self._sent, self._unsent = 0.0, 0, 0

    # Called by the transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection in, or refuse it where there are too many."""
        self._plain = cast(asyncio.Transport, transport)
        self._plain.set_write_buffer_limits(WRITE_HIGH, WRITE_LOW)
        super().connection_made(cast(asyncio.Transport, _Transport(self._plain, self)))
        self.address = self.client[0] if self.client else ""
        self.headers = []
        self._head_deadline = self.loop.time() + self._limits.header_timeout_s
        status = self._open.admit(self, self.loop)
        if status and self._open.may_linger(self):
            self._refuse(RequestRefused(status))
        elif status:
            self._plain.write(_as_answer(RequestRefused(status), self.server_state.default_headers))
            self._plain.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._open.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what arrived, within the limits."""
        if self._close_deadline or self._refusal:
            self._unread_bytes += len(data)
            if self._is_in_head and self._unread_bytes > MOST_UNREAD_BYTES:
                self._plain.abort()
            return
        self._unset_keepalive_if_required()
        size = len(data)
        self._chunk_bytes = size
        if self._is_in_head:
            self._head_bytes += size
            self._later_head_bytes += size
            if not self._head_deadline:
                self._head_deadline = self.loop.time() + self._limits.header_timeout_s
        else:
            self._body_wire_bytes += size
        try:
            self._parse(data)
            if self._is_in_head:
                self._check_head()
            elif self._body_wire_bytes - self._body_bytes > self._limits.body_overhead_max_kb * KB:
                raise RequestRefused(413)
        except RequestRefused as refusal:
            self._refuse(refusal)

    def resume_writing(self) -> None:
        """Note that the client reads."""
        self._sent += WRITE_HIGH - WRITE_LOW
        super().resume_writing()

    # Called by the parser

    def on_message_begin(self) -> None:
        """Begin a request."""
        if len(self.pipeline) >= self._limits.pipelined_max:
            raise RequestRefused(429)
        # What came before it in the same chunk counts until the head is complete and can be measured.
        self._head_bytes, self._later_head_bytes = self._chunk_bytes, 0
        if not self._head_deadline:
            self._head_deadline = self.loop.time() + self._limits.header_timeout_s
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Hand the request over to the app, unless it breaks a limit."""
        self._check_head()
        self._check_target()
        self._open.starts(self)
        self._head_deadline = 0.0
        self._is_in_head, self._is_whole = False, False
        self._body_bytes = self._body_wire_bytes = 0
        super().on_headers_complete()
        self.headers = []  # what comes from now on are trailers
        self._requests += 1
        self._may_stay_open = self.cycle.keep_alive and self._requests < self._limits.requests_per_connection
        self.cycle.keep_alive = False  # an answer that does not wait for the whole body ends the connection

    def on_body(self, body: bytes) -> None:
        """Count and keep a part of the body."""
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request."""
        self._is_in_head, self._is_whole = True, True
        self._head_bytes = self._later_head_bytes = 0
        if not self.cycle.response_started:
            self.cycle.keep_alive = self._may_stay_open
        super().on_message_complete()

    # Called by the answer, the server and the timer

    def on_response_complete(self) -> None:
        """Go on with the next request, or wait for it."""
        is_last = not self.pipeline
        super().on_response_complete()
        if is_last and self._refusal:
            self._answer_refusal()
        elif is_last:
            self._open.waits(self)

    def shutdown(self) -> None:
        """Close the connection once it has no request under way."""
        self._may_stay_open = False
        if self._close_deadline:
            self._plain.abort()
        else:
            super().shutdown()

    def look(self, now: float) -> None:
        """Give the connection up if it has been too slow."""
        if self._close_deadline:
            if now > self._close_deadline:
                self._plain.abort()
        elif self._head_deadline and self.flow.read_paused:
            self._head_deadline = now + self._limits.header_timeout_s
        elif self._head_deadline and now > self._head_deadline and not self._refusal:
            self._end_head()
        elif self._is_read_too_slowly(now):
            self._open.count("slow readers")
            self._plain.abort()

    def give_way(self) -> None:
        """Close the connection, which has no request under way."""
        if self._close_deadline:
            self._plain.abort()
            return
        if self._head_bytes:
            self._open.count("408")
            self._plain.write(_as_answer(RequestRefused(408), self.server_state.default_headers))
        self._plain.close()

    def linger(self) -> None:
        """End our side and read on for a moment: closing at once would take an answer away from a client that still sends."""
        if self._close_deadline or self._plain.is_closing():
            return
        self._close_deadline = self.loop.time() + self._limits.close_timeout_s
        self._open.waits(self)
        if self._plain.can_write_eof():
            self._plain.write_eof()
        self.flow.resume_reading()

    @property
    def is_ending(self) -> bool:
        """True once nothing more is answered on this connection."""
        return bool(self._close_deadline) or self._plain.is_closing()

    @property
    def is_whole(self) -> bool:
        """True unless a part of the present request is still to come."""
        return self._is_whole

    def _parse(self, data: bytes) -> None:
        while data:
            try:
                self.parser.feed_data(data)
                return
            except httptools.HttpParserUpgrade as upgrade:
                # No other protocol is spoken here, so the request is answered as if it had not asked for one.
                data = data[upgrade.args[0] :]
            except httptools.HttpParserError as error:
                raise error.__context__ if isinstance(error.__context__, RequestRefused) else RequestRefused(400) from None

    def _check_head(self) -> None:
        """Raise RequestRefused if the head, as far as it is known, is too large."""
        limits = self._limits
        if len(self.url) > limits.request_line_max_kb * KB:
            raise RequestRefused(414)
        if len(self.headers) > limits.headers_max:
            raise RequestRefused(431)
        if self._head_bytes > limits.header_max_kb * KB:
            known = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
            if max(known, self._later_head_bytes) > limits.header_max_kb * KB:
                raise RequestRefused(431)

    def _check_target(self) -> None:
        """Raise RequestRefused unless the request names one host."""
        hosts = [value for name, value in self.headers if name == b"host"]
        if len(hosts) > 1 or (not hosts and self.parser.get_http_version() != "1.0"):
            raise RequestRefused(400, "A request must name its host exactly once.")
        if not self.url.startswith(b"/") and self.url != b"*":
            named = urlsplit(self.url.decode("latin-1")).netloc
            if not named or not hosts or named.lower() != hosts[0].decode("latin-1").lower():
                raise RequestRefused(400, "This request names two different hosts.")
        if self.parser.should_upgrade():
            if self._get_upgrade() == b"websocket":
                raise RequestRefused(400, "There are no WebSockets on this site.")
            if any(name in BODY_HEADERS for name, _ in self.headers):
                raise RequestRefused(400, "Send this request without the header Upgrade: its body would be lost.")

    def _end_head(self) -> None:
        if self._head_bytes:
            self._refuse(RequestRefused(408))
        else:
            self._plain.close()  # an answer to no request would be taken for that to the next one

    def _refuse(self, refusal: RequestRefused) -> None:
        """Answer with the refusal as soon as the answers before it are complete, and end the connection."""
        self._open.count(str(refusal.status))
        self._refusal, self._head_deadline = refusal, 0.0
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            self._answer_refusal()
        elif not self._is_whole:
            self._give_up(cycle)

    def _give_up(self, cycle: Any) -> None:
        """Refuse the rest of a request that the app may be reading."""
        cycle.disconnected = True
        cycle.message_event.set()
        if self.pipeline and self.pipeline[0][0] is cycle:
            self.pipeline.popleft()
        elif cycle.response_started:
            self._plain.abort()
        else:
            self._answer_refusal()

    def _answer_refusal(self) -> None:
        if self._refusal and not self.is_ending:
            self._plain.write(_as_answer(self._refusal, self.server_state.default_headers, is_api=self.url.startswith(b"/api/")))
            self.linger()

    def _is_read_too_slowly(self, now: float) -> bool:
        unsent = self._plain.get_write_buffer_size()
        if not unsent:
            self._sending_since = 0.0
            return False
        if not self._sending_since:
            self._sending_since, self._sent = now, 0
        self._sent += max(0, self._unsent - unsent)
        self._unsent = unsent
        return now > self._sending_since + self._limits.send_timeout_s + self._sent / self._limits.transfer_min_bytes_per_s


class _Transport:
    """The transport as the answers use it: closing it waits for clients that still send."""

    def __init__(self, transport: asyncio.Transport, protocol: HttpProtocol) -> None:
        self._transport, self._protocol = transport, protocol
        self.write, self.get_extra_info = transport.write, transport.get_extra_info
        self.pause_reading, self.resume_reading = transport.pause_reading, transport.resume_reading

    def close(self) -> None:
        """Close the connection once the client has the answer."""
        if self._protocol.is_whole:
            self._transport.close()
        else:
            self._protocol.linger()

    def is_closing(self) -> bool:
        """Return True once nothing more is answered."""
        return self._protocol.is_ending


def _as_answer(refusal: RequestRefused, default_headers: list[tuple[bytes, bytes]], *, is_api: bool = False) -> bytes:
    message, kind = refusal.message.encode(), b"text/plain; charset=utf-8"
    if is_api:
        message, kind = json.dumps({"error": {"status": refusal.status, "title": "Refused", "detail": refusal.message}}).encode(), b"application/json"
    headers = [
        *default_headers,
        (b"content-type", kind),
        (b"content-length", str(len(message)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"connection", b"close"),
    ]
    if refusal.status in (429, 503):
        headers.append((b"retry-after", b"5"))
    return b"".join([STATUS_LINE[refusal.status], *(b"%s: %s\r\n" % header for header in headers), b"\r\n", message])
