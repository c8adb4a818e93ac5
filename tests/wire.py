"""Speaking HTTP byte by byte, as clients do that mean no good."""

import contextlib
import socket
import time
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

PATIENCE_S = 120


@dataclass
class Wire:
    """One TCP connection to the server at `url`; `got` is all that was received."""

    url: str
    receive_buffer: int = 0
    got: bytes = b""
    is_closed: bool = False
    plug: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        self.plug = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if self.receive_buffer:
            self.plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_buffer)
        self.plug.settimeout(PATIENCE_S)
        self.plug.connect((parts.hostname or "", parts.port or 80))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.plug.close()

    @property
    def host(self) -> str:
        """The value of the Host header."""
        return urlsplit(self.url).netloc

    def send(self, data: bytes | str) -> Self:
        """Send bytes, whatever became of the connection."""
        with contextlib.suppress(ConnectionError):
            self.plug.sendall(data.encode() if isinstance(data, str) else data)
        return self

    def is_refused(self, piece: bytes, *, times: int, pause_s: float = 0) -> bool:
        """Send `piece` again and again; return True once the server takes no more."""
        for _ in range(times):
            try:
                self.plug.sendall(piece)
            except ConnectionError:
                return True
            time.sleep(pause_s)
        return False

    def get(self, path: str, *headers: str) -> Self:
        """Send a GET."""
        return self.send("\r\n".join([f"GET {path} HTTP/1.1", f"Host: {self.host}", *headers, "", ""]))

    def answer(self, contains: bytes = b"\r\n\r\n") -> bytes:
        """Everything received so far, once it holds `contains` or the server has closed."""
        end = time.monotonic() + PATIENCE_S
        while contains not in self.got and not self.is_closed:
            assert time.monotonic() < end, f"no {contains!r} within {PATIENCE_S} s: {self.got[:300]!r}"
            try:
                data = self.plug.recv(65536)
            except ConnectionError:
                data = b""
            self.got += data
            self.is_closed = not data
        return self.got

    def all(self) -> bytes:
        """Everything received until the server closes."""
        while not self.is_closed:
            self.answer(b"\0 never sent \0")
        return self.got

    def statuses(self) -> list[int]:
        """The statuses of all answers received until the server closes."""
        return [int(part[:3]) for part in self.all().split(b"HTTP/1.1 ")[1:]]
