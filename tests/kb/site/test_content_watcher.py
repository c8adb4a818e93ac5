"""A change in the content folder reaches the site and search without a restart."""

import json
import time
import urllib.request
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from kb.site.content_watcher import refresh
from tests.services import LiveServer

ARTICLE = "---\ntitle: Replacing the flux capacitor\n---\nUnscrew the old capacitor first.\n"


def write(client: TestClient, text: str) -> bool:
    content = client.app.state.settings.content
    (content / "help" / "parts").mkdir(parents=True, exist_ok=True)
    (content / "help" / "parts" / "capacitor.md").write_text(text, encoding="utf-8")
    return refresh(client.app.state.library, client.app.state.searcher)


def titles(client: TestClient, query: str) -> list[str]:
    return [hit["title"] for hit in client.get("/api/search", params={"q": query}).json()["hits"]]


def test_a_new_article_is_found(client: TestClient) -> None:
    assert titles(client, "capacitor") == []
    assert write(client, ARTICLE) is True
    assert titles(client, "capacitor") == ["Replacing the flux capacitor"]


def test_nothing_happens_while_nothing_changes(client: TestClient) -> None:
    write(client, ARTICLE)
    assert refresh(client.app.state.library, client.app.state.searcher) is False


def test_a_changed_article_is_found_by_its_new_words_only(client: TestClient) -> None:
    write(client, ARTICLE)
    write(client, ARTICLE.replace("Unscrew", "Unsolder"))
    assert titles(client, "unsolder") == ["Replacing the flux capacitor"]


def test_a_deleted_article_is_gone(client: TestClient) -> None:
    write(client, ARTICLE)
    (client.app.state.settings.content / "help" / "parts" / "capacitor.md").unlink()
    assert refresh(client.app.state.library, client.app.state.searcher) is True
    assert titles(client, "capacitor") == []


def test_a_broken_version_leaves_the_last_good_one_live_and_is_counted(client: TestClient) -> None:
    write(client, ARTICLE)
    write(client, "---\ntitle: [\n---\n")
    assert titles(client, "capacitor") == ["Replacing the flux capacitor"]
    assert client.get("/healthz").json()["content"] == {"articles": 1, "errors": 1}


def test_what_writers_decide_about_search_counts_without_a_restart(client: TestClient) -> None:
    write(client, ARTICLE)
    assert titles(client, "doodah") == []
    rules = client.app.state.settings.content / "_search.yml"
    rules.write_text("synonyms:\n  - doodah -> capacitor\n", encoding="utf-8")
    refresh(client.app.state.library, client.app.state.searcher)
    assert titles(client, "doodah") == ["Replacing the flux capacitor"]


@pytest.mark.slow
def test_the_running_site_notices_by_itself(live_server: LiveServer) -> None:
    content = live_server.settings.content / "help"
    content.mkdir()
    (content / "capacitor.md").write_text(ARTICLE, encoding="utf-8")
    _until(lambda: _hits(live_server.url) == 1)
    (content / "capacitor.md").unlink()
    _until(lambda: _hits(live_server.url) == 0)


@pytest.mark.slow
def test_the_running_site_follows_what_writers_decide_about_search(live_server: LiveServer) -> None:
    content = live_server.settings.content
    (content / "help").mkdir()
    (content / "help" / "coil.md").write_text("---\ntitle: Wind a coil\n---\nTake a wire.\n", encoding="utf-8")
    (content / "_search.yml").write_text("synonyms:\n  - capacitor -> coil\n", encoding="utf-8")
    _until(lambda: _hits(live_server.url) == 1)
    (content / "_search.yml").write_text("pins: [\n", encoding="utf-8")
    (content / "help" / "coil.md").write_text("---\ntitle: Wind the coil\n---\nTake a wire of copper.\n", encoding="utf-8")
    _until(lambda: _hits(live_server.url, "copper") == 1)
    assert _hits(live_server.url) == 1


def _hits(url: str, query: str = "capacitor") -> int:
    with urllib.request.urlopen(f"{url}/api/search?q={query}") as answer:
        return len(json.load(answer)["hits"])


def _until(condition: Callable[[], bool], timeout_s: float = 120) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
