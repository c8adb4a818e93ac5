"""Meilisearch away, slow, broken, refusing: the embedded engine answers in time, and says that it stood in."""

import logging
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from kb.articles.article import Catalog
from kb.config import Settings
from search.circuit_breaker import CircuitBreaker
from search.engine import EngineUnavailable, Query
from search.engines.meilisearch.client import Clients
from search.engines.meilisearch.index import MeilisearchIndex
from search.searcher import Searcher
from tests.ports import free_port
from tests.search.conftest import SHOP
from tests.search.faulty import Faulty, faulty_server, says


@pytest.fixture
def faulty() -> Iterator[Faulty]:
    with faulty_server() as server:
        yield server


@pytest.fixture
def searcher_at(tmp_path: Path) -> Iterator[Callable[..., Searcher]]:
    """A searcher on the shop whose Meilisearch is said to be at the address; its own synchronising is left out."""
    made: list[Searcher] = []

    def make(url: str, **settings: Any) -> Searcher:
        searcher = Searcher(Settings(data=tmp_path, meilisearch_url=url, **({"search_timeout_s": 30} | settings)), breaker=CircuitBreaker(probe_every_s=3600))
        searcher.embedded.sync(SHOP)
        made.append(searcher)
        return searcher

    yield make
    for searcher in made:
        searcher.close()


def hangs(faulty: Faulty) -> Callable[[BaseHTTPRequestHandler], None]:
    return lambda handler: (faulty.released.wait(), None)[1]


def drips(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    for _ in range(1000):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.02)


def is_cut_off(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    handler.wfile.write(b'{"results": [')
    handler.close_connection = True


def is_huge(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100000000")
    handler.end_headers()
    for _ in range(1600):
        handler.wfile.write(b"[" * 65536)


def is_refused_with_code(code: str, status: int) -> Callable[[BaseHTTPRequestHandler], None]:
    return says(status, {"message": f"told: {code}", "code": code, "type": "auth", "link": "https://example.org"})


def assert_stands_in(searcher: Searcher) -> None:
    found = searcher.search(Query("my brakes squeak"))
    assert (found.hits[0].slug, found.engine, found.degraded) == ("adjust-the-brakes", "embedded", True)


def test_a_server_that_is_away_costs_no_answer(searcher_at: Callable[..., Searcher]) -> None:
    searcher = searcher_at(f"http://127.0.0.1:{free_port()}")
    assert_stands_in(searcher)
    assert searcher.problem() is not None


@pytest.mark.parametrize("status", [500, 502, 503, 404, 301])
def test_an_error_status_costs_no_answer(faulty: Faulty, searcher_at: Callable[..., Searcher], status: int) -> None:
    faulty.answer = says(status, b"<html>bad gateway</html>", Content_Type="text/html", Location="/")
    assert_stands_in(searcher_at(faulty.url))


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b'{"results": [', b"null", b"[]", b'{"results": []}', b'{"results": [{"hits": [{}]}]}', b'{"results": 7}', b"\xff\xfe"]
)
def test_an_answer_that_is_none_costs_no_answer(faulty: Faulty, searcher_at: Callable[..., Searcher], body: bytes) -> None:
    faulty.answer = says(200, body)
    assert_stands_in(searcher_at(faulty.url))


@pytest.mark.parametrize("answer", [drips, is_cut_off, is_huge])
def test_an_answer_that_never_ends_costs_no_answer(faulty: Faulty, searcher_at: Callable[..., Searcher], answer: Any) -> None:
    faulty.answer = answer
    assert_stands_in(searcher_at(faulty.url, search_timeout_s=0.3))


