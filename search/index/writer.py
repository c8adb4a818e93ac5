"""Fill the search file. Rows are made in this thread while SQLite writes earlier ones in another."""

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from search.engine import Document, Progress
from search.text.stemmer import Stems
from search.text.tokenizer import MARK, indexed_words, words_of
from search.text.word_vectors import word_vectors

PUBLIC = "public"
BATCH = 500
"""Documents in one statement: SQLite lets other threads work until a statement is done, then has to wait for its turn."""
TITLE_WORDS = 1 << 32
"""Ids grow with the number of words in the title: whoever reads matches in order of their ids has the shortest titles first, and may stop early.
A title whose article counts twice passes for one half as long."""
_DOCUMENTS = (
    "INSERT INTO documents (id, slug, digest, path, title, url, category, category_name, section_name, type, locale, audience, tags, readers, boost)",
    15,
)
_TEXTS = ("INSERT INTO texts (document, stems, passages, labels, vectors)", 5)
MOST_VECTORS = 40
"""Of one article: one of its title, then those of its first passages."""
_STEMS = ("INSERT INTO articles (rowid, title, headings, summary, keywords, labels, body)", 7)
_FORGET_STEMS = "INSERT INTO articles (articles, rowid, title, headings, summary, keywords, labels, body) VALUES ('delete', ?, ?, ?, ?, ?, ?, ?)"
_COUNT_HIDDEN = "INSERT INTO hidden VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET documents = documents + excluded.documents"
_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_COUNT = (
    "INSERT INTO words VALUES (?, ?, ?, ?, ?, ?) "
    "ON CONFLICT DO UPDATE SET documents = documents + excluded.documents, titles = titles + excluded.titles"
)  # fmt: skip


def empty(connection: sqlite3.Connection) -> None:
    """Removes every document."""
    connection.execute("INSERT INTO articles (articles) VALUES ('delete-all')")
    for statement in ("DELETE FROM texts", "DELETE FROM documents", "DELETE FROM words", "DELETE FROM hidden"):
        connection.execute(statement)


def remove(connection: sqlite3.Connection, slugs: Sequence[str]) -> None:
    """Removes the documents of `slugs`, and the words that no other holds."""
    for slug in slugs:
        sql = "SELECT id, title, locale, audience, stems, passages, labels FROM documents JOIN texts ON document = id WHERE slug = ?"
        id, title, locale, audience, stems, kept, labels = connection.execute(sql, (slug,)).fetchone()
        passages = json.loads(kept)
        connection.execute(_FORGET_STEMS, (id, *_searched(stems)))
        in_title = set(indexed_words(title))
        found = in_title.union(indexed_words(labels), *(indexed_words(text) for _, trail, text in passages for text in (*trail[-1:], text)))
        connection.executemany(
            "UPDATE words SET documents = documents - 1, titles = titles - ? WHERE word = ? AND locale = ? AND audience = ?",
            [(word in in_title, word, locale, audience) for word in found],
        )
        if audience != PUBLIC:
            connection.executemany("UPDATE hidden SET documents = documents - 1 WHERE audience = ? AND stem = ?", [(audience, stem) for stem in _held(stems)])
        connection.execute("DELETE FROM texts WHERE document = ?", (id,))
        connection.execute("DELETE FROM documents WHERE id = ?", (id,))
    if slugs:
        connection.execute("DELETE FROM words WHERE documents <= 0")
        connection.execute("DELETE FROM hidden WHERE documents <= 0")


def add(connection: sqlite3.Connection, documents: Iterable[Document], first: int, progress: Progress | None) -> None:
    """Adds `documents`, numbered from `first` on; numbers are never used again."""
    ordered = sorted(((indexed_words(document.title), document) for document in documents), key=lambda one: _length(*one))
    rows = _Rows()
    with ThreadPoolExecutor(1) as writer:
        writing: Future[None] | None = None
        for start in range(0, len(ordered), BATCH):
            batch = ordered[start : start + BATCH]
            for number, (title, document) in enumerate(batch, first + start):
                rows.add(number, document, title)
            if writing:
                writing.result()
            writing = writer.submit(rows.writer(), connection)
            if progress:
                progress(start + len(batch), len(ordered))
        if writing:
            writing.result()
    rows.count(connection)


def row_of(document: Document) -> tuple[Any, ...]:
    """Return a document as it is read from the file."""
    rows = _Rows()
    rows.add(0, document, indexed_words(document.title))
    id, slug, _digest, *named, tags, _readers, boost = rows.values_of(_DOCUMENTS)
    _, stems, passages, _labels, vectors = rows.values_of(_TEXTS)
    return (id, slug, *named, tags, boost, stems, passages, vectors)


