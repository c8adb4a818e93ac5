"""The search file: every document as text and stems, the full-text index and the vocabulary, in one SQLite file."""

import json
import logging
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from sys import intern
from time import time_ns
from typing import Any, Protocol

from kb.articles.article import Passage
from search.engine import Document, EngineUnavailable, Progress, Query, SyncReport
from search.index.file import DamagedFile, copy_log, discard, identity, is_damage, open_file
from search.index.writer import add, empty, parted, remove
from search.lru_cache import LRUCache
from search.text.tokenizer import words
from search.text.word_vectors import word_vectors

log = logging.getLogger("deskbook.search")
LOADED = 1000
"""Documents kept in memory as they were read, about 10 KB each: reading them anew was a fifth of an answer."""
ADMITTED = "audience IN (SELECT value FROM json_each(?))"
"""SQL: whether a document, or words, are for one of the audiences in a JSON array."""
KEYWORDS, LABELS = 3, 4
"""Places in the short texts of a document."""


class Filterable(Protocol):
    """Where a document stands."""

    @property
    def category(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def tags(self) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class Stored:
    """A document as the index holds it; the stems are words joined by single spaces, with a space at either end."""

    id: int
    slug: str
    path: str
    title: str
    url: str
    category: str
    category_name: str
    section_name: str
    type: str
    locale: str
    audience: str
    tags: tuple[str, ...]
    boost: float
    stems: tuple[str, ...]
    """Of title, headings, summary, keywords and labels; empty where there are none."""
    passages: tuple["StoredPassage", ...]
    counts: dict[str, int]
    """Every stem in it, and how often it stands in the passages."""
    short: str
    """The stems of the short texts in a row."""
    whole: str
    """All of its stems, a space at either end of each part."""
    body_chars: int
    title_words: str
    """The folded words of the title, each after a space."""
    vectors: Any
    """Of the title and the passages, in rows (`search.text.word_vectors`)."""


@dataclass(frozen=True)
class StoredPassage:
    """One passage with its stems, padded by spaces."""

    passage: Passage
    heading_stems: str
    stems: str
    at: int
    """Its place in the article, from 0."""


class Store:
    """The file and its connections, one for each thread; several processes may share it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._writing = threading.Lock()
        self._copying: threading.Thread | None = None
        self._frequencies: tuple[int, dict[str, int]] | None = None
        self._loaded = LRUCache[tuple[int, int], Stored](LOADED)

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection; raises EngineUnavailable when the file cannot be opened or made."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            try:
                connection = self._local.connection = open_file(self.path)
                self._local.file = identity(self.path)
            except (sqlite3.Error, OSError) as error:
                raise EngineUnavailable(f"{self.path}: {error}") from error
        return connection

    def generation(self) -> int:
        """Grows with every change of the index, whichever process makes it; 0 of a file that was never filled, as one that was deleted is.

        Raises EngineUnavailable.
        """
        held: int | None = getattr(self._local, "generation", None)
        if held is not None:
            return held
        if not self.connection.in_transaction and self._local.file != identity(self.path):
            self._local.connection = None
        with self.guarded():
            return self._get("generation")

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Inside, SQLite's errors become EngineUnavailable; a damaged file is put away, unless another thread or process has done so."""
        try:
            yield
        except sqlite3.Error as error:
            if not is_damage(error):
                raise EngineUnavailable(f"{self.path}: {error}") from error
            if self._local.file == identity(self.path):
                log.warning("%s is damaged (%s) and will be rebuilt", self.path, error)
                with suppress(OSError):  # in a folder that cannot be written to it stays, and search stays reduced
                    discard(self.path)
            raise DamagedFile(f"{self.path}: {error}") from error

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Inside, this thread reads the index as it is now, whatever is written meanwhile."""
        connection = self.connection
        if connection.in_transaction:
            yield
            return
        connection.execute("BEGIN")
        try:
            self._local.generation = self._get("generation")
            yield
        finally:
            self._local.generation = None
            connection.execute("ROLLBACK")

    def frequencies(self) -> dict[str, int]:
        """Stem → documents that hold it, the same for the readers of every language; read once for each generation."""
        generation, found = self.generation(), self._frequencies
        if found is None or found[0] != generation:
            rows = self.connection.execute("SELECT term, doc FROM terms")
            found = self._frequencies = generation, {intern(term): count for term, count in rows}
        return found[1]

    def hidden(self, audiences: Sequence[str]) -> dict[str, int]:
        """Stem → documents that hold it and are for others than these."""
        return dict(self.connection.execute(f"SELECT stem, total(documents) FROM hidden WHERE NOT {ADMITTED} GROUP BY stem", [json.dumps(audiences)]))

    def size(self) -> int:
        """The number of documents."""
        return int(self.connection.execute("SELECT count(*) FROM documents").fetchone()[0])

    def locales(self, reader: str | None = None, audiences: Sequence[str] | None = None) -> dict[str, int]:
        """Locale → its documents: all, or those that readers of one locale get, or may read; their own first, then those of most."""
        clauses, values = ["TRUE"], []
        if reader:
            clauses.append("EXISTS (SELECT 1 FROM json_each(readers) WHERE value = ?)")
            values.append(reader)
        if audiences is not None:
            clauses.append(ADMITTED)
            values.append(json.dumps(audiences))
        rows = self.connection.execute(f"SELECT locale, count(*) FROM documents WHERE {' AND '.join(clauses)} GROUP BY locale", values)
        return dict(sorted(rows, key=lambda row: (row[0] != reader, -row[1])))

    def digests(self) -> dict[str, str]:
        """Slug → digest of every document."""
        return dict(self.connection.execute("SELECT slug, digest FROM documents"))

    def sync(self, documents: Iterable[Document], progress: Progress | None = None, *, rebuild: bool = False) -> SyncReport:
        """Makes the file hold exactly `documents` in one transaction: readers see all of it or nothing; a damaged one is made anew.

        Raises EngineUnavailable.
        """
        wanted = {document.slug: document for document in documents}
        try:
            return self._sync(wanted, progress, rebuild=rebuild)
        except DamagedFile:
            return self._sync(wanted, progress, rebuild=rebuild)

    def _sync(self, wanted: dict[str, Document], progress: Progress | None, *, rebuild: bool) -> SyncReport:
        self.generation()  # which tells whether the file is still the one that is open
        with self._writing, self._copied_later(), self.transaction() as connection:
            held = {} if rebuild else self.digests()
            if rebuild:
                empty(connection)
            gone = [slug for slug in held if slug not in wanted]
            changed = [slug for slug, document in wanted.items() if slug in held and held[slug] != document.digest]
            added = [slug for slug in wanted if slug not in held]
            if gone or changed or added or rebuild:
                remove(connection, gone + changed)
                self._add([wanted[slug] for slug in changed + added], progress)
                # A new file begins where none before it was: answers are kept by it.
                self._set("generation", (self.generation() or time_ns()) + 1)
        return SyncReport(len(added), len(changed), len(gone), rebuild)

    @contextmanager
    def _copied_later(self) -> Iterator[None]:
        """What is committed inside is copied from the log to the file in a thread: nobody has to wait for it, the log is read as well."""
        connection = self.connection
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        try:
            yield
        finally:
            connection.execute("PRAGMA wal_autocheckpoint = 1000")
            self._copying = threading.Thread(target=copy_log, args=(self.path, self._copying))
            self._copying.start()

    def close(self) -> None:
        """Returns once nothing is done to the file any more in a thread of its own."""
        if self._copying:
            self._copying.join()

    def load(self, ids: Sequence[int]) -> dict[int, Stored]:
        """The documents of `ids` with their passages; one that has gone meanwhile is missing."""
        generation = self.generation() if ids else 0
        held = {id: stored for id in ids if (stored := self._loaded.get((generation, id))) is not None}
        if missing := [id for id in ids if id not in held]:
            for id, stored in self._read(missing).items():
                held[id] = stored
                self._loaded.put((generation, id), stored)
        return {id: held[id] for id in ids if id in held}

    def _read(self, ids: Sequence[int]) -> dict[int, Stored]:
        columns = "id, slug, path, title, url, category, category_name, section_name, type, locale, audience, tags, boost, stems, passages, vectors"
        marks = ",".join("?" * len(ids))
        rows = self.connection.execute(f"SELECT {columns} FROM documents JOIN texts ON document = id WHERE id IN ({marks})", ids)
        try:
            return {row[0]: stored_of(row) for row in rows}
        except (ValueError, TypeError) as error:
            raise sqlite3.DatabaseError(f"a document cannot be read: {error}") from error

    def _add(self, documents: list[Document], progress: Progress | None) -> None:
        first = self._get("next")
        add(self.connection, documents, first, progress)
        self._set("next", first + len(documents))

    def _get(self, name: str) -> int:
        row = self.connection.execute("SELECT value FROM about WHERE name = ?", (name,)).fetchone()
        try:
            return int(row[0]) if row else 0
        except ValueError as error:
            raise sqlite3.DatabaseError(f"no number for {name}: {error}") from error

    def _set(self, name: str, value: int) -> None:
        self.connection.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", (name, str(value)))

    def ids(self, slugs: Sequence[str]) -> dict[str, int]:
        """Slug → id of those of `slugs` that the file holds."""
        marks = ",".join("?" * len(slugs))
        return dict(self.connection.execute(f"SELECT slug, id FROM documents WHERE slug IN ({marks})", slugs))

    def admitted(self, slugs: Sequence[str], query: Query) -> dict[str, int]:
        """Slug → id of those of `slugs` that pass the filters of `query`."""
        condition, values = conditions(query)
        marks = ",".join("?" * len(slugs))
        return dict(self.connection.execute(f"SELECT slug, id FROM documents WHERE slug IN ({marks}) AND {condition}", [*slugs, *values]))

    def find(self, name: str, query: Query) -> list[int]:
        """The ids of the versions of the article that `name`, a slug or a path, calls, as far as they pass the filters of `query`."""
        condition, values = conditions(query)
        row = self.connection.execute("SELECT slug FROM documents WHERE path = ?", (name,)).fetchone()
        slug = str(row[0] if row else name).rpartition("/")[2]
        rows = self.connection.execute(f"SELECT id FROM documents WHERE slug IN (?, locale || '/' || ?) AND {condition}", [slug, slug, *values])
        return [id for (id,) in rows]

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of what is written inside, or nothing; raises EngineUnavailable for SQLite's errors."""
        connection = self.connection
        with self.guarded():
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise


def conditions(query: Query) -> tuple[str, list[str]]:
    """The filters of `query` as SQL on `documents`, and its values."""
    clauses, values = [ADMITTED], [json.dumps(query.audiences)]
    for column in ("category", "type"):
        if value := getattr(query, column):
            clauses.append(f"{column} = ?")
            values.append(value)
    if query.locale:
        clauses.append("EXISTS (SELECT 1 FROM json_each(readers) WHERE value = ?)")
        values.append(query.locale)
    if query.tag:
        clauses.append("EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ?)")
        values.append(query.tag)
    return " AND ".join(clauses), values


def stored_of(row: tuple[Any, ...]) -> Stored:
    """Return the document of a row, its columns those that `load` reads."""
    id, slug, path, title, url, category, category_name, section_name, type, locale, audience, tags, boost, stems_kept, passages_kept, vectors = row
    stems, headings, texts = parted(stems_kept)
    told = [Passage(anchor, tuple(trail), text) for anchor, trail, text in json.loads(passages_kept)]
    passages = tuple(map(StoredPassage, told, headings, texts, count()))
    body = "".join(texts)
    short = "".join(stems)
    found = dict.fromkeys(short.split(), 0) | Counter(body.split())
    counts = dict(zip(map(intern, found), found.values(), strict=True))  # many documents hold the same words: interned, they are kept once
    named = (id, slug, path, title, url, category, category_name, section_name, type, locale, audience, tuple(json.loads(tags)), boost)
    return Stored(
        *named, stems, passages, counts, short, short + body, len(body), "".join([f" {word}" for word in words(title)]), word_vectors().unpacked(vectors)
    )
