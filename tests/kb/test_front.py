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
