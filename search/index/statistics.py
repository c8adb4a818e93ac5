"""What ranking must know of a whole index: its words and how often they occur. Small enough to be sent to a process that has no search file yet."""

import base64
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from sys import intern
from time import time_ns

from search.engine import Document, Query
from search.index.file import VERSION, discard
from search.index.store import Store, Stored, stored_of
from search.index.writer import row_of

PART_CHARS = 1_000_000


def digest_of(documents: Mapping[str, str]) -> str:
    """Return what tells the statistics of these documents, slug → digest, from those of others."""
    named = json.dumps([VERSION, sorted(documents.items())]).encode("utf-8", "replace")
    return blake2b(named, digest_size=16).hexdigest()


def pack(store: Store) -> list[str]:
    """Return the statistics of a search file in parts."""
    ask = store.connection.execute
    with store.snapshot():
        held = {
            "words": ask("SELECT word, locale, audience, stem, documents, titles FROM words").fetchall(),
            "hidden": ask("SELECT audience, stem, documents FROM hidden").fetchall(),
            "terms": ask("SELECT term, doc FROM terms").fetchall(),
            "documents": ask("SELECT locale, audience, readers, count(*) FROM documents GROUP BY locale, audience, readers").fetchall(),
        }
    text = base64.b85encode(zlib.compress(json.dumps(held, ensure_ascii=False).encode("utf-8", "replace"))).decode()
    return [text[at : at + PART_CHARS] for at in range(0, len(text), PART_CHARS)]


class StatisticsStore(Store):
    """Stands in for a search file that is not filled yet: the words come from statistics, the articles from the process itself.

    It finds no articles, and knows no rows of words: an engine outside names the candidates.
    """

    def __init__(self, path: Path, parts: Iterable[str], documents: Sequence[Document]) -> None:
        """The words are written to `path`. Raises ValueError for parts that are not those of `pack`."""
        super().__init__(path)
        try:
            held = json.loads(zlib.decompress(base64.b85decode("".join(parts))))
            words, hidden, terms, self._counts = (held[name] for name in ("words", "hidden", "terms", "documents"))
        except (zlib.error, KeyError, TypeError) as error:
            raise ValueError(f"not the statistics of an index: {error}") from error
        self._documents = documents
        self._numbers = {document.slug: number for number, document in enumerate(documents, 1)}
        self._terms = {intern(term): count for term, count in terms}
        discard(path)
        with self.transaction() as connection:
            connection.executemany("INSERT INTO words VALUES (?, ?, ?, ?, ?, ?)", words)
            connection.executemany("INSERT INTO hidden VALUES (?, ?, ?)", hidden)
            self._set("generation", time_ns())

    def frequencies(self) -> dict[str, int]:
        """Return stem → documents that hold it."""
        return self._terms

    def size(self) -> int:
        """Return the number of documents."""
        return sum(count for *_, count in self._counts)

    def locales(self, reader: str | None = None, audiences: Sequence[str] | None = None) -> dict[str, int]:
        """Return locale → its documents, as a search file does."""
        found: dict[str, int] = {}
        for locale, audience, readers, count in self._counts:
            if (not reader or reader in json.loads(readers)) and (audiences is None or audience in audiences):
                found[locale] = found.get(locale, 0) + int(count)
        return dict(sorted(found.items(), key=lambda row: (row[0] != reader, -row[1])))

    def ids(self, slugs: Sequence[str]) -> dict[str, int]:
        """Return slug → id of those of `slugs` that there are."""
        return {slug: self._numbers[slug] for slug in slugs if slug in self._numbers}

    def admitted(self, slugs: Sequence[str], query: Query) -> dict[str, int]:
        """Return slug → id of those of `slugs` that pass the filters of `query`."""
        return {slug: number for slug, number in self.ids(slugs).items() if _passes(self._documents[number - 1], query)}

    def find(self, name: str, query: Query) -> list[int]:
        """Return the ids of the versions of the article that `name`, a slug or a path, calls, as far as they pass the filters of `query`."""
        slug = next((one.slug for one in self._documents if one.path == name), name).rpartition("/")[2]
        versions = (slug, *(f"{locale}/{slug}" for locale in self.locales()))
        return list(self.admitted(versions, query).values())

    def _read(self, ids: Sequence[int]) -> dict[int, Stored]:
        return {id: stored_of((id, *row_of(self._documents[id - 1])[1:])) for id in ids if 0 < id <= len(self._documents)}


def _passes(document: Document, query: Query) -> bool:
    readers = document.readers or (document.locale,)
    return (
        document.audience in query.audiences
        and query.category in (None, "", document.category)
        and query.type in (None, "", document.type)
        and (not query.tag or query.tag in document.tags)
        and (not query.locale or query.locale in readers)
    )
