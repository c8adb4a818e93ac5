"""Semantic search for the embedded engine: vectors from any OpenAI-compatible endpoint, stored by content and model, compared exactly."""

import hashlib
import json
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from urllib3 import PoolManager, ProxyManager, Timeout
from urllib3.exceptions import HTTPError

from search.engine import Document, EngineUnavailable, Progress, Query, SyncReport
from search.engines.bounded_http import bound_answers
from search.index.file import is_damage
from search.index.store import Store
from search.ranking.embedding_lookup import ASKING_AT_ONCE, MOST_WAIT_S, NearestArticles, is_e5, leads

INDEXING_TIMEOUT_S = 60.0
PIECE_CHARS = 1200
"""Of 2,220 course questions 0.980 found their entry among five with multilingual-e5-small, of 600 characters 0.977; one passage in four is longer
than those, so it costs a fifth more time. Of all-MiniLM-L6-v2 both find 0.980, and of 2,000 characters no model more. Passages cut in pieces find less.
"""
MOST_PIECES = 40
PIECES_AT_ONCE = 16
ADMITTED_AT_ONCE = 100
MOST_ANSWER_BYTES = 64_000_000
MOST_QUESTION_BYTES = 1_000_000
"""Of the answer for one question: reading more would keep the process from everything else."""
GREATEST = 1e30
"""A number beyond belongs to no embedding, and has no square in a vector."""
_TABLES = (
    "CREATE TABLE IF NOT EXISTS vectors (piece TEXT PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS pieces (slug TEXT NOT NULL, piece TEXT NOT NULL, PRIMARY KEY (slug, piece)) WITHOUT ROWID",
)


REFUSED = 300
"""From this status on an answer holds no vectors."""


@lru_cache(maxsize=8)
def _connections(url: str) -> PoolManager:
    """The connections kept open to an endpoint: a new one for each question would cost a part of its 0.3 seconds."""
    address = urlsplit(url)
    proxy = None if proxy_bypass(address.hostname or "") else getproxies().get(address.scheme)
    return bound_answers(ProxyManager(proxy, maxsize=ASKING_AT_ONCE) if proxy else PoolManager(maxsize=ASKING_AT_ONCE))


