"""Search at 414 and at 10,000 articles: indexing, keystrokes and questions, beside the raw engines and what a static docs site would use.

The 10,000 are copies with their words shuffled. MiniSearch runs in Node when npm can fetch it; its reader downloads the whole index.
"""

import json
import random
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

from kb.articles.library import Library
from search import bench
from search.documents import documents
from search.embedded import EmbeddedEngine
from search.engine import Document, Query
from search.meilisearch import Clients
from search.meilisearch_engine import MeilisearchEngine
from search.store import Store
from search.words import words
from tests import services

MANY = 10_000
HITS = 6
MINISEARCH = """
const MiniSearch = require('minisearch'), fs = require('fs'); const [docs, asked] = JSON.parse(fs.readFileSync(0));
const index = new MiniSearch({fields: ['title', 'body'], storeFields: ['title']});
let t = performance.now(); index.addAll(docs); const built = performance.now() - t;
const ask = q => { t = performance.now(); index.search(q, {prefix: true, fuzzy: 0.2, boost: {title: 4}}).slice(0, 6); return performance.now() - t; };
const ms = asked.map(ask);
console.log(JSON.stringify({built, ms, bytes: Buffer.byteLength(JSON.stringify(index)), rss: process.memoryUsage().rss}));
"""


def measure(content: Path, _seconds: float, _rounds: int) -> None:
    """Prints one row for each engine and size."""
    catalog = Library(content).catalog
    held = list(documents(catalog, datetime.now(UTC)))
    fragments = [question.text for question in bench.fragments(catalog)][:100]
    print("\n## Growth\n\n| engine | articles | indexed in | one changed | keystroke p50 / p95 | download |\n|---|---|---|---|---|---|")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(services.meilisearch_server(folder / "meilisearch"))
        clients = Clients(server.url, "", server.key, 60.0)
        for count in (len(held), MANY):
            grown = grow(held, count)
            _row("raw FTS5", count, *_raw_fts5(folder / f"raw-{count}.sqlite", grown, fragments))
            embedded = EmbeddedEngine(Store(folder / f"search-{count}.sqlite"))
            _row("embedded", count, *_ours(embedded, grown, fragments))
            _row("raw Meilisearch", count, *_raw_meilisearch(clients.indexing, f"raw{count}", grown, fragments))
            _row("meilisearch", count, *_ours(MeilisearchEngine(clients, f"ours{count}", embedded), grown, fragments))
            _minisearch(folder, grown, fragments)


def grow(held: Sequence[Document], count: int) -> list[Document]:
    """`count` documents: those held, then copies with shuffled words."""
    chance, grown = random.Random(1), list(held)

    def shuffled(text: str) -> str:
        parts = text.split()
        chance.shuffle(parts)
        return " ".join(parts)

    for number in range(len(held), count):
        one = held[number % len(held)]
        passages = tuple(replace(passage, text=shuffled(passage.text)) for passage in one.passages)
        grown.append(replace(one, slug=f"{one.slug}-{number}", title=shuffled(one.title), digest=str(number), passages=passages))
    return grown


def _ours(engine: Any, grown: Sequence[Document], fragments: Sequence[str]) -> tuple[float, float, list[float]]:
    indexed = _took(lambda: engine.sync(grown))
    changed = _took(lambda: engine.sync([replace(grown[0], title="Changed", digest="changed"), *grown[1:]]))
    return indexed, changed, [_took(lambda text=text: engine.search(Query(text, limit=HITS, is_typing=True))) for text in fragments]


def _raw_fts5(path: Path, grown: Sequence[Document], fragments: Sequence[str]) -> tuple[float, float, list[float]]:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE VIRTUAL TABLE raw USING fts5(slug UNINDEXED, title, body, tokenize='porter unicode61', prefix='1 2 3')")

    def fill() -> None:
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO raw VALUES (?, ?, ?)", ((one.slug, one.title, _body(one)) for one in grown))
        connection.execute("COMMIT")

    def ask(text: str) -> None:
        typed = " ".join(f'"{word}"' for word in words(text))
        shown = "slug, highlight(raw, 1, '<', '>'), snippet(raw, 2, '<', '>', '…', 25)"
        sql = f"SELECT {shown} FROM raw WHERE raw MATCH ? ORDER BY bm25(raw, 0, 5, 1) LIMIT ?"
        connection.execute(sql, (typed + "*", HITS)).fetchall()

    return _took(fill), 0.0, [_took(lambda text=text: ask(text)) for text in fragments]


def _raw_meilisearch(client: Any, name: str, grown: Sequence[Document], fragments: Sequence[str]) -> tuple[float, float, list[float]]:
    index = client.index(name)

    def fill() -> None:
        rows = [{"id": number, "slug": one.slug, "title": one.title, "body": _body(one)} for number, one in enumerate(grown)]
        for task in [index.update_searchable_attributes(["title", "body"]), *index.add_documents_in_batches(rows, 1000, primary_key="id")]:
            client.wait_for_task(task.task_uid, timeout_in_ms=900_000, interval_in_ms=20)

    options = {"limit": HITS, "attributesToRetrieve": ["slug"], "attributesToHighlight": ["title"], "attributesToCrop": ["body"]}
    return _took(fill), 0.0, [_took(lambda text=text: index.search(text, options)) for text in fragments]


def _minisearch(folder: Path, grown: Sequence[Document], fragments: Sequence[str]) -> None:
    if not shutil.which("npm"):
        return
    if not (folder / "node_modules").is_dir():
        subprocess.run(["npm", "install", "--silent", "--no-fund", "--no-audit", "minisearch@7"], cwd=folder, check=False, capture_output=True)
    given = json.dumps([[{"id": number, "title": one.title, "body": _body(one)} for number, one in enumerate(grown)], fragments])
    ran = subprocess.run(["node", "-e", MINISEARCH], input=given, cwd=folder, capture_output=True, text=True)
    if ran.returncode == 0:
        told = json.loads(ran.stdout)
        _row("MiniSearch in Node", len(grown), told["built"], 0.0, told["ms"], f"{told['bytes'] / 1e6:.1f} MB")


def _took(action: Callable[[], Any]) -> float:
    started = perf_counter()
    action()
    return (perf_counter() - started) * 1000


def _body(document: Document) -> str:
    return "\n".join(passage.text for passage in document.passages)


def _row(name: str, count: int, indexed: float, changed: float, took: list[float], download: str = "") -> None:
    ordered = sorted(took)
    middle, high = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.95)]
    print(f"| {name} | {count} | {indexed / 1000:.1f} s | {f'{changed:.0f} ms' if changed else ''} | {middle:.1f} / {high:.1f} ms | {download} |", flush=True)
