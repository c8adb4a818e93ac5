"""The embedded engine: SQLite FTS5 finds candidates, `search.ranking` orders them."""

import sqlite3
from collections.abc import Iterable

from search.engine import MOST_RANKED, Document, EngineUnavailable, Progress, Query, Results, SyncReport
from search.index.store import Store, conditions
from search.query.parsed_query import ParsedQuery
from search.ranking.answer import Answerer
from search.ranking.embedding_lookup import EmbeddingLookup

TYPING_CANDIDATES = 12
"""Articles looked at closely between keystrokes, for a few words."""
TYPING_BEGUN = 8
"""Of them, those that begin with what is typed."""
TYPING_MATCHES = 200
"""Between keystrokes only so many matches are scored, those with the shortest titles: so the work has a bound whatever the number of articles."""
ENOUGH = 10
"""Articles that hold every word of a fragment; with fewer, those that hold some of them are added."""
_SCORE = "bm25(articles, 8.0, 3.0, 2.0, 4.0, 0.5, 1.0)"


class EmbeddedEngine:
    """Answers from the search file alone."""

    name = "embedded"

    def __init__(self, store: Store) -> None:
        self.store = store
        self.answerer = Answerer(store)
        self.meaning: EmbeddingLookup | None = None

    def search(self, query: Query) -> Results:
        """The best articles for `query`; raises EngineUnavailable when the file cannot be read."""
        with self.store.guarded():
            return self.answerer.answer(query, self.name, self._candidates, self.meaning)

    def sync(self, documents: Iterable[Document], progress: Progress | None = None) -> SyncReport:
        """Brings the file to exactly `documents`."""
        return self.store.sync(documents, progress)

    def rebuild(self, documents: Iterable[Document], progress: Progress | None = None) -> SyncReport:
        """Fills the file anew; readers see the old state until the end."""
        return self.store.sync(documents, progress, rebuild=True)

    def problem(self) -> str | None:
        """What keeps the file from answering; None when all is well."""
        try:
            return None if self.store.size() else "The embedded index is empty; `deskbook index` fills it."
        except (EngineUnavailable, sqlite3.Error) as error:
            return str(error)

    def _candidates(self, _text: str, parsed: ParsedQuery, query: Query) -> list[int]:
        """Most telling first: titles that hold a whole fragment, then articles that do, then those that hold any telling word."""
        if query.is_typing and parsed.is_fragment:
            return self._typed(parsed, query)
        every = _every(parsed)
        ids: dict[int, None] = dict.fromkeys(self._begun(parsed, query)) if query.is_typing else {}
        expressions = [f"title : ({every})", every] if parsed.is_fragment else []
        for expression in [*expressions, _any(parsed)]:
            ids |= dict.fromkeys(self._matching(expression, query, MOST_RANKED))
            if len(ids) >= ENOUGH:
                break
        return list(ids)[:MOST_RANKED]

    def _begun(self, parsed: ParsedQuery, query: Query) -> list[int]:
        """Articles whose titles begin with just what is typed. Of 1,777 beginnings of titles 2 in 100 more showed theirs among five."""
        typed = parsed.phrase.split()
        return self._first(f"title : ({self.answerer.vocabulary(query).in_a_row(typed, sign='^')})", query, TYPING_BEGUN) if typed else []

    def _typed(self, parsed: ParsedQuery, query: Query) -> list[int]:
        """Articles that hold every word in their titles: where these are many, first those that begin as typed; where few, then others with the words."""
        every = _every(parsed)
        ids = dict.fromkeys(self._first(f"title : ({every})", query, TYPING_CANDIDATES))
        if len(ids) == TYPING_CANDIDATES:
            ids = dict.fromkeys(self._begun(parsed, query)) | ids
        for expression in (every, _any(parsed)):
            if len(ids) < query.offset + query.limit:
                ids |= dict.fromkeys(self._matching(expression, query, TYPING_CANDIDATES, TYPING_MATCHES))
        return list(ids)[:TYPING_CANDIDATES]

    def _first(self, expression: str, query: Query, most: int) -> list[int]:
        """The matches with the shortest titles, found without looking at the others."""
        where, values = self._where(expression, query)
        return [id for (id,) in self.store.connection.execute(f"SELECT rowid FROM articles WHERE {where} LIMIT ?", [*values, most])]

    def _matching(self, expression: str, query: Query, most: int, of: int = -1) -> list[int]:
        """The best matches, of all or of the first."""
        where, values = self._where(expression, query)
        sql = f"SELECT id FROM (SELECT rowid AS id, {_SCORE} AS score FROM articles WHERE {where} LIMIT ?) ORDER BY score LIMIT ?"
        return [id for (id,) in self.store.connection.execute(sql, [*values, of, most])]

    def _where(self, expression: str, query: Query) -> tuple[str, list[str]]:
        where, values = "articles MATCH ?", [expression]
        if query.category or query.type or query.tag or query.locale or self.answerer.vocabulary(query).has_hidden:
            condition, more = conditions(query)
            # The unary plus keeps SQLite from asking the full-text index once for every admitted document.
            where, values = f"{where} AND +rowid IN (SELECT id FROM documents WHERE {condition})", [*values, *more]
        return where, values


def _every(parsed: ParsedQuery) -> str:
    """All of the words, each as any of what it may stand for."""
    terms = [" OR ".join(_term(one.stem, one.is_prefix) for one in term.alternatives) for term in parsed.known]
    return " AND ".join(f"({term})" for term in terms)


def _any(parsed: ParsedQuery) -> str:
    return " OR ".join(_term(one.stem, one.is_prefix) for term in parsed.telling for one in term.alternatives)


def _term(stem: str, is_prefix: bool) -> str:
    return f'"{stem}"*' if is_prefix else f'"{stem}"'