class EmbeddingsUnavailable(EngineUnavailable):
    """The endpoint did not answer with vectors; the message says what it did."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where text becomes vectors: `url` is that of `/embeddings`; E5 models get their prefixes."""

    url: str
    model: str
    key: str = ""

    def vectors(self, texts: Sequence[str], timeout_s: float, *, is_query: bool) -> list[list[float]]:
        """Return one vector for each text, all of one length, within `timeout_s` in all; raises EmbeddingsUnavailable."""
        prefix = ("query: " if is_query else "passage: ") if is_e5(self.model) else ""
        body = json.dumps({"model": self.model, "input": [prefix + text for text in texts]}).encode()
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {self.key}"} if self.key else {})
        try:
            answer = _connections(self.url).request(
                "POST", self.url, body=body, headers=headers, timeout=Timeout(total=timeout_s), retries=False, redirect=False, preload_content=False
            )
            most = MOST_QUESTION_BYTES if is_query else MOST_ANSWER_BYTES
            received = answer.read(most + 1, decode_content=True)
            if len(received) > most:
                answer.close()  # the rest is not worth reading, so this connection cannot be used again
                raise EmbeddingsUnavailable(f"{self.url}: its answer has more than {most:,} bytes")
            answer.release_conn()
            if answer.status >= REFUSED:
                raise EmbeddingsUnavailable(f"{self.url} answers {answer.status}: {received[:300].decode('utf-8', 'replace')}")
            rows = sorted(json.loads(received)["data"], key=lambda row: row["index"])
            found = [[float(value) for value in row["embedding"]] for row in rows]
        except (HTTPError, OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise EmbeddingsUnavailable(f"{self.url}: {error}") from error
        if len(found) != len(texts) or len({len(vector) for vector in found}) > 1 or not all(found):
            raise EmbeddingsUnavailable(f"{self.url}: {len(found)} vectors for {len(texts)} texts, of {sorted({len(vector) for vector in found})} numbers")
        if not all(abs(value) < GREATEST for vector in found for value in vector):  # of what is no number neither
            raise EmbeddingsUnavailable(f"{self.url}: a vector holds something that is no number, or far too large")
        return found


class EmbeddingIndex:
    """The vectors of a store's documents. `nearest` ranks them against a question; `sync` makes those that are missing."""

    def __init__(self, endpoint: Endpoint, store: Store) -> None:
        self._endpoint = endpoint
        self._store = store
        self._lock = threading.Lock()
        self._held: tuple[list[str], Any] | None = None
        self._numbers = 0  # in each vector, once the endpoint has shown other vectors than those kept
        self._model = _digest(endpoint.model, 4)
        self._question = lru_cache(maxsize=256)(self._vector)
        self.on_outdated: Callable[[], None] = lambda: None

    def nearest(self, text: str, most: int, query: Query) -> NearestArticles:
        """The `most` nearest documents that pass the filters of `query`, by cosine similarity; raises EngineUnavailable."""
        self._store.generation()  # opens anew what was replaced: nobody else looks in this thread
        with self._store.guarded():
            return self._nearest(text, most, query)

    def _nearest(self, text: str, most: int, query: Query) -> NearestArticles:
        slugs, matrix = self._matrix()
        if not slugs:
            return NearestArticles({})
        vector = self._question(text)
        if vector.shape[0] != matrix.shape[1]:
            self._numbers = vector.shape[0]
            self._question.cache_clear()
            self.on_outdated()
            raise EmbeddingsUnavailable(f"{self._endpoint.url}: {vector.shape[0]} numbers where the articles' vectors have {matrix.shape[1]}")
        found = self._rows(slugs, matrix @ vector, most, query)
        if not found:
            return NearestArticles({})
        first, row = next(iter(found.items()))
        beside = matrix @ matrix[row]
        own = self._rows(slugs, beside, most + 1, query)
        similarity = {slug: float(matrix[at] @ vector) for slug, at in found.items()}
        return NearestArticles(similarity, leads(similarity, [float(beside[at]) for slug, at in own.items() if slug != first]))

    def _rows(self, slugs: Sequence[str], similarities: Any, most: int, query: Query) -> dict[str, int]:
        """The `most` documents with the greatest similarities that pass the filters, best first, each with the row of its best piece."""
        ordered = iter((-similarities).argsort(kind="stable").tolist())
        seen, found = set[str](), dict[str, int]()
        while len(found) < most:
            some: dict[str, int] = {}
            for at in ordered:
                if slugs[at] not in seen:
                    seen.add(slugs[at])
                    some[slugs[at]] = at
                    if len(some) == ADMITTED_AT_ONCE:
                        break
            if not some:
                break
            admitted = self._store.admitted([*some], query)
            found |= {slug: at for slug, at in some.items() if slug in admitted}
        return dict(islice(found.items(), most))

    def sync(self, documents: Iterable[Document], progress: Progress | None = None) -> SyncReport:
        """Makes the vectors that are missing and forgets those no document needs; raises EngineUnavailable, what was made until then is kept."""
        self._store.generation()
        with self._store.guarded():
            return self._sync(documents, progress)

    def _sync(self, documents: Iterable[Document], progress: Progress | None) -> SyncReport:
        wanted = {(document.slug, name): text for document in documents for name, text in self._pieces(document)}
        connection = self._store.connection
        for table in _TABLES:
            connection.execute(table)
        self._forget_other_lengths(connection)
        known = {piece for (piece,) in connection.execute("SELECT piece FROM vectors")}
        lacking = {name: text for (_, name), text in wanted.items() if name not in known}
        missing, made = iter(lacking.items()), 0
        while batch := list(islice(missing, PIECES_AT_ONCE)):
            vectors = self._endpoint.vectors([text for _, text in batch], INDEXING_TIMEOUT_S, is_query=False)
            self._numbers = len(vectors[0])
            if self._forget_other_lengths(connection):
                raise EmbeddingsUnavailable(f"{self._endpoint.url}: its vectors have a new length, so all are calculated again")
            rows = [(name, _normal(vector).tobytes()) for (name, _), vector in zip(batch, vectors, strict=True)]
            connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)
            made += len(rows)
            if progress:
                progress(made, len(lacking))
        self._assign(wanted)
        with self._lock:
            self._held = None
        return SyncReport(added=made)

    def _pieces(self, document: Document) -> Iterator[tuple[str, str]]:
        """Each passage under its title and headings, named by the model that is to read it and by what it says."""
        texts = [_piece(document.title, " › ".join(passage.trail), passage.text) for passage in document.passages if passage.text.strip()]
        for text in texts[:MOST_PIECES] or [_piece(document.title, document.summary)]:
            yield self._model + _digest(text, 16), text

    def _forget_other_lengths(self, connection: sqlite3.Connection) -> int:
        """Deletes this model's vectors of another length than the endpoint now gives; how many there were."""
        if not self._numbers:
            return 0
        gone = connection.execute("DELETE FROM vectors WHERE substr(piece, 1, 8) = ? AND length(vector) != ?", (self._model, 4 * self._numbers)).rowcount
        with self._lock:
            self._held = None
        return gone

    def _assign(self, wanted: Iterable[tuple[str, str]]) -> None:
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM pieces")
            connection.executemany("INSERT OR IGNORE INTO pieces VALUES (?, ?)", list(wanted))
            connection.execute("DELETE FROM vectors WHERE piece NOT IN (SELECT piece FROM pieces)")

    def _matrix(self) -> tuple[list[str], Any]:
        """The slug of each row, and the rows: vectors of this model only, those of another mean nothing beside them."""
        with self._lock:
            if self._held is None:
                sql = "SELECT slug, vector FROM pieces JOIN vectors USING (piece) WHERE substr(piece, 1, 8) = ? ORDER BY slug, piece"
                try:
                    rows = self._store.connection.execute(sql, (self._model,)).fetchall()
                except sqlite3.OperationalError as error:
                    if is_damage(error):
                        raise
                    rows = []  # no vector has been made yet
                vectors = [vector for _, vector in rows]
                self._held = ([slug for slug, _ in rows], _stacked(vectors)) if len({len(vector) for vector in vectors}) == 1 else ([], None)
            return self._held

    def _vector(self, text: str) -> Any:
        """The question's vector. It may arrive too late for this answer, and is kept for the next."""
        return _normal(self._endpoint.vectors([text], 10 * MOST_WAIT_S, is_query=True)[0])


def _stacked(vectors: Sequence[bytes]) -> Any:
    """Vectors of one length as rows; raises sqlite3.DatabaseError for bytes that nobody here has written."""
    import numpy

    try:
        rows = numpy.stack([numpy.frombuffer(vector, dtype=numpy.float32) for vector in vectors])
    except (TypeError, ValueError) as error:
        raise sqlite3.DatabaseError(f"a vector cannot be read: {error}") from error
    if not numpy.isfinite(rows).all():
        raise sqlite3.DatabaseError("a vector holds something that is no number")
    return rows


def _piece(*parts: str) -> str:
    return "\n".join(part for part in parts if part)[:PIECE_CHARS]


def _digest(text: str, size: int) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=size).hexdigest()


def _normal(vector: Sequence[float]) -> Any:
    import numpy

    array = numpy.asarray(vector, dtype=numpy.float64)  # a smaller one has no room for the squares
    return (array / (float(numpy.linalg.norm(array)) or 1.0)).astype(numpy.float32)
