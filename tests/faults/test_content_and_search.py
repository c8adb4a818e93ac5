"""Content and search while people use the site: edits show, bad files do no harm, and search outlives its server."""

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.browser.conftest import ARTICLES, write
from tests.faults.processes import Served, file_request, serving, wait_for
from tests.ports import free_port
from tests.services import meilisearch_server

pytestmark = pytest.mark.slow

CAPACITOR = "---\ntitle: Replace the flux capacitor\n---\nUnscrew the old capacitor first.\n"
PLACE = "riding/parts/capacitor.md"


@pytest.fixture
def content(tmp_path: Path) -> Path:
    for path, text in ARTICLES.items():
        write(tmp_path / "content" / path, text)
    return tmp_path / "content"


@pytest.fixture(params=["embedded", "meilisearch"])
def served(request: pytest.FixtureRequest, tmp_path: Path, content: Path) -> Iterator[Served]:
    """The running site, on each engine."""
    with ExitStack() as stack:
        settings = {}
        if request.param == "meilisearch":
            server = stack.enter_context(meilisearch_server(tmp_path / "meilisearch"))
            settings = {"MEILISEARCH_URL": server.url, "MEILISEARCH_KEY": server.key, "SEARCH_TIMEOUT_S": "30"}
        served = stack.enter_context(serving(content, tmp_path / "var", **settings))
        wait_for(lambda: _answers_by(served, request.param))
        yield served


def test_what_changes_in_the_folder_shows_on_the_site_and_in_search(served: Served, content: Path) -> None:
    write(content / PLACE, CAPACITOR)
    wait_for(lambda: _titles(served, "flux capacitor")[:1] == ["Replace the flux capacitor"] and served.get("/articles/capacitor")[0] == 200)
    assert b"/articles/capacitor<" in served.get("/sitemap.xml")[1]
    write(content / PLACE, CAPACITOR.replace("Unscrew", "Unsolder"))
    wait_for(lambda: "Replace the flux capacitor" in _titles(served, "unsolder") and b"Unsolder" in served.get("/articles/capacitor")[1])
    (content / PLACE).rename(content / "riding/parts/flux.md")
    wait_for(lambda: served.get("/articles/flux")[0] == 200 and _urls(served, "unsolder") == ["/articles/flux"])
    assert served.get("/articles/capacitor")[0] == 404
    (content / "riding/parts/flux.md").unlink()
    wait_for(lambda: served.get("/articles/flux")[0] == 404 and "Replace the flux capacitor" not in _titles(served, "flux capacitor"))
    assert b"flux" not in served.get("/sitemap.xml")[1]


def test_a_bad_file_keeps_its_last_good_version_live(served: Served, content: Path) -> None:
    write(content / PLACE, CAPACITOR)
    wait_for(lambda: _titles(served, "flux capacitor")[:1] == ["Replace the flux capacitor"])
    write(content / PLACE, "---\ntitle: [\n---\nBroken\n")
    write(content / "orders/delivery/new.md", "---\ntitle: Pick it up yourself\n---\nAt the shop's zeppelin hangar.\n")
    wait_for(lambda: "Pick it up yourself" in _titles(served, "zeppelin hangar"))
    assert b"Unscrew the old capacitor" in served.get("/articles/capacitor")[1]
    assert _titles(served, "flux capacitor")[0] == "Replace the flux capacitor"
    assert b'"errors":1' in served.get("/healthz")[1].replace(b" ", b"")


def test_search_and_filing_outlive_the_search_server(tmp_path: Path, content: Path) -> None:
    port = free_port()
    with ExitStack() as first:
        server = first.enter_context(meilisearch_server(tmp_path / "meilisearch", port=port))
        served_by = serving(content, tmp_path / "var", MEILISEARCH_URL=server.url, MEILISEARCH_KEY=server.key, SEARCH_TIMEOUT_S="30")
        with served_by as served:
            wait_for(lambda: _answers_by(served, "meilisearch"))
            first.close()
            for words in ("squeaking brakes", "charge the battery", "order tracking", "do you ship abroad"):
                found = served.search(words)
                assert (found["engine"], found["degraded"]) == ("embedded", True)
                assert found["hits"]
                assert found["took_ms"] < 30_000, "it was not waited for"
            with closing(served.connect()) as connection:
                filed = file_request(served, connection, 1)
            assert served.get(filed.page)[0] == 200
            assert b"Search is limited" in served.get("/search?q=brakes+rub")[1]
            write(content / PLACE, CAPACITOR)
            wait_for(lambda: "Replace the flux capacitor" in _titles(served, "flux capacitor"))
            with meilisearch_server(tmp_path / "meilisearch", port=port):
                wait_for(lambda: _answers_by(served, "meilisearch") and "Replace the flux capacitor" in _titles(served, "flux capacitor"), 120)
                wait_for(lambda: b'"search":"ok"' in served.get("/healthz")[1].replace(b" ", b""))
                assert served.stop() == 0


def _answers_by(served: Served, engine: str) -> bool:
    found = served.search("brakes that rub")
    return bool(found["engine"] == engine and not found["degraded"] and found["hits"])


def _titles(served: Served, words: str) -> list[str]:
    return [hit["title"] for hit in served.search(words)["hits"]]


def _urls(served: Served, words: str) -> list[str]:
    return [hit["url"] for hit in served.search(words)["hits"]]
