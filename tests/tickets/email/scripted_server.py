"""An SMTP server that answers by a script, for the troubles a good server does not make."""

import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

ANSWERS = {
    "": "220 mail.example.com",
    "EHLO": "250 mail.example.com",
    "MAIL": "250 OK",
    "RCPT": "250 OK",
    "DATA": "354 go on",
    ".": "250 taken",
    "QUIT": "221 Bye",
}
CLOSE, SILENCE = "close the connection", "say nothing"
DRIP, ENDLESS_LINE, ENDLESS_LINES = "a byte now and then, without end", "a line without end", "lines without end"
WITHOUT_END = {DRIP: (b"2", 0.05), ENDLESS_LINE: (b"2" * 60_000, 0), ENDLESS_LINES: (b"250-more\r\n" * 6000, 0)}


@contextmanager
def scripted_server(answers: Mapping[str, str], *, tls: ssl.SSLContext | None = None, is_tls_at_once: bool = False) -> Iterator[int]:
    """The port of a server that gives these answers, by command ("" is its greeting, "." the end of a mail), else the usual ones."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        arguments = (listener, ANSWERS | answers, tls, is_tls_at_once)
        thread = threading.Thread(target=_serve, args=arguments, name="scripted mail server")
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def self_signed(folder: Path) -> ssl.SSLContext:
    """A server's context whose certificate nobody vouches for."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", key, "-out", certificate]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def _serve(listener: socket.socket, answers: Mapping[str, str], tls: ssl.SSLContext | None, is_tls_at_once: bool) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            with suppress(OSError), client:
                client.settimeout(120)
                if not (tls and is_tls_at_once):
                    _talk(client, answers, tls)
                    continue
                with tls.wrap_socket(client, server_side=True) as encrypted:
                    _talk(encrypted, answers, tls)


def _talk(client: socket.socket, answers: Mapping[str, str], tls: ssl.SSLContext | None) -> None:
    verb = ""
    while True:
        answer = answers.get(verb, "500 what?")
        if answer == CLOSE:
            return
        if answer == SILENCE:
            client.recv(1000)
            return
        if answer in WITHOUT_END:
            _send_without_end(client, *WITHOUT_END[answer])
        client.sendall(answer.encode("utf-8", "surrogateescape") + b"\r\n")
        if verb == "STARTTLS" and tls and answer.startswith("220"):
            client = tls.wrap_socket(client, server_side=True)
        if verb == "QUIT":
            return
        with client.makefile("rb") as lines:
            line = lines.readline()
            while verb == "DATA" and answer.startswith("354") and line != b".\r\n":
                line = lines.readline()
        if not line:
            return
        verb = "." if line == b".\r\n" else line.split()[0].decode("latin-1").upper()


def _send_without_end(client: socket.socket, piece: bytes, pause_s: float) -> None:
    """Send until the client has left, for a minute at most."""
    ends_at = time.monotonic() + 60
    while time.monotonic() < ends_at:
        client.sendall(piece)
        time.sleep(pause_s)
