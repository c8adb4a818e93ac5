"""Instant search through the front door, beside the least the engine behind it can do."""

import re
import socket
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import quote, urlsplit

from kb.articles.catalog.library import Library
from kb.db import now
from search.documents import documents
from search.engine import Document
from tests.bench.crowd import crowd
from tests.bench.load import line
from tests.bench.serving import BROWSER, deskbook
from tests.services import MissingService, meilisearch_server

PHRASES = (
    ("board not detected", "upload error", "reset password", "bluetooth pairing", "wifi module", "refund order", "install on linux", "greyed out port"),
    ("serial monitor", "nano every driver", "invoice for my order", "change email address", "library not found", "usb cable", "delete account", "cloud agent"),
    ("port in use", "esp32 connection", "two factor login", "student discount", "update firmware", "servo motor", "shipping cost", "access denied"),
    ("burn bootloader", "mkr wifi 1010", "forgot username", "sketch not uploading", "older version", "sensor kit", "return policy", "certificate exam"),
    ("compilation error", "opta network", "share a project", "macos permission", "cancel subscription", "lcd display", "warranty claim", "offline editor"),
)
"""What customers search for; one row for each round."""


def keystrokes(phrases: Iterable[str]) -> list[str]:
    """What the field holds after each key, from the second on."""
    return [phrase[:length] for phrase in phrases for length in range(2, len(phrase) + 1)]


TYPED = keystrokes(PHRASES[0])
Ask = Callable[[str], object]


def measure(content: Path, _seconds: float, rounds: int) -> None:
    """Prints p50 and p95 in ms over what customers type key by key, at most five rounds: words that nobody asked before, and the same once more."""
    print(f"\nInstant search, one at a time, some {len(TYPED)} keystrokes a round (goal: p50 at most 1.5 × the raw engine)")
    with deskbook(content) as served:
        _compare("embedded", plain_fts5(documents(Library(content).catalog, now())), "FTS5", _asking(served.url), rounds)
        crowd("embedded", served.url, TYPED)
    _with_meilisearch(content, rounds)


def plain_fts5(held: Iterable[Document]) -> Ask:
    """One bare FTS5 statement: every word, the last as a prefix, by bm25, with what a list of hits shows."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE raw USING fts5(title, body, url UNINDEXED, category UNINDEXED, tokenize = 'porter unicode61', prefix = '2 3')")
    rows = [(one.title, "\n".join(passage.text for passage in one.passages), one.url, one.category_name) for one in held]
    connection.executemany("INSERT INTO raw VALUES (?, ?, ?, ?)", rows)
    wanted = "highlight(raw, 0, '<mark>', '</mark>'), snippet(raw, 1, '<mark>', '</mark>', '…', 24), url, category"
    statement = f"SELECT {wanted} FROM raw WHERE raw MATCH ? ORDER BY bm25(raw, 8.0, 1.0) LIMIT 6"

    def ask(text: str) -> object:
        expression = " ".join(f'"{word}"' for word in re.findall(r"\w+", text)) + "*"
        return connection.execute(statement, (expression,)).fetchall()

    return ask


def _with_meilisearch(content: Path, rounds: int) -> None:
    from search.engines.meilisearch.client import Clients
    from tests.bench.plain_meilisearch import INDEX, plain_meilisearch

    try:
        with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
            server = stack.enter_context(meilisearch_server(Path(folder)))
            keys = {"MEILISEARCH_KEY": server.key, "MEILISEARCH_INDEX_KEY": server.key}
            clients = Clients(server.url, server.key, server.key, 5)
            plain = {"limit": 6, "attributesToRetrieve": ["title"], "attributesToHighlight": ["title"]}
            served = stack.enter_context(deskbook(content, MEILISEARCH_URL=server.url, **keys))
            _until_indexed(served.url)
            plain_meilisearch(clients, documents(Library(content).catalog, now()))
            index = clients.searching.index(INDEX)
            _compare("meilisearch", lambda text: index.search(text, plain), "its search call", _asking(served.url), rounds)
            crowd("meilisearch", served.url, TYPED)
    except MissingService as missing:
        print(f"  not measured: {missing}")


def _until_indexed(url: str) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        connection = HTTPConnection(urlsplit(url).netloc)
        connection.request("GET", "/api/search?q=board")
        if b'"degraded":false' in connection.getresponse().read().replace(b" ", b""):
            return
        time.sleep(0.2)
    raise TimeoutError("the index was not filled within 120 s")


def _asking(url: str) -> Ask:
    """Asks over a plain socket: the measuring client is to take no time of its own."""
    parts = urlsplit(url)
    connection = socket.create_connection((parts.hostname, parts.port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    answers = connection.makefile("rb")

    def ask(text: str) -> None:
        connection.sendall(f"GET /search/instant?q={quote(text)} HTTP/1.1\r\nHost: {parts.netloc}\r\nUser-Agent: {BROWSER}\r\n\r\n".encode())
        head = b"".join(iter(answers.readline, b"\r\n"))
        length = re.search(rb"content-length: (\d+)", head)
        assert head.startswith(b"HTTP/1.1 200")
        assert length
        answers.read(int(length[1]))

    return ask


def _compare(name: str, raw: Ask, raw_name: str, through: Ask, rounds: int) -> None:
    """Raw, new to Deskbook and known to Deskbook take turns, keystroke by keystroke."""
    raw("warm"), through("warm")
    taken: list[tuple[list[float], list[float], list[float]]] = []
    for phrases in PHRASES[:rounds]:
        times = [(_ms(raw, text), _ms(through, text), _ms(through, text)) for text in keystrokes(phrases)]
        taken.append(tuple(map(list, zip(*times, strict=True))))  # type: ignore[arg-type]
    plain = [median(times[0]) for times in taken]
    line(f"{name}: {raw_name}, p50", plain, "ms", plain)
    for place, case in ((1, "through the front door"), (2, "the same once more")):
        line(f"{name}: {case}, p50", [median(times[place]) for times in taken], "ms", plain)
        line(f"{name}: {case}, p95", [quantiles(times[place], n=20)[18] for times in taken], "ms", [quantiles(times[0], n=20)[18] for times in taken])


def _ms(ask: Ask, text: str) -> float:
    began = time.perf_counter()
    ask(text)
    return (time.perf_counter() - began) * 1000
