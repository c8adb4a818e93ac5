"""Two keys of Meilisearch: the process that serves holds one that can only search, the worker one that writes the index."""

from pathlib import Path
from typing import Any

import pytest

from search.engines.meilisearch.client import Clients, MeilisearchApiError
from tests.faults.processes import Served, command, environ, serving, wait_for
from tests.services import MeilisearchServer

pytestmark = pytest.mark.slow

SEARCH = ["search"]
INDEX = ["documents.*", "indexes.*", "settings.*", "tasks.get", "search"]
"""As the manual says."""
ARTICLE = "---\ntitle: Adjust the brakes\n---\nTurn the {}.\n"


def test_the_site_searches_with_one_key_and_the_worker_writes_with_another(tmp_path: Path, meilisearch: MeilisearchServer, meilisearch_index: str) -> None:
    raw = Clients(meilisearch.url, "", meilisearch.key, 120.0).indexing
    searching, indexing = _key(raw, SEARCH, meilisearch_index), _key(raw, INDEX, "*")
    shelf = tmp_path / "content" / "riding"
    shelf.mkdir(parents=True)
    (shelf / "brakes.md").write_text(ARTICLE.format("bolt"))
    common = {"MEILISEARCH_URL": meilisearch.url, "MEILISEARCH_INDEX": meilisearch_index, "SEARCH_TIMEOUT_S": "30"}
    with serving(tmp_path / "content", tmp_path / "var", **common, MEILISEARCH_KEY=searching, WORKER="false") as served:
        found = served.search("brakes bolt")
        assert (found["engine"], found["degraded"], len(found["hits"])) == ("embedded", True, 1)
        assert b'"search":"down"' in served.get("/healthz")[1]
        worker = environ(tmp_path / "content", tmp_path / "var", **common, MEILISEARCH_INDEX_KEY=indexing)
        with command(["worker"], worker, tmp_path / "worker.log"):
            wait_for(lambda: _finds(served, "brakes bolt"))
            wait_for(lambda: b'"search":"ok"' in served.get("/healthz")[1])
            before = _held(raw, meilisearch_index)
            (shelf / "brakes.md").write_text(ARTICLE.format("calliper"))
            wait_for(lambda: _finds(served, "brakes calliper") and _held(raw, meilisearch_index) != before)
        assert "invalid_api_key" not in served.log.read_text()
    with pytest.raises(MeilisearchApiError, match="invalid_api_key"):
        Clients(meilisearch.url, searching, "", 120.0).indexing.index(meilisearch_index).update_settings({})


def _finds(served: Served, words: str) -> bool:
    found = served.search(words)
    return bool(found["engine"] == "meilisearch" and not found["degraded"] and found["hits"])


def _held(raw: Any, index: str) -> Any:
    return raw.http.post(f"indexes/{index}/documents/fetch", {"fields": ["slug", "digest"]})["results"]


def _key(raw: Any, actions: list[str], index: str) -> str:
    return str(raw.create_key({"actions": actions, "indexes": [index], "expiresAt": None}).key)
