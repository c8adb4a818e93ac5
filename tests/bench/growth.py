"""Search at some hundred and at 10,000 articles: our engines beside the raw ones and beside what a static documentation site would use.

All but the first hundreds are copies with their words shuffled; `--rounds` names another number than 10,000. Answers are to 100 beginnings and
middles of titles: as keystrokes, except of the rows `sent`, which are the same texts sent as searches.

Memory is how much the resident memory of a fresh process grows that opens the finished index and answers them, once its modules are loaded.
Meilisearch is a process that a site would not have without it, so of its server, started anew on the finished index, all counts; what it maps
from files is named, because the system may take that back. What a file that is read, not mapped, fills of the system's cache counts nowhere.
"""

import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from kb.articles.catalog.library import Library
from search.documents import documents
from search.engine import Document, Query
from search.engines.embedded import EmbeddedEngine
from search.engines.meilisearch.client import Clients
from search.engines.meilisearch.engine import MeilisearchEngine
from search.index.store import Store
from search.text.tokenizer import words
from tests.bench import quality
from tests.bench.corpus import body, grow
from tests.bench.measured import HEADING, Measured, took_ms
from tests.bench.memory import growth_mb, resident_mb
from tests.bench.static_site import minisearch, pagefind
from tests.services import MeilisearchServer, MissingService, meilisearch_server

MANY = 10_000
HITS = 6
RAW = "raw"
Ask = Callable[[str], object]


def measure(content: Path, _seconds: float, rounds: int) -> None:
    """Prints one row for each engine and size, the second of which is `rounds` if that is a number of articles; one that cannot be had says so in its row."""
    catalog = Library(content).catalog
    held = list(documents(catalog, datetime.now(UTC)))
    fragments = [question.text for question in quality.fragments(catalog)][:100]
    print(f"\n## Growth\n\n{HEADING}")
    with tempfile.TemporaryDirectory() as folder:
        for count in (len(held), rounds if rounds > len(held) else MANY):
            grown = grow(held, count)
            for name, engine in ENGINES.items():
                if count > MANY and name not in LARGE:
                    continue
                print(row(name, engine, Path(folder), grown, fragments), flush=True)


def row(name: str, engine: Callable[..., Measured], folder: Path, grown: Sequence[Document], fragments: Sequence[str]) -> str:
    """The line of an engine, or why there is none."""
    try:
        return engine(folder, grown, fragments).row(name, len(grown))
    except MissingService as missing:
        return f"| {name} | {len(grown):,} | not measured: {missing} | | | | |"


def _raw_fts5(folder: Path, grown: Sequence[Document], fragments: Sequence[str]) -> Measured:
    path = folder / f"raw-{len(grown)}.sqlite"
    indexed = took_ms(lambda: _fill_fts5(path, grown))
    ask = _open_fts5(path)
    return Measured(indexed, _answers(ask, fragments), _mb(growth_mb(partial(_open_fts5, path), fragments)))


def _fill_fts5(path: Path, grown: Sequence[Document]) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE VIRTUAL TABLE raw USING fts5(slug UNINDEXED, title, body, tokenize='porter unicode61', prefix='1 2 3')")
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO raw VALUES (?, ?, ?)", ((one.slug, one.title, body(one)) for one in grown))
    connection.execute("COMMIT")
    connection.close()


def _open_fts5(path: Path) -> Ask:
    connection = sqlite3.connect(path)
    shown = "slug, highlight(raw, 1, '<', '>'), snippet(raw, 2, '<', '>', '…', 25)"
    sql = f"SELECT {shown} FROM raw WHERE raw MATCH ? ORDER BY bm25(raw, 0, 5, 1) LIMIT ?"

    def ask(text: str) -> object:
        typed = " ".join(f'"{word}"' for word in words(text))
        return connection.execute(sql, (typed + "*", HITS)).fetchall()

    return ask


def _embedded(folder: Path, grown: Sequence[Document], fragments: Sequence[str], *, is_typing: bool) -> Measured:
    path = folder / f"embedded-{len(grown)}-{is_typing}.sqlite"
    indexed, changed = _synced(EmbeddedEngine(Store(path)), grown)
    opening = partial(_open_embedded, path, is_typing=is_typing)
    return Measured(indexed, _answers(opening(), fragments), _mb(growth_mb(opening, fragments)), changed)


