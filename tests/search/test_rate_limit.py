"""Searching too often from one address."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from kb.config import Settings
from kb.site.app import create_app
from search.rate_limit import MOST_ADDRESSES, SearchLimit

FLOODER, OTHER = ("203.0.113.7", 50000), ("203.0.113.8", 50000)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    shelf = settings.content / "riding"
    shelf.mkdir()
    (shelf / "brakes.md").write_text("---\ntitle: Adjust the brakes\n---\nTurn the bolt.\n")
    return settings.model_copy(update={"searches_per_minute": 20})


def browser(app: Any, address: tuple[str, int]) -> TestClient:
    return TestClient(app, client=address, headers={"user-agent": "Mozilla/5.0 (test)"}, follow_redirects=False)


@pytest.mark.parametrize("path", ["/search", "/api/search"])
def test_a_flood_is_told_to_wait_and_others_search_on(client: TestClient, path: str) -> None:
    flooder = browser(client.app, FLOODER)
    statuses = [flooder.get(path, params={"q": "brakes"}).status_code for _ in range(25)]
    assert statuses[:20] == [200] * 20
    answer = flooder.get(path, params={"q": "brakes <b>that rub"})
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 3
    assert browser(client.app, OTHER).get(path, params={"q": "brakes"}).status_code == 200
    assert flooder.get("/articles/brakes").status_code == 200
    assert flooder.get("/requests/new").status_code == 200
    if path == "/search":
        assert "Search again in " in answer.text
        assert 'value="brakes &lt;b&gt;that rub"' in answer.text
    else:
        assert answer.json()["error"]["status"] == 429


def test_typing_has_ten_times_as_much_and_shares_with_searching(client: TestClient) -> None:
    typist = browser(client.app, FLOODER)
    asked = ["/search/instant", "/requests/suggestions"] * 95
    assert {typist.get(path, params={"q": f"brak{number}"}).status_code for number, path in enumerate(asked)} == {200}
    statuses = [typist.get("/search/instant", params={"q": "brakes"}).status_code for _ in range(60)]
    assert 429 in statuses
    assert typist.get("/search", params={"q": "brakes"}).status_code == 429


def test_by_default_an_office_that_types_at_once_is_not_held_up(settings: Settings) -> None:
    limit = SearchLimit(Settings().searches_per_minute, clock=lambda: now)
    for tenth in range(600):  # a minute in which thirty people type without a rest, each asking six times a second, and settle
        now = tenth / 10
        assert [limit.wait_s("office", 0.1) for _ in range(18)] == [0.0] * 18, now


def test_this_machine_is_not_counted(client: TestClient) -> None:
    for address in ("127.0.0.1", "::1", "::ffff:127.0.0.1"):
        local = browser(client.app, (address, 50000))
        assert {local.get("/api/search", params={"q": "brakes"}).status_code for _ in range(30)} == {200}


def test_behind_a_trusted_proxy_each_visitor_is_counted(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"trusted_proxies": ("127.0.0.1",)}))
    with browser(app, ("127.0.0.1", 50000)) as proxy:
        for address, last in (("203.0.113.7", 429), ("203.0.113.8", 429), ("2001:db8::1", 429)):
            statuses = [proxy.get("/api/search?q=brakes", headers={"x-forwarded-for": address}).status_code for _ in range(25)]
            assert (statuses[0], statuses[-1]) == (200, last)
        assert proxy.get("/api/search?q=brakes", headers={"x-forwarded-for": "2001:db8::ffff"}).status_code == 429
        assert proxy.get("/api/search?q=brakes", headers={"x-forwarded-for": "2001:db8:0:1::1"}).status_code == 200


def test_an_address_that_a_stranger_makes_up_does_not_help(client: TestClient) -> None:
    flooder = browser(client.app, FLOODER)
    statuses = [flooder.get("/api/search?q=brakes", headers={"x-forwarded-for": f"198.51.100.{number}"}).status_code for number in range(25)]
    assert statuses[-1] == 429


def test_who_waits_searches_again_and_who_knocks_on_waits_no_longer() -> None:
    now = 0.0
    limit = SearchLimit(60, clock=lambda: now)
    assert [limit.wait_s("a") for _ in range(60)] == [0.0] * 60
    assert [limit.wait_s("a") for _ in range(100)] == [1.0] * 100
    now = 1.0
    assert [limit.wait_s("a"), limit.wait_s("a")] == [0.0, 1.0]


def test_a_million_addresses_take_no_more_room_than_ten_thousand() -> None:
    limit = SearchLimit(60, clock=lambda: 0.0)
    for number in range(3 * MOST_ADDRESSES):
        limit.wait_s(str(number))
    assert len(limit._left) <= MOST_ADDRESSES + 1


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", ["/search", "/api/search", "/search/instant"])
def test_searching_takes_no_other_method(client: TestClient, path: str, method: str) -> None:
    assert client.request(method, f"{path}?q=brakes").status_code == 405
    assert client.head(f"{path}?q=brakes").status_code == 200
