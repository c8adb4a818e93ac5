"""Indexing killed at each of its steps: the live index is as it was or as it shall be, and the next run finds all as it should."""

import os
import signal
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from queue import Queue

import pytest

from search.engine import Query
from search.engines.embedded import EmbeddedEngine
from search.engines.meilisearch.client import Clients, MeilisearchApiError
from search.index.store import Store
from tests.faults.forks import Forks, forking
from tests.faults.processes import environ, wait_for
from tests.search.faulty import Faulty, faulty_server, passes_on
from tests.services import MeilisearchServer

pytestmark = pytest.mark.slow

WRITES = 14
"""More than a rebuild has: one killed at none of them ends the round."""
KILLED = -signal.SIGKILL
DESKBOOK = """
import os
import kb.db, kb.site.cli.content, search.documents, search.searcher
from kb.site.cli import main

def run(arguments, variables):
    os.environ.clear()
    os.environ.update(variables)
    main(arguments)
"""


@pytest.fixture(scope="module")
def deskbook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    """Runs `deskbook` commands, each in a process of its own."""
    with forking(DESKBOOK, tmp_path_factory.mktemp("deskbook") / "log") as forks:
        yield forks


class Site:
    """A content folder in one of two states, its index in Meilisearch, and commands that reach it through a server that can kill them."""

    def __init__(self, folder: Path, server: MeilisearchServer, index: str, faulty: Faulty, deskbook: Forks) -> None:
        self._deskbook = deskbook
        self.content, self.data, self.index, self.faulty = folder / "content", folder / "var", index, faulty
        self.raw = Clients(server.url, "", server.key, 120.0).indexing
        self.url, self._key, self.on = server.url, server.key, passes_on(server.url)
        self.faulty.answer = self.on
        self.data.mkdir()

    def fill(self, state: str) -> None:
        """Half of the articles are of this state only, the others say it."""
        shelf = self.content / "help"
        shelf.mkdir(parents=True, exist_ok=True)
        for old in shelf.glob("*.md"):
            old.unlink()
        for name in ("one", "two", f"three-{state}", f"four-{state}"):
            (shelf / f"{name}.md").write_text(f"---\ntitle: Article {name}\n---\nThis is of {state}.\n")

    def run(self, *arguments: str, kill_at: int = 0, is_served: bool = False) -> int:
        """The exit code of `deskbook index …`, killed at its write number `kill_at`: before the server gets it, or once it has it."""
        variables = environ(self.content, self.data, MEILISEARCH_URL=self.faulty.url, MEILISEARCH_INDEX_KEY=self._key, MEILISEARCH_INDEX=self.index)
        pids: Queue[int] = Queue()
        self.faulty.answer = self._killing(pids, kill_at, is_served) if kill_at else self.on
        pids.put(self._deskbook.start(arguments=["index", *arguments], variables=variables))
        return self._deskbook.wait()

    def live(self) -> dict[str, str]:
        """Slug → digest of what readers find."""
        try:
            held = self.raw.http.post(f"indexes/{self.index}/documents/fetch", {"limit": 1000, "fields": ["slug", "digest"]})["results"]
        except MeilisearchApiError as error:
            if error.code != "index_not_found":
                raise
            return {}
        return {row["slug"]: row["digest"] for row in held}

    def has_leftover(self) -> bool:
        return f"{self.index}__next" in {index["uid"] for index in self.raw.get_raw_indexes({"limit": 10_000})["results"]}

    def settle(self) -> None:
        """Waits until the server has done what it was told."""
        names = f"indexUids={self.index},{self.index}__next"
        wait_for(lambda: not self.raw.http.get(f"tasks?{names}&statuses=enqueued,processing")["results"])

    def _killing(self, pids: Queue[int], at: int, is_served: bool) -> Callable[[BaseHTTPRequestHandler], None]:
        writes = 0

        def answer(handler: BaseHTTPRequestHandler) -> None:
            nonlocal writes
            writes += handler.command != "GET" and not handler.path.endswith("/documents/fetch")
            if writes != at:
                self.on(handler)
                return
            if is_served:
                self.on(handler)
            os.kill(pids.get(), signal.SIGKILL)
            handler.close_connection = True

        return answer


