"""The searcher: ask the configured engine, fall back to the embedded one, cache answers and keep the indexes current."""

import logging
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, cast

from kb.articles.article import Catalog
from kb.config import Settings
from search.circuit_breaker import CircuitBreaker
from search.documents import documents
from search.engine import Document, Engine, EngineUnavailable, Progress, Query, Results, SyncReport
from search.engines.configured import embedding_index, meilisearch_engine
from search.engines.embedded import EmbeddedEngine
from search.index.store import Store
from search.index_sync import IndexSync
from search.lru_cache import LRUCache
from search.ranking.embedding_lookup import EmbeddingLookup
from search.text.dictionary import prepare
from search.writers.rules_file import FILE, read_rules

if TYPE_CHECKING:
    from search.engines.meilisearch.engine import MeilisearchEngine

log = logging.getLogger("deskbook.search")
REMEMBERED = 512
MANY = 2_000
"""Articles from which on indexing them takes a second, and the first search does not wait for it where Meilisearch can answer."""
COMPLAINS_EVERY_S = 60.0
QUICK_CHARS = 60
"""Each unknown word is compared with all words of the index, so a pasted text may take long."""
Key = tuple[int, int, Query]
"""A query with the states of index and search rules that its answer depends on."""


class Searcher:
    """One for each process; every method may be called from several threads and none raises EngineUnavailable."""

    def __init__(self, settings: Settings, *, keeps_index: bool = True, breaker: CircuitBreaker | None = None) -> None:
        """`keeps_index`: bring Meilisearch up to the articles, too. Without it another process does, and only the searching key is used."""
        self.embedded = EmbeddedEngine(Store(settings.data / "search.sqlite"))
        self.engine: Engine = self.embedded
        self.breaker = breaker or CircuitBreaker()
        self._threshold = settings.answer_threshold
        if not settings.word_vectors:
            self.embedded.answerer.vectors = None
        self._remembered = LRUCache[Key, Results](REMEMBERED)
        self.lists = LRUCache[tuple[Key, str], bytes](REMEMBERED)
        """Finished pages of answers, kept by who makes them; they are forgotten with the answers."""
        self._keeper: IndexSync | None = None
        self._stand_in: MeilisearchEngine | None = None
        self._filling: Thread | None = None
        self._content = settings.content
        self._steered = 0
        self._found_wrong: str | None = None
        self._last_refusal = ""
        self._silent_until = 0.0
        self._seen = -1
        self._documents: list[Document] | None = None
        self._steered_by: tuple[int, ...] | None = None
        self.steer()
        if settings.meilisearch_url:
            self.engine = meilisearch_engine(settings, self.embedded, may_index=keeps_index)
            self._found_wrong = "Meilisearch has not been asked yet."
        if settings.meilisearch_url and keeps_index:
            self._keeper = IndexSync(self.engine, self._forget, f"The Meilisearch index {settings.meilisearch_index}")
        self._embedding_index: IndexSync | None = None
        if settings.embeddings_url:
            meaning = embedding_index(settings, self.embedded.store)
            self.embedded.meaning = EmbeddingLookup(meaning.nearest)
            self._embedding_index = IndexSync(meaning, self._forget, "The vectors of the articles")
            meaning.on_outdated = self._embedding_index.look

    def search(self, query: Query, key: Key | None = None) -> Results:
        """The answer, from memory when this was asked before; `degraded` when the configured engine did not give it."""
        started = perf_counter()
        key = key or self.key(query)
        if key is None:
            return Results(query.text, degraded=True)
        found = self._remembered.get(key)
        if found is None:
            found = self._ask(query)
            found = found._replace(answered=bool(found.hits) and found.confidence >= self._threshold)
            if not (found.degraded or found.lacks_meaning):
                self._remembered.put(key, found)
        return found._replace(took_ms=round((perf_counter() - started) * 1000, 2))

    def is_quick(self, query: Query) -> bool:
        """Whether answering takes no more than some milliseconds: a few words between keystrokes, from the search file."""
        return self.engine is self.embedded and query.is_typing and len(query.text) <= QUICK_CHARS

    def key(self, query: Query) -> Key | None:
        """What the answer to `query` may be kept under; None when the search file cannot be read."""
        try:
            return (self.embedded.store.generation(), self._steered, query)
        except (EngineUnavailable, OSError) as error:
            self._complain("search file unreadable", error)
            return None

    def sync(self, catalog: Catalog, progress: Progress | None = None) -> SyncReport:
        """Brings the embedded index to the catalog before it returns; Meilisearch follows in its own thread.

        Where there is no search file yet, and Meilisearch has all that answers need meanwhile, the embedded index follows in a thread as well.
        """
        wanted = self._documents = list(documents(catalog, datetime.now(UTC)))
        if len(wanted) >= MANY and self._can_stand_in(wanted):
            self._filling = Thread(target=self._fill, args=(wanted,), name="search-fill", daemon=True)
            self._filling.start()
            return SyncReport()
        return self._sync(wanted, progress)

    def _can_stand_in(self, wanted: list[Document]) -> bool:
        """Whether Meilisearch answers from now on until the search file is filled."""
        if self._stand_in is not None or self.engine is self.embedded:
            return False
        try:
            if not self.embedded.store.generation():
                self._stand_in = cast("MeilisearchEngine", self.engine).stand_in(wanted)
        except (EngineUnavailable, OSError) as error:
            log.warning("search waits for its file to be filled: %s", error)
        return self._stand_in is not None

    def _fill(self, wanted: list[Document]) -> None:
        self._sync(wanted, None)
        stood_in, self._stand_in = self._stand_in, None
        self._forget()
        if stood_in is not None:
            stood_in.close()

    def _sync(self, wanted: list[Document], progress: Progress | None) -> SyncReport:
        try:
            report = self.embedded.sync(wanted, progress)
        except EngineUnavailable as error:
            log.error("search file not written: %s", error)
            report = SyncReport()
        prepare(document.locale for document in wanted)
        for keeper in (self._keeper, self._embedding_index):
            if keeper:
                keeper.keep(wanted)
        return report

    def look(self) -> bool:
        """Compares the search file with the articles as they were told last, and repairs it; whether it had to. Another process may have written it.

        Where another process keeps the index in Meilisearch, this also finds out how that is.
        """
        if self.engine is not self.embedded and self._keeper is None:
            self._found_wrong = self.engine.problem()
        if self._last_refusal:
            self._last_refusal = self.engine.problem() or ""
        try:
            generation = self.embedded.store.generation()
            if self._documents is None or generation == self._seen:
                return False
            report = self.embedded.sync(self._documents)
            self._seen = self.embedded.store.generation()
        except EngineUnavailable as error:
            self._complain("search file not compared", error)
            return False
        return not report.is_empty

    def steer(self) -> bool:
        """Follows `_search.yml` when it has changed; whether it did. One with errors leaves the last good one live."""
        state = _state(self._content / FILE)
        if state == self._steered_by:
            return False
        self._steered_by = state
        rules, problems = read_rules(self._content)
        if errors := [problem for problem in problems if problem.is_error]:
            log.warning("%s; the last good %s is still used. Run `deskbook check` for details", errors[0], FILE)
            return False
        self.embedded.answerer.rules = rules
        self._steered += 1
        self._forget()
        return True

    def problem(self) -> str | None:
        """What is wrong with search, for the operator; None when all is well."""
        meaning = self._embedding_index.problem if self._embedding_index else None
        kept = self._keeper.problem if self._keeper else None
        return self.engine.problem() or kept or meaning

    @property
    def trouble(self) -> str | None:
        """What is known to be wrong with the configured engine, in its own words, or with the search file; asks no server."""
        return self._last_refusal or self._file_trouble() or (self._keeper.problem if self._keeper else self._found_wrong)

    def _file_trouble(self) -> str | None:
        """What keeps the search file from answering; None when nothing does."""
        try:
            is_filled = self.embedded.store.generation() > 0
        except (EngineUnavailable, OSError) as error:
            return str(error)
        return None if is_filled or self._stand_in is not None or not self._documents else "The search file is being filled."

    @property
    def status(self) -> str:
        """`ok` or `degraded`, without asking a server."""
        return "degraded" if self.trouble else "ok"

    def close(self) -> None:
        """Ends the threads that keep indexes."""
        if self._filling:
            self._filling.join(60)
        for keeper in (self._keeper, self._embedding_index):
            if keeper:
                keeper.close()
        self.embedded.store.close()

    def _ask(self, query: Query) -> Results:
        stand_in = self._stand_in
        if self.engine is self.embedded:
            return self._embedded(query)
        if not self.breaker.allows():
            return self._embedded(query)._replace(degraded=True)
        try:
            found = (stand_in or self.engine).search(query)
        except EngineUnavailable as error:
            self._last_refusal = str(error)
            self.breaker.failed(retry_after_s=error.retry_after_s)
            log.warning("search engine unavailable: %s", str(error)[:300])
            return self._embedded(query)._replace(degraded=True)
        self._last_refusal = ""
        if self.breaker.succeeded() and self._keeper:
            self._keeper.look()
        if found.hits:
            self._found_wrong = None
        return found if found.hits or stand_in is not None else self._doubt(query, found)

    def _doubt(self, query: Query, found: Results) -> Results:
        """Nothing found: right when the embedded engine agrees, else the index has lost something. A beginning of a word is no proof of that."""
        other = self._embedded(query)
        if not other.hits:
            return other if other.degraded else found
        if query.is_typing:
            return other
        self._found_wrong = "The Meilisearch index lacks what the search file holds."
        if self._keeper:
            self._keeper.look()
        return other._replace(degraded=True)

    def _embedded(self, query: Query) -> Results:
        try:
            found = self.embedded.search(query)
            return found if found.hits or self.embedded.store.generation() or not self._documents else found._replace(degraded=True, engine="")
        except EngineUnavailable as error:
            self._complain("embedded search unavailable", error)
            return Results(query.text, degraded=True)

    def _complain(self, what: str, error: Exception) -> None:
        """Logs once a minute what every search would say again."""
        now = monotonic()
        if now >= self._silent_until:
            self._silent_until = now + COMPLAINS_EVERY_S
            log.error("%s: %s", what, error)

    def _forget(self) -> None:
        self._last_refusal = ""
        self._remembered.clear()
        self.lists.clear()


def _state(path: Path) -> tuple[int, ...]:
    """What tells one state of a file from another; empty when there is none."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return (found.st_mtime_ns, found.st_size, found.st_ino)