class _Rows:
    """The values of the rows to be written, one after the other, and the words counted so far."""

    def __init__(self) -> None:
        self._stems = dict[str, Stems]()
        self._documents = defaultdict[tuple[str, str], Counter[str]](Counter)
        """Locale and audience → word → documents that hold it; those of titles in the next."""
        self._titles = defaultdict[tuple[str, str], Counter[str]](Counter)
        self._hidden = defaultdict[str, Counter[str]](Counter)
        """Audience → stem → documents that hold it and are not for everybody."""
        self._values: dict[tuple[str, int], list[Any]] = {}
        self._forget()

    def add(self, number: int, document: Document, title: Sequence[str]) -> None:
        """Makes the rows of a document whose title holds these words."""
        id = _length(title, document) * TITLE_WORDS + number
        stems = self._stems.get(document.locale) or self._stems.setdefault(document.locale, Stems(document.locale))
        label_text = " ".join((*document.tags, document.category_name, document.section_name))
        headings = [passage.trail[-1] if passage.trail else "" for passage in document.passages]
        texts = [passage.text for passage in document.passages]
        found, each = words_of((document.title, document.summary, " ".join(document.keywords), label_text, *headings, *texts))
        marked = f" {stems.text(found)} "
        passages = [(passage.anchor, passage.trail, passage.text) for passage in document.passages]
        self._values[_DOCUMENTS] += (
            id, document.slug, document.digest, document.path, document.title, document.url, document.category, document.category_name,
            document.section_name, document.type, document.locale, document.audience, _json(document.tags), _json(document.readers or (document.locale,)),
            document.boost,
        )  # fmt: skip
        self._values[_TEXTS] += (id, marked, _json(passages), " ".join((document.summary, *document.keywords, label_text)), _vectors(found, len(texts)))
        self._values[_STEMS] += (id, *_searched(marked))
        readers = document.locale, document.audience
        self._documents[readers].update(each)
        self._titles[readers].update({*title})
        if document.audience != PUBLIC:
            self._hidden[document.audience].update(_held(marked))

    def values_of(self, statement: tuple[str, int]) -> list[Any]:
        """Return the values of the rows of one statement."""
        return self._values[statement]

    def writer(self) -> Callable[[sqlite3.Connection], None]:
        """Writes what was added until now, whatever is added meanwhile."""
        values = self._values
        self._forget()

        def write(connection: sqlite3.Connection) -> None:
            for (sql, columns), row_values in values.items():
                rows = ", ".join([f"({', '.join('?' * columns)})"] * (len(row_values) // columns))
                connection.execute(f"{sql} VALUES {rows}", row_values)

        return write

    def count(self, connection: sqlite3.Connection) -> None:
        """Writes the words of all that was added."""
        for readers, counts in self._documents.items():
            stems, titles = self._stems[readers[0]], self._titles[readers]
            connection.executemany(_COUNT, ((word, *readers, stems[word], count, titles[word]) for word, count in counts.items()))
        for audience, counts in self._hidden.items():
            connection.executemany(_COUNT_HIDDEN, ((audience, stem, count) for stem, count in counts.items()))

    def _forget(self) -> None:
        self._values = {_DOCUMENTS: [], _TEXTS: [], _STEMS: []}


def _length(title: Sequence[str], document: Document) -> int:
    return int(len(title) / document.boost)


def _vectors(found: Sequence[str], passages: int) -> bytes:
    """Return the vectors of the title and of each passage, from the words of all parts with MARK between them."""
    ends = [at for at, word in enumerate(found) if word == MARK]
    title, _, keywords, _, *rest = [found[start + 1 : end] for start, end in zip([-1, *ends], [*ends, len(found)], strict=True)]
    table, named = word_vectors(), [*title, *keywords]
    pairs = zip(rest[:passages], rest[passages:], strict=True)
    texts = [[*heading, *text] for heading, text in pairs if text][: MOST_VECTORS - 1]
    return table.packed([table.of_text((), named), *[table.of_text(text, named) for text in texts]])


def parted(stems: str) -> tuple[tuple[str, ...], list[str], list[str]]:
    """The stems of title, headings, summary, keywords and labels; of the heading of each passage; and of each passage. Empty where there are none."""
    title, summary, keywords, labels, *passages = [part if part != " " else "" for part in stems.split(MARK)]
    headings, texts = passages[: len(passages) // 2], passages[len(passages) // 2 :]
    return (title, "".join(headings), summary, keywords, labels), headings, texts


def _held(stems: str) -> set[str]:
    return {*stems.split()} - {MARK}


def _searched(stems: str) -> tuple[str, ...]:
    fields, _, texts = parted(stems)
    return (*fields, "".join(texts))
