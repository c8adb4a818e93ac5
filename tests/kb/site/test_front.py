"""The front: finished pages answered from memory, with everything a page needs."""

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from kb.events.models import Event
from kb.web.pages import finish

PAGE = finish("<p>" + "Press the button. " * 100, viewed={"slug": "reset", "digest": "abc"})


@pytest.fixture
def front(client: TestClient) -> TestClient:
    client.app.state.pages.get("/articles/reset", client.app.state.library.catalog.generation, lambda: PAGE)
    return client


def _views(client: TestClient) -> list[Event]:
    client.app.state.recorder.flush()
    with client.app.state.database.read() as session:
        return list(session.scalars(select(Event).order_by(Event.id)))


def test_a_finished_page_comes_compressed_or_plain_as_asked(front: TestClient) -> None:
    zipped = front.get("/articles/reset", headers={"accept-encoding": "gzip"})
    plain = front.get("/articles/reset", headers={"accept-encoding": "identity"})
    assert zipped.headers["content-encoding"] == "gzip"
    assert zipped.content == plain.content == PAGE.body
    assert "script-src 'self'" in plain.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("asked", "is_zipped"),
    [
        ("gzip", True),
        ("GZIP", True),
        ("gzip, deflate, br", True),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", True),
        ("gzip;q=0.001", True),
        ("x-gzip", True),
        ("*", True),
        ("gzip;q=0", False),
        ("gzip;q=0.0", False),
        ("gzip ; q = 0", False),
        ("gzip;Q=0.000", False),
        ("gzip;q=0, *", False),
        ("*;q=0", False),
        ("identity", False),
        ("identity, gzip;q=0.5", False),
        ("deflate, br", False),
        ("notgzip", False),
        ("gzip;q=nan", False),
        ("gzip;q=x", False),
        ("gzip;q=-1", False),
        ("", False),
        ("gzip" + ", a" * 10_000, False),
    ],
)
@pytest.mark.parametrize("path", ["/articles/reset", "/", "{static}", "/sitemap.xml"])
def test_an_answer_is_compressed_only_for_those_who_take_it(front: TestClient, path: str, asked: str, is_zipped: bool) -> None:
    url = path.format(static=front.app.state.static.url("css/base.css"))
    for _ in range(2):  # a page is finished the first time, and answered from memory the second
        answer = front.get(url, headers={"accept-encoding": asked})
        assert answer.status_code == 200
        if len(answer.content) > 500:
            assert ("content-encoding" in answer.headers) is is_zipped
        assert "accept-encoding" in answer.headers["vary"].lower()


def test_an_answer_with_a_cookie_is_for_nobody_else(front: TestClient) -> None:
    seen = [front.get("/articles/reset", headers={"if-none-match": etag}) for etag in ("", PAGE.etag)]
    seen += [front.get(path) for path in ("/requests/new", "/search?q=press", "/articles/reset", "/")]
    seen += [front.post("/events", json={"kind": "search_click", "slug": "reset"}), front.post("/sign-in/link", data={"email": "a@example.com"})]
    with_cookies = [answer for answer in seen if "set-cookie" in answer.headers]
    assert len(with_cookies) >= 4
    assert [answer.url for answer in with_cookies if not {"private", "no-store"} & set(answer.headers["cache-control"].split(", "))] == []


def test_a_reader_who_has_the_page_is_told_so(front: TestClient) -> None:
    again = front.get("/articles/reset", headers={"if-none-match": PAGE.etag})
    assert (again.status_code, again.content) == (304, b"")


def test_one_visitor_keeps_one_visit(front: TestClient) -> None:
    front.get("/articles/reset")
    front.get("/articles/reset")
    first, second = _views(front)
    assert (first.kind, first.slug, first.digest) == ("article_view", "reset", "abc")
    assert (first.visit, first.visitor) == (second.visit, second.visitor)
    assert len({first.visit, first.visitor}) == 2


@pytest.mark.parametrize(
    "headers",
    [{"user-agent": "Googlebot/2.1"}, {"user-agent": ""}, {"sec-purpose": "prefetch;prerender"}, {"cookie": "deskbook_staff=1"}],
    ids=["bot", "nobody", "prefetch", "staff"],
)
def test_bots_prefetches_and_staff_leave_no_trace(front: TestClient, headers: dict[str, str]) -> None:
    answer = front.get("/articles/reset", headers=headers)
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert _views(front) == []


def test_a_forged_visitor_id_is_replaced(front: TestClient) -> None:
    front.get("/articles/reset", headers={"cookie": "deskbook_visitor=../../etc; deskbook_visit=' OR 1=1"})
    (view,) = _views(front)
    assert len(view.visitor) == len(view.visit) == 32


def test_a_foreign_host_gets_no_page(front: TestClient) -> None:
    assert front.get("/articles/reset", headers={"host": "evil.example"}).status_code == 400
