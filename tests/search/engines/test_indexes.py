"""Keeping the indexes right: repaired, rebuilt beside the live one, whatever happens in between."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from kb.articles.article import Article, Catalog, Passage
from kb.config import Settings
from search.circuit_breaker import CircuitBreaker
from search.engine import EngineUnavailable, Query
from search.engines.embedded import EmbeddedEngine
from search.engines.meilisearch.client import Clients, MeilisearchApiError, _BoundedSession
from search.engines.meilisearch.engine import MeilisearchEngine
from search.engines.meilisearch.index import MeilisearchIndex
from search.index.file import discard
from search.index.store import Store
from search.searcher import Searcher
from tests import services
from tests.ports import free_port
from tests.search.conftest import SHOP, document, first, meilisearch_engine
from tests.search.faulty import faulty_server, passes_on
from tests.services import MeilisearchServer

slow = pytest.mark.slow


def until(condition: Callable[[], bool], timeout_s: float = 120) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_readers_see_the_old_index_until_the_new_one_is_whole(embedded: EmbeddedEngine) -> None:
    embedded.sync(SHOP)
    seen: list[str] = []

    def look(_done: int, _all: int) -> None:
        thread = threading.Thread(target=lambda: seen.append(first(embedded, "brakes rub")))
        thread.start()
        thread.join()

    embedded.rebuild([document("new", "Brakes that rub anew", ("", "x"))], look)
    assert seen == ["adjust-the-brakes"]
    assert first(embedded, "brakes rub") == "new"


def test_a_rebuild_that_breaks_off_leaves_the_old_index(embedded: EmbeddedEngine) -> None:
    embedded.sync(SHOP)

    def fail(_done: int, _all: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        embedded.rebuild([document("new", "Brakes", ("", "x"))], fail)
    assert first(embedded, "brakes rub") == "adjust-the-brakes"
    assert embedded.sync(SHOP).is_empty


def test_the_vocabulary_forgets_the_words_of_articles_that_are_gone(embedded: EmbeddedEngine) -> None:
    embedded.sync([*SHOP, document("odd", "Zeppelin", ("", "zeppelin flights"))])
    assert embedded.search(Query("zepelin")).corrected == "zeppelin"
    embedded.sync(SHOP)
    assert embedded.search(Query("zepelin")).corrected is None


def test_an_index_changed_step_by_step_equals_one_made_at_once(tmp_path: Path) -> None:
    grown, made = EmbeddedEngine(Store(tmp_path / "grown.sqlite")), EmbeddedEngine(Store(tmp_path / "made.sqlite"))
    many = [document(f"number-{number}", "Zebra " * (number % 7) + "crossing", ("Stripes", f"Stripe {number} isn't red.")) for number in range(600)]
    for held in ([], many[:300], [*SHOP, *many], [*SHOP[2:], *many[100:]], many[1:], SHOP):
        grown.sync(held)
    made.sync(SHOP)
    for rows in ("SELECT * FROM terms", "SELECT * FROM words ORDER BY word", "SELECT slug, title, stems, passages FROM documents JOIN texts ON document = id"):
        assert grown.store.connection.execute(rows).fetchall() == made.store.connection.execute(rows).fetchall()


def test_many_threads_search_while_the_index_changes(embedded: EmbeddedEngine) -> None:
    embedded.sync(SHOP)
    stopped = threading.Event()

    def change() -> None:
        for number in range(200):
            if stopped.is_set():
                return
            embedded.sync([*SHOP, document("extra", f"Extra {number}", ("", f"extra {number}"))])

    with ThreadPoolExecutor(9) as pool:
        changing = pool.submit(change)
        found = list(pool.map(lambda _: first(embedded, "brakes that rub"), range(300)))
        stopped.set()
        changing.result()
    assert set(found) == {"adjust-the-brakes"}


@pytest.fixture
def engine(meilisearch: MeilisearchServer, meilisearch_index: str, embedded: EmbeddedEngine) -> MeilisearchEngine:
    embedded.sync(SHOP)
    engine: MeilisearchEngine = meilisearch_engine(meilisearch, meilisearch_index, embedded)
    return engine


@pytest.fixture
def raw(meilisearch: MeilisearchServer) -> Any:
    """A client that may do anything, to damage what the product keeps."""
    return Clients(meilisearch.url, "", meilisearch.key, 120.0).indexing


def done(raw: Any, task: Any) -> None:
    assert raw.wait_for_task(task.task_uid, timeout_in_ms=60_000, interval_in_ms=5).status == "succeeded"


@slow
def test_a_wiped_index_is_rebuilt(engine: MeilisearchEngine, meilisearch_index: str, raw: Any) -> None:
    assert engine.sync(SHOP).rebuilt
    done(raw, raw.delete_index(meilisearch_index))
    assert engine.sync(SHOP).rebuilt
    assert first(engine, "brakes rub") == "adjust-the-brakes"


@slow
def test_a_foreign_index_is_rebuilt(engine: MeilisearchEngine, meilisearch_index: str, raw: Any) -> None:
    done(raw, raw.index(meilisearch_index).add_documents([{"id": 1, "film": "Brazil"}]))
    assert engine.sync(SHOP).rebuilt
    assert first(engine, "brakes rub") == "adjust-the-brakes"


@slow
def test_an_index_with_other_settings_is_rebuilt(engine: MeilisearchEngine, meilisearch_index: str, raw: Any) -> None:
    engine.sync(SHOP)
    done(raw, raw.index(meilisearch_index).update_searchable_attributes(["slug"]))
    assert engine.sync(SHOP).rebuilt
    assert engine.sync(SHOP).is_empty


@slow
def test_lost_and_foreign_documents_are_repaired(engine: MeilisearchEngine, meilisearch_index: str, raw: Any) -> None:
    engine.sync(SHOP)
    held = raw.index(meilisearch_index).search("brakes")["hits"]
    assert held
    done(raw, raw.index(meilisearch_index).delete_all_documents())
    assert engine.sync(SHOP).added == len(SHOP)
    done(raw, raw.index(meilisearch_index).add_documents([{"id": "stray", "slug": "stray", "digest": "?"}]))
    assert engine.sync(SHOP).removed == 1


@slow
def test_a_killed_rebuild_leaves_the_old_index_and_the_next_converges(
    engine: MeilisearchEngine, meilisearch: MeilisearchServer, meilisearch_index: str, embedded: EmbeddedEngine, raw: Any, tmp_path: Path
) -> None:
    engine.sync(SHOP)
    done(raw, raw.create_index(f"{meilisearch_index}__next", {"primaryKey": "id"}))  # what a killed builder leaves behind
    assert first(engine, "brakes rub") == "adjust-the-brakes"
    with pytest.raises(EngineUnavailable, match="index_already_exists"):
        engine.rebuild(SHOP)
    clients = Clients(meilisearch.url, "", meilisearch.key, 120.0)
    later = MeilisearchEngine(clients, meilisearch_index, embedded, MeilisearchIndex(clients, meilisearch_index, tmp_path / "lock", abandoned_after_s=-1))
    assert later.rebuild(SHOP).rebuilt
    assert meilisearch_index in {index["uid"] for index in raw.get_raw_indexes({"limit": 1000})["results"]}
    until(lambda: f"{meilisearch_index}__next" not in {index["uid"] for index in raw.get_raw_indexes({"limit": 1000})["results"]})


@slow
def test_of_two_rebuilds_at_once_one_works(engine: MeilisearchEngine, meilisearch: MeilisearchServer, meilisearch_index: str, embedded: EmbeddedEngine) -> None:
    other = meilisearch_engine(meilisearch, meilisearch_index, embedded)

    def rebuild(one: MeilisearchEngine) -> bool:
        try:
            return one.rebuild(SHOP).rebuilt
        except EngineUnavailable:
            return False

    with ThreadPoolExecutor(2) as pool:
        assert any(pool.map(rebuild, (engine, other)))
    assert first(engine, "brakes rub") == "adjust-the-brakes"
    assert engine.sync(SHOP).is_empty


@slow
def test_a_key_that_may_only_search_cannot_write(engine: MeilisearchEngine, meilisearch: MeilisearchServer, meilisearch_index: str, raw: Any) -> None:
    engine.sync(SHOP)
    key = raw.create_key({"actions": ["search"], "indexes": [meilisearch_index], "expiresAt": None}).key
    limited = MeilisearchEngine(Clients(meilisearch.url, key, "", 120.0), meilisearch_index, engine._embedded)
    assert first(limited, "brakes rub") == "adjust-the-brakes"
    with pytest.raises(EngineUnavailable, match="API key is invalid"):
        limited.sync(SHOP)


@pytest.fixture
def catalog() -> Catalog:
    articles = [Article("a/brakes.md", "brakes", "Adjust the brakes", "", "1", "a", "", passages=(Passage("", (), "Turn the bolt."),))]
    return Catalog(1, (), {one.slug: one for one in articles})


@slow
def test_one_refused_search_is_enough_to_be_known_as_degraded(tmp_path: Path, catalog: Catalog, meilisearch: MeilisearchServer, meilisearch_index: str) -> None:
    keys = {"meilisearch_key": "a-key-that-is-not-known", "meilisearch_index_key": meilisearch.key}
    searcher = Searcher(Settings(data=tmp_path, meilisearch_url=meilisearch.url, meilisearch_index=meilisearch_index, search_timeout_s=30, **keys))
    searcher.sync(catalog)
    try:
        until(lambda: searcher.status == "ok")
        assert searcher.search(Query("brakes")).degraded
        assert "invalid_api_key" in str(searcher.trouble)
        searcher.look()
        assert searcher.status == "degraded"
    finally:
        searcher.close()


def test_a_search_file_that_is_gone_is_known_as_degraded(tmp_path: Path, catalog: Catalog) -> None:
    searcher = Searcher(Settings(data=tmp_path))
    searcher.sync(catalog)
    assert searcher.status == "ok"
    discard(tmp_path / "search.sqlite")
    assert (searcher.status, searcher.search(Query("brakes")).is_down) == ("degraded", True)
    searcher.look()
    assert searcher.status == "ok"
    searcher.close()


@slow
def test_meilisearch_answers_keystrokes_too_in_one_round_trip(
    tmp_path: Path, catalog: Catalog, meilisearch: MeilisearchServer, meilisearch_index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = {"meilisearch_key": meilisearch.key, "meilisearch_index_key": meilisearch.key}
    searcher = Searcher(Settings(data=tmp_path, meilisearch_url=meilisearch.url, meilisearch_index=meilisearch_index, search_timeout_s=30, **keys))
    searcher.sync(catalog)
    calls: list[str] = []
    searched = _BoundedSession._searched
    monkeypatch.setattr(_BoundedSession, "_searched", lambda self, url, options: (calls.append(url), searched(self, url, options))[1])
    try:
        until(lambda: searcher.status == "ok")
        for typed in ("br", "brak", "adjust the br"):
            calls.clear()
            found = searcher.search(Query(typed, is_typing=True))
            assert ([hit.slug for hit in found.hits], found.engine, found.degraded) == (["brakes"], "meilisearch", False)
            assert len(calls) == 1
        assert not searcher.search(Query("zzz", is_typing=True)).degraded
        assert searcher.status == "ok", "a beginning of a word that is nowhere says nothing of the index"
    finally:
        searcher.close()


STANDING_IN = [
    Query("brakes rub"),
    Query("how do I get my money back?"),
    Query("batery"),
    Query("charge the batt", is_typing=True),
    Query("bicycle", category="orders"),
    Query("battery", tag="electric", with_facets=True),
    Query("zanzibar"),
    Query("zanzibar", audiences=("public", "agents")),
    Query("nowhere to be found"),
]


@pytest.fixture
def shop() -> Catalog:
    """The shop's articles as a catalog gives them."""
    articles = [
        Article(one.path, one.slug, one.title, "", one.digest, one.category, "", tags=one.tags, passages=one.passages, audience=one.audience) for one in SHOP
    ]
    return Catalog(1, (), {one.slug: one for one in articles})


