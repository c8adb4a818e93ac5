"""Several builders of one index, and swaps that fail: one works at a time, and readers keep a whole index."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from search.engine import EngineUnavailable
from search.engines.meilisearch.client import Clients
from search.engines.meilisearch.index import MeilisearchIndex
from tests.faults.processes import command, environ
from tests.search.conftest import SHOP
from tests.search.faulty import Faulty, faulty_server, passes_on, says
from tests.services import MeilisearchServer

pytestmark = pytest.mark.slow


@pytest.fixture
def raw(meilisearch: MeilisearchServer) -> Any:
    return Clients(meilisearch.url, "", meilisearch.key, 120.0).indexing


@pytest.fixture
def faulty() -> Iterator[Faulty]:
    with faulty_server() as server:
        yield server


def _slugs(raw: Any, index: str) -> list[str]:
    return sorted(row["slug"] for row in raw.http.post(f"indexes/{index}/documents/fetch", {"limit": 100, "fields": ["slug"]})["results"])


def _exists(raw: Any, index: str) -> bool:
    return index in {one["uid"] for one in raw.get_raw_indexes({"limit": 10_000})["results"]}


def test_of_two_commands_at_once_one_fills_the_index_and_the_other_finds_it_filled(
    tmp_path: Path, meilisearch: MeilisearchServer, meilisearch_index: str, raw: Any
) -> None:
    shelf = tmp_path / "content" / "help"
    shelf.mkdir(parents=True)
    for name in ("one", "two", "three"):
        (shelf / f"{name}.md").write_text(f"---\ntitle: Article {name}\n---\nText.\n")
    variables = environ(
        tmp_path / "content", tmp_path / "var", MEILISEARCH_URL=meilisearch.url, MEILISEARCH_INDEX_KEY=meilisearch.key, MEILISEARCH_INDEX=meilisearch_index
    )
    logs = [tmp_path / "a.log", tmp_path / "b.log"]
    with command(["index", "sync"], variables, logs[0]) as one, command(["index", "sync"], variables, logs[1]) as other:
        assert [one.wait(60), other.wait(60)] == [0, 0], [log.read_text() for log in logs]
    said = sorted(line for log in logs for line in log.read_text().splitlines() if line.startswith("meilisearch:"))
    assert said == ["meilisearch: 3 articles, 0 added, 0 changed, 0 removed", "meilisearch: 3 articles, 3 added, 0 changed, 0 removed"]
    assert _slugs(raw, meilisearch_index) == ["one", "three", "two"]


def test_a_builder_on_another_machine_is_left_to_finish(
    tmp_path: Path, faulty: Faulty, meilisearch: MeilisearchServer, meilisearch_index: str, raw: Any
) -> None:
    begun, go_on, pass_on = threading.Event(), threading.Event(), passes_on(meilisearch.url)

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.path.endswith("__next/documents"):
            begun.set()
            go_on.wait()
        pass_on(handler)

    faulty.answer = answer
    first = MeilisearchIndex(Clients(faulty.url, "", meilisearch.key, 120.0), meilisearch_index, tmp_path / "one" / "lock")
    second = MeilisearchIndex(Clients(meilisearch.url, "", meilisearch.key, 120.0), meilisearch_index, tmp_path / "another" / "lock")
    with ThreadPoolExecutor(1) as pool:
        building = pool.submit(first.rebuild, SHOP)
        assert begun.wait(120)
        for _ in range(2):  # having been refused once it does not take the new index for its own
            with pytest.raises(EngineUnavailable, match="index_already_exists"):
                second.rebuild(SHOP[:2])
        go_on.set()
        assert building.result().rebuilt
    assert _slugs(raw, meilisearch_index) == sorted(one.slug for one in SHOP)
    assert second.sync(SHOP).is_empty


def test_a_builder_that_slept_while_another_took_over_swaps_nothing_half_in(
    tmp_path: Path, faulty: Faulty, meilisearch: MeilisearchServer, meilisearch_index: str, raw: Any
) -> None:
    pass_on, clients = passes_on(meilisearch.url), Clients(meilisearch.url, "", meilisearch.key, 120.0)
    MeilisearchIndex(clients, meilisearch_index, tmp_path / "another" / "lock").rebuild(SHOP)

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.path.endswith("__next/documents/fetch"):  # all is sent, the swap is next: now the new index is lost and filled with less
            raw.wait_for_task(raw.delete_index(f"{meilisearch_index}__next").task_uid, 120_000)
            raw.wait_for_task(raw.index(f"{meilisearch_index}__next").add_documents([{"id": "stray"}]).task_uid, 120_000)
        pass_on(handler)

    faulty.answer = answer
    with pytest.raises(EngineUnavailable, match="holds 1 of 6 articles"):
        MeilisearchIndex(Clients(faulty.url, "", meilisearch.key, 120.0), meilisearch_index, tmp_path / "one" / "lock").rebuild(SHOP)
    assert _slugs(raw, meilisearch_index) == sorted(one.slug for one in SHOP)


@pytest.mark.parametrize("code", ["Corrupted task queue.", "no_space_left_on_device"])
def test_a_swap_that_fails_leaves_the_old_index_live_and_no_new_one_behind(
    tmp_path: Path, faulty: Faulty, meilisearch: MeilisearchServer, meilisearch_index: str, raw: Any, code: str
) -> None:
    pass_on = passes_on(meilisearch.url)
    faulty.answer = pass_on
    keeper = MeilisearchIndex(Clients(faulty.url, "", meilisearch.key, 120.0), meilisearch_index, tmp_path / "lock")
    keeper.rebuild(SHOP[:2])

    def answer(handler: BaseHTTPRequestHandler) -> None:
        refused = handler.path == "/swap-indexes"
        says(500, {"message": code, "code": "internal", "type": "internal", "link": ""})(handler) if refused else pass_on(handler)

    faulty.answer = answer
    with pytest.raises(Exception, match=code):
        keeper.rebuild(SHOP)
    assert _slugs(raw, meilisearch_index) == sorted(one.slug for one in SHOP[:2])
    faulty.answer = pass_on
    assert keeper.sync(SHOP).rebuilt
    assert _slugs(raw, meilisearch_index) == sorted(one.slug for one in SHOP)
    raw.wait_for_task(raw.delete_index("nothing").task_uid, 120_000)  # tasks are done in turn: those before this one are done
    assert not _exists(raw, f"{meilisearch_index}__next")
