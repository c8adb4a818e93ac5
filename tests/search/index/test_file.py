"""The search file as a file: damaged, deleted, outdated or locked, before a site starts and under a running one."""

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from kb.articles.catalog.library import Library
from kb.config import Settings
from search.engine import EngineUnavailable, Query
from search.engines.embedded import EmbeddedEngine
from search.index.store import Store
from search.searcher import Searcher
from tests.ports import free_port
from tests.search.conftest import SHOP, first


@pytest.mark.parametrize("damage", [b"", b"not a database at all", b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_damaged_search_file_is_made_anew(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "search.sqlite"
    path.write_bytes(damage)
    engine = EmbeddedEngine(Store(path))
    engine.sync(SHOP)
    assert first(engine, "brakes rub") == "adjust-the-brakes"


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Callable[[str], Searcher]]:
    """A searcher on one article, as a site runs it, with Meilisearch said to be at the address."""
    (tmp_path / "content/help").mkdir(parents=True)
    (tmp_path / "content/help/brakes.md").write_text("---\ntitle: Adjust the brakes\n---\nLoosen both bolts.\n", encoding="utf-8")
    made: list[Searcher] = []

    def run(url: str) -> Searcher:
        searcher = Searcher(Settings(data=tmp_path, content=tmp_path / "content", meilisearch_url=url), keeps_index=False)
        searcher.sync(Library(tmp_path / "content").catalog)
        searcher.embedded.store.close()
        searcher.look()
        made.append(searcher)
        return searcher

    yield run
    for searcher in made:
        searcher.close()


def assert_is_filled_again(searcher: Searcher) -> None:
    assert searcher.look()
    found = searcher.search(Query("brakes", is_typing=True))
    assert ([hit.slug for hit in found.hits], found.engine) == (["brakes"], "embedded")


@pytest.mark.parametrize("with_server", [False, True])
def test_a_search_file_that_is_deleted_is_noticed_and_filled_again(tmp_path: Path, running: Callable[[str], Searcher], with_server: bool) -> None:
    searcher = running(f"http://127.0.0.1:{free_port()}" if with_server else "")
    assert searcher.search(Query("brakes")).hits
    for file in tmp_path.glob("search.sqlite*"):
        file.unlink()
    for is_typing in (True, False):
        missing = searcher.search(Query("brakes", is_typing=is_typing))
        assert (missing.hits, missing.degraded) == ((), True)
    assert_is_filled_again(searcher)


def overwrite(path: Path) -> None:
    """All pages but the first, by which SQLite knows its own."""
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"x" * (path.stat().st_size - 4096))


def garble(sql: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(sql)

    return change


@pytest.mark.parametrize("with_server", [False, True])
@pytest.mark.parametrize(
    "damage",
    [
        overwrite,
        garble('UPDATE texts SET passages = \'[["", [], "Loos\''),
        garble("UPDATE texts SET passages = CAST(x'5b5bff' AS TEXT)"),
        garble("UPDATE about SET value = 'x'"),
        garble("UPDATE documents SET readers = '[\"e'"),
        garble("UPDATE articles_data SET block = randomblob(40) WHERE id > 10"),
    ],
)
def test_a_search_file_damaged_under_a_running_site_is_noticed_and_filled_again(
    tmp_path: Path, running: Callable[[str], Searcher], damage: Callable[[Path], None], with_server: bool
) -> None:
    searcher = running(f"http://127.0.0.1:{free_port()}" if with_server else "")
    damage(tmp_path / "search.sqlite")
    with ThreadPoolExecutor(1) as another_thread:
        unread = another_thread.submit(searcher.search, Query("brakes", locale="en")).result()
    assert (unread.hits, unread.degraded) == ((), True)
    assert_is_filled_again(searcher)


def test_a_search_file_found_damaged_while_it_is_filled_is_made_anew(tmp_path: Path) -> None:
    store = Store(tmp_path / "search.sqlite")
    store.sync(SHOP)
    store.close()
    overwrite(store.path)
    with ThreadPoolExecutor(1) as another_thread:
        report = another_thread.submit(store.sync, SHOP).result()
    assert report.added == len(SHOP)
    assert first(EmbeddedEngine(Store(store.path)), "brakes rub") == "adjust-the-brakes"


def test_a_search_file_that_is_locked_is_not_taken_for_damaged(embedded: EmbeddedEngine) -> None:
    embedded.sync(SHOP)
    with pytest.raises(EngineUnavailable, match="locked"), embedded.store.guarded():
        raise sqlite3.OperationalError("database is locked")
    assert embedded.store.size() == len(SHOP)


def test_a_search_file_of_another_version_is_made_anew(tmp_path: Path) -> None:
    EmbeddedEngine(Store(tmp_path / "search.sqlite")).sync(SHOP)
    with sqlite3.connect(tmp_path / "search.sqlite") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    engine = EmbeddedEngine(Store(tmp_path / "search.sqlite"))
    assert engine.sync(SHOP).added == len(SHOP)
    assert first(engine, "brakes rub") == "adjust-the-brakes"