@slow
def test_a_new_process_answers_from_meilisearch_while_its_own_file_is_being_filled(
    tmp_path: Path, shop: Catalog, meilisearch: MeilisearchServer, meilisearch_index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.searcher.MANY", 1)
    address = {"meilisearch_url": meilisearch.url, "meilisearch_index": meilisearch_index, "search_timeout_s": 30}
    keys = {"meilisearch_key": meilisearch.key, "meilisearch_index_key": meilisearch.key}
    with closing(Searcher(Settings(data=tmp_path / "old", **address, **keys))) as old:
        old.sync(shop)
        until(lambda: old.status == "ok")
        expected = {query: old.search(query) for query in STANDING_IN}
        old_engine = cast("MeilisearchEngine", old.engine)
        until(lambda: old_engine.stand_in(old._documents or []) is not None)

    may_fill, fill = threading.Event(), EmbeddedEngine.sync
    monkeypatch.setattr(EmbeddedEngine, "sync", lambda *arguments: may_fill.wait(120) and fill(*arguments))
    with closing(Searcher(Settings(data=tmp_path / "new", **address, meilisearch_key=meilisearch.key), keeps_index=False)) as new:
        new.sync(shop)
        try:
            assert new.embedded.store.generation() == 0
            for query, answer in expected.items():
                found = new.search(query)
                assert ([hit.slug for hit in found.hits], found.engine, found.degraded) == ([hit.slug for hit in answer.hits], "meilisearch", False), query
                assert (found.corrected, found.facets) == (answer.corrected, answer.facets), query
            assert new.status == "ok"
        finally:
            may_fill.set()
        until(lambda: new._stand_in is None)
        assert new.embedded.search(Query("brakes rub")).hits
        assert [path.name for path in (tmp_path / "new").glob("*.sqlite")] == ["search.sqlite"]


@slow
def test_a_new_process_whose_articles_are_others_waits_for_its_own_file(
    tmp_path: Path, shop: Catalog, catalog: Catalog, meilisearch: MeilisearchServer, meilisearch_index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.searcher.MANY", 1)
    keys = {"meilisearch_key": meilisearch.key, "meilisearch_index_key": meilisearch.key}
    settings = Settings(data=tmp_path / "old", meilisearch_url=meilisearch.url, meilisearch_index=meilisearch_index, search_timeout_s=30, **keys)
    with closing(Searcher(settings)) as old:
        old.sync(shop)
        until(lambda: old.status == "ok")
    with closing(Searcher(settings.model_copy(update={"data": tmp_path / "new"}), keeps_index=False)) as new:
        assert new.sync(catalog).added == 1
        assert new.embedded.search(Query("brakes")).hits


@slow
def test_search_goes_on_while_meilisearch_is_away_and_the_index_repairs_itself_when_it_returns(
    tmp_path: Path, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.index_sync.FIRST_PAUSE_S", 0.1)
    port = free_port()
    settings = Settings(data=tmp_path, meilisearch_url=f"http://127.0.0.1:{port}", meilisearch_index_key="a-master-key-for-tests-only", search_timeout_s=30)
    searcher = Searcher(settings, breaker=CircuitBreaker(probe_every_s=0.1))
    searcher.sync(catalog)
    try:
        assert searcher.search(Query("brakes")).degraded
        with services.meilisearch_server(tmp_path / "one", port=port):
            until(lambda: searcher.status == "ok")
            found = searcher.search(Query("brakes"))
            assert (found.engine, found.degraded, found.hits[0].slug) == ("meilisearch", False, "brakes")
        assert searcher.search(Query("brake bolt")).degraded
        with services.meilisearch_server(tmp_path / "another", port=port):  # empty: everything it held is lost
            until(lambda: not searcher.search(Query("brake turn")).degraded)
            until(lambda: searcher.problem() is None)  # whoever rebuilt it clears up after the swap
    finally:
        searcher.close()


def _delete(raw: Any, index: str) -> None:
    done(raw, raw.delete_index(index))


def _empty(raw: Any, index: str) -> None:
    done(raw, raw.index(index).delete_all_documents())


def _replace(raw: Any, index: str) -> None:
    _delete(raw, index)
    done(raw, raw.index(index).add_documents([{"id": "stray", "slug": "stray", "digest": "?"}]))


def _outdate(raw: Any, index: str) -> None:
    done(raw, raw.index(index).update_searchable_attributes(["slug"]))


@slow
@pytest.mark.parametrize("damage", [_delete, _empty, _replace, _outdate])
def test_a_running_site_notices_what_became_of_its_index_while_nothing_changes_and_nobody_searches(
    tmp_path: Path, catalog: Catalog, meilisearch: MeilisearchServer, meilisearch_index: str, raw: Any, monkeypatch: pytest.MonkeyPatch, damage: Any
) -> None:
    monkeypatch.setattr("search.index_sync.LOOK_EVERY_S", 0.1)
    settings = Settings(
        data=tmp_path, meilisearch_url=meilisearch.url, meilisearch_index_key=meilisearch.key, meilisearch_index=meilisearch_index, search_timeout_s=30
    )
    with closing(Searcher(settings)) as searcher:
        searcher.sync(catalog)
        until(lambda: searcher.status == "ok")
        whole = _state(raw, meilisearch_index)
        damage(raw, meilisearch_index)
        until(lambda: _state(raw, meilisearch_index) == whole)


def _state(raw: Any, index: str) -> Any:
    """The documents and settings that readers are answered from; None while there are none."""
    try:
        held = raw.http.post(f"indexes/{index}/documents/fetch", {"fields": ["slug", "digest"]})["results"]
        return held, raw.index(index).get_searchable_attributes()
    except MeilisearchApiError:
        return None


def test_a_search_file_that_another_process_wrote_is_repaired(tmp_path: Path, catalog: Catalog) -> None:
    with closing(Searcher(Settings(data=tmp_path))) as searcher:
        searcher.sync(catalog)
        assert not searcher.look()
        EmbeddedEngine(Store(tmp_path / "search.sqlite")).sync(SHOP)
        assert searcher.search(Query("opening hours")).hits
        assert searcher.look()
        assert not searcher.search(Query("opening hours")).hits
        assert searcher.search(Query("brakes bolt")).hits
        assert not searcher.look()


@slow
@pytest.mark.parametrize("held_at", ["/documents", "/swap-indexes"])
def test_an_article_deleted_while_the_index_is_rebuilt_does_not_come_back(
    tmp_path: Path, catalog: Catalog, meilisearch: MeilisearchServer, meilisearch_index: str, raw: Any, held_at: str
) -> None:
    reached, go_on, pass_on = threading.Event(), threading.Event(), passes_on(meilisearch.url)

    def answer(handler: Any) -> None:
        if handler.path.endswith(held_at) and not reached.is_set():
            reached.set()
            go_on.wait()
        pass_on(handler)

    more = replace(next(iter(catalog.articles.values())), path="a/gone.md", slug="gone", title="Soon gone", digest="2")
    with faulty_server() as server:
        server.answer = answer
        settings = Settings(
            data=tmp_path, meilisearch_url=server.url, meilisearch_index_key=meilisearch.key, meilisearch_index=meilisearch_index, search_timeout_s=30
        )
        with closing(Searcher(settings)) as searcher:
            searcher.sync(replace(catalog, articles=dict(catalog.articles) | {"gone": more}))
            assert reached.wait(120)
            searcher.sync(catalog)
            go_on.set()
            until(lambda: [row["slug"] for row in (_state(raw, meilisearch_index) or [[]])[0]] == ["brakes"])
            until(lambda: searcher.status == "ok")
            assert [hit.slug for hit in searcher.search(Query("soon gone bolt")).hits] == ["brakes"]


def test_what_was_written_is_copied_from_the_log_to_the_file(tmp_path: Path) -> None:
    store = Store(tmp_path / "search.sqlite")
    for documents in (SHOP, SHOP[:2]):
        store.sync(documents)
        store.close()
        copy = tmp_path / f"copy-{len(documents)}.sqlite"
        copy.write_bytes(store.path.read_bytes())
        assert Store(copy).digests() == {document.slug: document.digest for document in documents}
