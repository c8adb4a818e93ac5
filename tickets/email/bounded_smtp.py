"""An SMTP client with one deadline for everything it does, and a bound on what it reads: smtplib counts its timeout anew with each byte."""

import io
import smtplib
import socket
import ssl
import time
from dataclasses import dataclass
from typing import Any

CHUNK_BYTES = 16_384
KB = 1000


class TookTooLong(TimeoutError):
    """The deadline of the mail is over."""


class AnswerTooLong(Exception):
    """The answer of the server has more bytes than are read. Not an OSError, which smtplib would turn into another one."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long one wait may take, how long all of them together, and how many bytes one answer may have."""

    wait_s: float
    in_all_s: float
    answer_kb: int


class BoundedSmtp(smtplib.SMTP):
    """A connection whose every wait ends with the deadline. Raises TookTooLong (as smtplib does: within SMTPServerDisconnected) and AnswerTooLong."""

    def __init__(self, host: str, port: int, bounds: Bounds) -> None:
        self.bounds = bounds
        self._ends_at = time.monotonic() + bounds.in_all_s
        self._left_bytes = 0
        super().__init__(host, port, timeout=bounds.wait_s)

    def getreply(self) -> tuple[int, bytes]:
        """Return the server's answer."""
        self._left_bytes = self.bounds.answer_kb * KB
        if self.file is None:
            self.file = io.BufferedReader(_Answers(self))
        try:
            return super().getreply()
        except AnswerTooLong:
            self.close()
            raise

    def send(self, s: Any) -> None:
        """Send in pieces: an encrypted socket counts its timeout anew with each record."""
        data = s.encode(self.command_encoding) if isinstance(s, str) else bytes(s)
        for start in range(0, len(data), CHUNK_BYTES):
            self.limit_wait()
            super().send(data[start : start + CHUNK_BYTES])

    def read_into(self, buffer: Any) -> int:
        """Read what is there, as far as the bounds allow."""
        self.limit_wait()
        assert self.sock is not None  # noqa: S101
        try:
            count = self.sock.recv_into(buffer)
        except TimeoutError:
            self._wait()
            raise
        self._left_bytes -= count
        if self._left_bytes < 0:
            raise AnswerTooLong
        return count

    def limit_wait(self) -> None:
        """Let the next wait end with the deadline. Raises TookTooLong when that is over."""
        if self.sock is not None:
            self.sock.settimeout(self._wait())

    def _wait(self) -> float:
        """Return how long the next wait may take. Raises TookTooLong once the deadline is over, also when a wait ended with it."""
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise TookTooLong
        return min(left, self.bounds.wait_s)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:  # noqa: ARG002
        """Try each address of the server, all within the deadline."""
        failure: OSError | None = None
        for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            try:
                return _connected(family, kind, protocol, address, self._wait())
            except TookTooLong:
                raise
            except OSError as error:
                self._wait()
                failure = error
        raise failure or OSError(f"{host} has no address")


class BoundedSmtpOverTls(BoundedSmtp):
    """The same, encrypted from the first byte."""

    def __init__(self, host: str, port: int, bounds: Bounds, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__(host, port, bounds)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = super()._get_socket(host, port, timeout)
        try:
            plain.settimeout(self._wait())
            return self._context.wrap_socket(plain, server_hostname=host)
        except BaseException as error:
            plain.close()
            if isinstance(error, TimeoutError):
                self._wait()
            raise


class _Answers(io.RawIOBase):
    def __init__(self, server: BoundedSmtp) -> None:
        self._server = server

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        return self._server.read_into(buffer)


def _connected(family: int, kind: int, protocol: int, address: Any, wait_s: float) -> socket.socket:
    connecting = socket.socket(family, kind, protocol)
    try:
        connecting.settimeout(wait_s)
        connecting.connect(address)
    except BaseException:
        connecting.close()
        raise
    return connecting