@pytest.mark.slow
def test_an_answer_whose_headers_come_a_byte_at_a_time_costs_no_answer(faulty: Faulty, searcher_at: Callable[..., Searcher]) -> None:
    sent: list[int] = []

    def drips_headers(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        for _ in range(300):  # for half a minute
            handler.wfile.write(b"x")
            sent.append(1)
            if faulty.released.wait(0.1):
                break

    faulty.answer = drips_headers
    assert_stands_in(searcher_at(faulty.url, search_timeout_s=0.3))
    assert 0 < len(sent) < 300


def test_a_server_that_hangs_is_asked_five_times_and_then_left_alone(faulty: Faulty, searcher_at: Callable[..., Searcher]) -> None:
    faulty.answer = hangs(faulty)
    searcher = searcher_at(faulty.url, search_timeout_s=0.05)
    for word in ("brakes", "battery", "order", "shop", "return", "parcel", "bicycle", "light"):
        assert searcher.search(Query(word)).degraded
    assert len(faulty.paths) == 5
    assert searcher.status == "degraded"


def test_keystrokes_are_answered_from_the_search_file_while_the_server_hangs(faulty: Faulty, searcher_at: Callable[..., Searcher]) -> None:
    faulty.answer = hangs(faulty)
    searcher = searcher_at(faulty.url, search_timeout_s=0.05)
    for typed in ("br", "bra", "brak", "brake", "brakes", "brakes r", "brakes ru", "brakes rub"):
        found = searcher.search(Query(typed, is_typing=True))
        assert (found.hits[0].slug, found.degraded, found.engine) == ("adjust-the-brakes", True, "embedded")
    assert len(faulty.paths) == 5, "asked until it is left alone"
    assert "timed out" in (searcher.problem() or "")


def test_a_search_that_is_sent_elsewhere_follows_twice_at_most(faulty: Faulty, searcher_at: Callable[..., Searcher]) -> None:
    faulty.answer = says(307, {}, Location="/indexes/x/search")
    searcher = searcher_at(faulty.url)
    assert_stands_in(searcher)
    assert len(faulty.paths) <= 4


def test_all_calls_of_a_thread_share_one_connection(faulty: Faulty) -> None:
    faulty.answer = says(200, {"hits": [], "results": [], "estimatedTotalHits": 0})
    client = Clients(faulty.url, "", "key", 120.0).searching
    client.multi_search([])
    client.index("x").search("")
    client.index("x").search("y")
    assert (len(faulty.paths), faulty.connections) == (3, 1)


def test_a_server_with_too_many_searches_gets_the_pause_it_asks_for(faulty: Faulty, searcher_at: Callable[..., Searcher]) -> None:
    faulty.answer = says(503, {"message": "Too many search requests", "code": "too_many_search_requests"}, Retry_After="10")
    searcher = searcher_at(faulty.url)
    assert_stands_in(searcher)
    assert_stands_in(searcher)
    assert len(faulty.paths) == 1


def test_a_refused_key_is_named_to_the_operator(faulty: Faulty, searcher_at: Callable[..., Searcher]) -> None:
    faulty.answer = is_refused_with_code("invalid_api_key", 403)
    searcher = searcher_at(faulty.url)
    assert_stands_in(searcher)
    assert "invalid_api_key" in (searcher.problem() or "")


def test_an_empty_index_is_noticed_and_stood_in_for(faulty: Faulty, searcher_at: Callable[..., Searcher]) -> None:
    def finds_nothing(handler: BaseHTTPRequestHandler) -> None:
        says(200, {"results": [{"hits": [], "estimatedTotalHits": 0}] * 20})(handler)

    faulty.answer = finds_nothing
    assert_stands_in(searcher_at(faulty.url))


def test_a_fault_is_one_short_line_in_the_log(faulty: Faulty, searcher_at: Callable[..., Searcher], caplog: pytest.LogCaptureFixture) -> None:
    faulty.answer = says(500, b"x" * 100_000)
    with caplog.at_level(logging.WARNING, "deskbook.search"):
        assert_stands_in(searcher_at(faulty.url))
    (record,) = caplog.records
    assert len(record.getMessage()) < 500


def tasks(status: str, **fields: Any) -> Callable[[BaseHTTPRequestHandler], None]:
    """A server that takes every task in, and whose tasks are all in this state."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.path.startswith("/tasks/"):
            says(200, {"uid": 7, "status": status, **fields})(handler)
        elif handler.path.endswith("/settings"):
            says(404, {"message": "Index `x` not found.", "code": "index_not_found"})(handler)
        else:
            says(202, {"taskUid": 7, "indexUid": "x", "status": "enqueued", "type": "any", "enqueuedAt": "2026-01-01T00:00:00.000001Z"})(handler)

    return answer


def test_a_failed_task_is_told_in_the_servers_words(faulty: Faulty, tmp_path: Path) -> None:
    faulty.answer = tasks("failed", error={"code": "no_space_left_on_device", "message": "No space left on device (os error 28)"})
    with pytest.raises(EngineUnavailable, match=r"task 7 failed: no_space_left_on_device No space left on device"):
        MeilisearchIndex(Clients(faulty.url, "", "key", 120.0), "x", tmp_path / "lock").sync(SHOP)


def test_a_task_taken_in_is_not_called_done(faulty: Faulty, tmp_path: Path) -> None:
    faulty.answer = tasks("enqueued")
    with pytest.raises(EngineUnavailable, match="was not done"):
        MeilisearchIndex(Clients(faulty.url, "", "key", 120.0), "x", tmp_path / "lock", patience_s=0.05).sync(SHOP)


def test_what_failed_is_tried_again_and_the_operator_told_meanwhile(
    faulty: Faulty, searcher_at: Callable[..., Searcher], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.index_sync.FIRST_PAUSE_S", 0.02)
    faulty.answer = tasks("failed", error={"code": "internal", "message": "Corrupted task queue."})
    searcher = searcher_at(faulty.url)
    searcher.sync(Catalog(1))
    while sum(path.endswith("/settings") for path in faulty.paths) < 3:
        time.sleep(0.01)
    assert searcher.status == "degraded"


def test_the_breaker_probes_now_and_then() -> None:
    now = 0.0
    breaker = CircuitBreaker(failures=2, probe_every_s=10, clock=lambda: now)
    breaker.failed()
    assert breaker.allows()
    breaker.failed()
    assert not breaker.allows()
    now = 10.0
    assert [breaker.allows(), breaker.allows()] == [True, False]
    assert breaker.succeeded()
    assert breaker.allows()
    assert not breaker.succeeded()