def _open_embedded(path: Path, *, is_typing: bool) -> Ask:
    engine = EmbeddedEngine(Store(path))
    return lambda text: engine.search(Query(text, limit=HITS, is_typing=is_typing))


def _raw_meilisearch(folder: Path, grown: Sequence[Document], fragments: Sequence[str]) -> Measured:
    home = folder / f"raw-meilisearch-{len(grown)}"
    with meilisearch_server(home) as server:
        indexed = took_ms(lambda: _fill_meilisearch(server, grown))
        answers = _answers(_open_raw_meilisearch(server), fragments)
    with meilisearch_server(home) as server:
        _answers(_open_raw_meilisearch(server), fragments)
        return Measured(indexed, answers, _server_mb(server))


def _fill_meilisearch(server: MeilisearchServer, grown: Sequence[Document]) -> None:
    client = _clients(server).indexing
    index = client.index(RAW)
    rows = [{"id": number, "slug": one.slug, "title": one.title, "body": body(one)} for number, one in enumerate(grown)]
    for task in [index.update_searchable_attributes(["title", "body"]), *index.add_documents_in_batches(rows, 1000, primary_key="id")]:
        client.wait_for_task(task.task_uid, timeout_in_ms=900_000, interval_in_ms=20)


def _open_raw_meilisearch(server: MeilisearchServer) -> Ask:
    index = _clients(server).searching.index(RAW)
    options = {"limit": HITS, "attributesToRetrieve": ["slug"], "attributesToHighlight": ["title"], "attributesToCrop": ["body"]}
    return lambda text: index.search(text, options)


def _meilisearch(folder: Path, grown: Sequence[Document], fragments: Sequence[str], *, is_typing: bool) -> Measured:
    home, path = folder / f"meilisearch-{len(grown)}-{is_typing}", folder / f"beside-{len(grown)}-{is_typing}.sqlite"
    with meilisearch_server(home) as server:
        beside = took_ms(lambda: EmbeddedEngine(Store(path)).sync(grown))
        indexed, changed = _synced(_open_engine(server, path), grown)
        answers = _answers(_open_meilisearch(server, path, is_typing=is_typing), fragments)
    with meilisearch_server(home) as server:
        own = growth_mb(partial(_open_meilisearch, server, path, is_typing=is_typing), fragments)
        return Measured(beside + indexed, answers, f"{_mb(own)}, {_server_mb(server)}", changed)


def _open_meilisearch(server: MeilisearchServer, path: Path, *, is_typing: bool) -> Ask:
    engine = _open_engine(server, path)
    return lambda text: engine.search(Query(text, limit=HITS, is_typing=is_typing))


def _open_engine(server: MeilisearchServer, path: Path) -> MeilisearchEngine:
    return MeilisearchEngine(_clients(server), "ours", EmbeddedEngine(Store(path)))


def _clients(server: MeilisearchServer) -> Clients:
    return Clients(server.url, "", server.key, 60.0)


def _synced(engine: Any, grown: Sequence[Document]) -> tuple[float, str]:
    indexed = took_ms(lambda: engine.sync(grown))
    changed = took_ms(lambda: engine.sync([replace(grown[0], title="Changed", digest="changed"), *grown[1:]]))
    return indexed, f"{changed:.0f} ms"


def _answers(ask: Ask, fragments: Sequence[str]) -> list[float]:
    return [took_ms(partial(ask, text)) for text in fragments]


def _server_mb(server: MeilisearchServer) -> str:
    return f"server {resident_mb(server.pid):.0f} MB ({resident_mb(server.pid, 'RssFile'):.0f} mapped)"


def _mb(size: float) -> str:
    return f"{size:.0f} MB"


ENGINES: dict[str, Callable[..., Measured]] = {
    "raw FTS5": _raw_fts5,
    "embedded": partial(_embedded, is_typing=True),
    "embedded, sent": partial(_embedded, is_typing=False),
    "raw Meilisearch": _raw_meilisearch,
    "meilisearch": partial(_meilisearch, is_typing=True),
    "meilisearch, sent": partial(_meilisearch, is_typing=False),
    "MiniSearch": minisearch,
    "pagefind": pagefind,
}
LARGE = ("raw FTS5", "embedded", "embedded, sent", "meilisearch", "meilisearch, sent")
"""What is measured beyond 10,000 articles."""
