"""A server that misbehaves as told, in the place of Meilisearch."""

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

Answer = Callable[[BaseHTTPRequestHandler], None]


class Faulty:
    """The server: `answer` is called for each request; `paths` lists what was asked for, over how many `connections`."""

    def __init__(self) -> None:
        self.answer: Answer = says(500)
        self.paths: list[str] = []
        self.connections = 0
        self.released = threading.Event()
        self.url = ""


def says(status: int, body: Any = b"", **headers: str) -> Answer:
    """Answers with this status and body (bytes, or an object as JSON)."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(content)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def passes_on(url: str) -> Answer:
    """Answers as the server at `url` does."""
    parts = urlsplit(url)

    def answer(handler: BaseHTTPRequestHandler) -> None:
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=60)
        headers = {name: value for name, value in handler.headers.items() if name.lower() not in ("host", "connection")}
        with closing(connection):
            connection.request(handler.command, handler.path, getattr(handler, "sent", b""), headers)
            answered = connection.getresponse()
            says(answered.status, answered.read(), Content_Type=answered.getheader("Content-Type", ""))(handler)

    return answer


@contextmanager
def faulty_server() -> Iterator[Faulty]:
    """A running one on a free port."""
    faulty = Faulty()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        body: Any = None
        sent = b""

        def setup(self) -> None:
            super().setup()
            faulty.connections += 1

        def do_GET(self) -> None:
            self.sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.body = json.loads(self.sent) if self.sent else None
            faulty.paths.append(self.path)
            try:
                faulty.answer(self)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        do_POST = do_PATCH = do_PUT = do_DELETE = do_GET

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    faulty.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield faulty
    finally:
        faulty.released.set()
        server.shutdown()
        server.server_close()