@pytest.fixture
def site(tmp_path: Path, meilisearch: MeilisearchServer, meilisearch_index: str, deskbook: Forks) -> Iterator[Site]:
    with faulty_server() as faulty:
        yield Site(tmp_path, meilisearch, meilisearch_index, faulty, deskbook)


@pytest.mark.parametrize("is_served", [False, True])
def test_a_rebuild_killed_at_any_write_leaves_a_whole_index_and_the_next_sync_converges(site: Site, is_served: bool) -> None:
    site.fill("first")
    assert site.run("rebuild") == 0
    before, killed = site.live(), 0
    for number in range(1, WRITES + 1):
        site.fill(f"state-{number}")
        code = site.run("rebuild", kill_at=number, is_served=is_served)
        at_once = site.live()
        site.settle()
        left = site.live()
        assert site.run("sync") == 0
        after = site.live()
        assert sorted(after) == sorted(["one", "two", f"three-state-{number}", f"four-state-{number}"])
        assert at_once in (before, after), f"killed at write {number}"
        assert left in (before, after), f"killed at write {number}"
        site.settle()
        assert not site.has_leftover(), f"killed at write {number}"
        before, killed = after, killed + (code == KILLED)
        if code == 0:
            break
    assert 4 < killed < WRITES


def test_the_first_index_of_all_killed_at_any_write_is_missing_or_whole(site: Site) -> None:
    for number in range(1, WRITES + 1):
        site.fill("first")
        code = site.run("sync", kill_at=number, is_served=True)
        site.settle()
        assert len(site.live()) in (0, 4)
        assert site.run("sync") == 0
        assert len(site.live()) == 4
        site.settle()
        assert not site.has_leftover()
        site.raw.wait_for_task(site.raw.delete_index(site.index).task_uid, 60_000)
        if code == 0:
            return
    pytest.fail("the index has more writes than were tried")


def test_an_article_deleted_while_the_command_rebuilds_is_absent_at_the_end(site: Site) -> None:
    site.fill("first")

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.path == "/swap-indexes":
            (site.content / "help" / "two.md").unlink(missing_ok=True)
        passes_on(site.url)(handler)

    site.on = answer
    assert site.run("rebuild") == 0
    assert sorted(site.live()) == ["four-first", "one", "three-first"]
    assert EmbeddedEngine(Store(site.data / "search.sqlite")).store.digests() == site.live()


EMBEDDED = """
import os, signal
from pathlib import Path
from search.engines.embedded import EmbeddedEngine
from search.index.store import Store
from tests.search.conftest import document

def run(path, state, at, how):
    documents = [document(f"{state}-{number}", f"Article {number}", ("", f"of {state}")) for number in range(2000)]
    steps = 0

    def progress(done, whole):
        nonlocal steps
        steps += 1
        if steps == at:
            os.kill(os.getpid(), signal.SIGKILL)

    getattr(EmbeddedEngine(Store(Path(path))), how)(documents, progress)
"""


@pytest.mark.parametrize("how", ["sync", "rebuild"])
def test_an_embedded_index_killed_at_any_step_is_whole(tmp_path: Path, how: str) -> None:
    path = tmp_path / "search.sqlite"
    with forking(EMBEDDED, tmp_path / "log") as forks:

        def run(state: str, at: int) -> int:
            forks.start(path=str(path), state=state, at=at, how=how)
            return forks.wait()

        assert run("first", 0) == 0
        at = 1  # the last step is when all is written and nothing committed
        while (code := run("second", at)) == KILLED:
            assert _states(path) == {"first": 2000}
            at += 1
    assert (code, at > 3) == (0, True)
    assert _states(path) == {"second": 2000}
    assert EmbeddedEngine(Store(path)).search(Query("article 7")).hits[0].slug == "second-7"


def _states(path: Path) -> dict[str, int]:
    found: dict[str, int] = {}
    for slug in Store(path).digests():
        state = slug.partition("-")[0]
        found[state] = found.get(state, 0) + 1
    return found
