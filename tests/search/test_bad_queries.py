"""What should never be typed into a search: too long, not text, or meant for somebody else's query language."""

import http.client
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from kb.config import Settings
from kb.events.models import Event
from search.engine import Query
from search.searcher import Searcher
from tests.search.conftest import SHOP
from tests.search.faulty import faulty_server, says
from tests.services import LiveServer

INJECTION = 'riding" OR audience = "agents'
LONG = " ".join(f"brakes that rub number{number} when I pull the lever and the battery is charged" for number in range(60))


@pytest.fixture
def sent(tmp_path: Path) -> Iterator[tuple[Searcher, list[dict[str, Any]]]]:
    """A searcher, and every query that it sends to Meilisearch."""
    queries: list[dict[str, Any]] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        body: dict[str, Any] = getattr(handler, "body", None) or {}
        asked = body.get("queries", [body])
        queries.extend(asked)
        found = {"hits": [], "estimatedTotalHits": 0}
        says(200, {"results": [found] * len(asked)} if "queries" in body else found)(handler)

    with faulty_server() as server:
        server.answer = answer
        searcher = Searcher(Settings(data=tmp_path, meilisearch_url=server.url, search_timeout_s=30))
        searcher.embedded.sync(SHOP)
        yield searcher, queries
        searcher.close()


def test_a_paste_reaches_the_server_word_by_word_and_bounded(sent: tuple[Searcher, list[dict[str, Any]]]) -> None:
    searcher, queries = sent
    searcher.search(Query(LONG))
    assert 0 < len(queries) < 200
    assert max(len(query["q"]) for query in queries) <= 200


@pytest.mark.parametrize("field", ["category", "type", "tag", "locale"])
def test_a_filter_holds_what_was_typed_as_one_value(sent: tuple[Searcher, list[dict[str, Any]]], field: str) -> None:
    searcher, queries = sent
    searcher.search(Query("brakes", **{field: INJECTION}))  # type: ignore[arg-type]
    name = {"tag": "tags", "locale": "readers"}.get(field, field)
    quoted = INJECTION.replace('"', '\\"')
    everything = ("['audience = \"public\"']",)
    filtered = {(*everything, f'{name} = "{quoted}"')}
    assert {tuple(map(str, query["filter"])) for query in queries} == (filtered if field == "locale" else {everything} | filtered)


def test_a_backslash_does_not_end_a_value(sent: tuple[Searcher, list[dict[str, Any]]]) -> None:
    searcher, queries = sent
    searcher.search(Query("brakes", tag='\\" OR audience = agents'))
    assert queries[0]["filter"][1] == 'tags = "\\\\\\" OR audience = agents"'


@pytest.mark.parametrize("page", ["-1", "0", "1e9", "NaN", "9" * 5000, "%d9%a1", "1;drop", ""])
def test_a_page_that_is_none_is_the_first_or_the_last(client: TestClient, page: str) -> None:
    assert client.get(f"/search?q=brakes&page={page}").status_code == 200


def test_an_unknown_category_is_refused_with_what_to_do(client: TestClient) -> None:
    answer = client.get("/api/search", params={"q": "brakes", "category": INJECTION})
    assert (answer.status_code, "slug of a category" in answer.json()["error"]["detail"]) == (400, True)
    assert client.get("/search", params={"q": "brakes", "category": INJECTION}).status_code == 200


def test_looking_at_a_search_without_reading_it_is_not_counted(client: TestClient) -> None:
    client.head("/search?q=brakes")
    client.get("/search?q=brakes", headers={"sec-purpose": "prefetch"})
    client.get("/search?q=brakes", headers={"user-agent": "Googlebot/2.1"})
    client.app.state.recorder.flush()
    with client.app.state.database.read() as session:
        assert session.query(Event).count() == 0
    client.get("/search?q=brakes")
    client.app.state.recorder.flush()
    with client.app.state.database.read() as session:
        assert session.query(Event).count() == 1


@pytest.mark.slow
@pytest.mark.parametrize(("chars", "expected"), [(0, {200}), (10_000, {200}), (1_000_000, {400, 414, 431})])
def test_a_query_of_any_length_is_answered(live_server: LiveServer, chars: int, expected: set[int]) -> None:
    parts = urlsplit(live_server.url)
    for path in ("/search", "/api/search", "/search/instant"):
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=120)
        try:
            connection.request("GET", f"{path}?q={'a' * chars}")
            status = connection.getresponse().status
        except (ConnectionResetError, BrokenPipeError):
            status = 400  # refused before all of it was read
        finally:
            connection.close()
        assert status in expected, path
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=120)
    connection.request("GET", "/healthz")
    assert connection.getresponse().status == 200
    connection.close()


@pytest.mark.parametrize("query", ["\u3164", "\u2800 \u115f", "\u200b\ufe0f", "\U000e0041"])
def test_a_query_of_nothing_to_see_is_empty(client: TestClient, query: str) -> None:
    page = client.get("/search", params={"q": query})
    assert "Enter a few words" in page.text
    assert client.get("/api/search", params={"q": query}).json()["hits"] == []
