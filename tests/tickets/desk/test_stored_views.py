"""Views that people make: conditions, order, columns and grouping of their own."""

import re
from collections.abc import Callable

import pytest
from httpx2 import Response
from sqlalchemy import update
from starlette.testclient import TestClient

from kb.accounts.models import User
from kb.db import now
from tests.cast import change, signed_in
from tickets.lists import view_queries
from tickets.models import StoredView

OpenTicket = Callable[..., int]


def _numbers(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'<a href="/desk/tickets/(\d+)', page)]


def _views(page: str) -> list[str]:
    return re.findall(r'<a href="/desk/views/([a-z0-9-]+)"(?: aria-current="page")?><span', page)


def _make(client: TestClient, **fields: object) -> Response:
    return client.post("/desk/views", data={"name": "Refunds", "filter": "tag:refund", "order": "newest", "column": ["number", "from"]} | fields)


def _change(client: TestClient, number: int, **changes: object) -> None:
    with client.app.state.database.write() as session:
        change(session, number, changes)


@pytest.mark.usefixtures("agent")
def test_a_view_shows_its_tickets_in_its_order_with_its_columns(client: TestClient, opened: OpenTicket) -> None:
    first, _other, second = opened(), opened(), opened(category="billing")
    for number in (first, second):
        _change(client, number, tags=["refund"])
    answer = _make(client, column=["number", "category", "created"])
    assert answer.status_code == 303
    page = client.get(answer.headers["location"]).text
    assert _numbers(page) == [second, first]
    assert "Refunds" in page
    assert 'data-label="Category"' in page
    assert 'data-label="Assignee"' not in page
    assert re.search(r'<a href="/desk/views/1"[^>]*><span dir="auto">Refunds</span> <span class="count">2<', page)
    assert _numbers(client.get(f"{answer.headers['location']}?q=category:billing").text) == [second]
    assert f"/desk/tickets/{first}?" in client.get(f"/desk/tickets/{second}?view=1&order=newest").text


@pytest.mark.usefixtures("agent")
def test_a_view_can_be_grouped_by_a_field(client: TestClient, opened: OpenTicket) -> None:
    numbers = [opened() for _ in range(4)]
    _change(client, numbers[1], priority="urgent")
    _change(client, numbers[3], priority="low")
    page = client.get(_make(client, filter="", group_by="priority").headers["location"]).text
    assert _numbers(page) == [numbers[1], numbers[2], numbers[0], numbers[3]]
    assert re.findall(r'scope="colgroup"[^>]*>([^<]+)<', page) == ["Urgent", "Normal", "Low"]


def test_a_personal_view_is_there_for_its_owner_alone(client: TestClient, agent: User) -> None:
    assert agent.role == "agent"
    url = _make(client, share="1").headers["location"]
    bob = signed_in(client, "bob@example.com")
    assert client.get(url).status_code == 200
    assert url.rpartition("/")[2] not in _views(bob.get("/desk").text), "an agent cannot share"
    for answer in (bob.get(url), bob.get(f"{url}/edit"), bob.post(url, data={"name": "Mine"}), bob.post(f"{url}/deletion")):
        assert answer.status_code == 404
    assert client.get(url).status_code == 200


def test_a_shared_view_is_there_for_everybody_and_changed_by_admins(client: TestClient, agent: User) -> None:
    admin = signed_in(client, "boss@example.com", "admin")
    url = _make(admin, share="1").headers["location"]
    assert "Refunds" in client.get("/desk").text
    assert client.get(f"{url}/edit").status_code == 403
    assert client.post(url, data={"name": "Mine"}).status_code == 403
    assert client.post(f"{url}/deletion").status_code == 403
    assert 'name="share" type="checkbox" value="1" checked' in admin.get(f"{url}/edit").text
    assert admin.post(url, data={"name": "All refunds", "filter": "tag:refund", "order": "waiting", "share": "1"}).status_code == 303
    assert "All refunds" in client.get("/desk").text
    assert admin.post(f"{url}/deletion").headers["location"] == "/desk/views?saved=deleted"
    assert "All refunds" not in client.get("/desk").text
    assert client.get(url).status_code == 404


def test_the_order_of_the_views_is_each_persons_own(client: TestClient, agent: User) -> None:
    bob = signed_in(client, "bob@example.com")
    before = _views(client.get("/desk").text)
    assert client.post("/desk/views/order", data={"view": "mine", "up": "1"}).status_code == 303
    assert _views(client.get("/desk").text) == ["mine", "unassigned", *before[2:]]
    assert "<h1" in client.get("/desk").text
    assert re.search(r'<h1[^>]*><span dir="auto">Mine', client.get("/desk").text), "the first one opens with the desk"
    assert _views(bob.get("/desk").text) == before
    _make(client)
    assert _views(client.get("/desk").text)[-1] == "1"
    for view in ("nothing", ""):
        assert client.post("/desk/views/order", data={"view": view, "down": "1"}).status_code == 303
    for path in ("/desk/views/mine", "/desk/views/mine/deletion"):
        assert client.post(path, data={"name": "Ours"}).status_code == 409, "built-in ones stay as they are"


@pytest.mark.usefixtures("agent")
def test_the_form_shows_what_the_view_would_hold(client: TestClient, opened: OpenTicket) -> None:
    number = opened(priority="high")
    opened()
    page = client.get("/desk/views/new", params={"name": "High", "filter": "priority:high", "order": "newest", "preview": "1"}).text
    assert _numbers(page) == [number]
    assert 'value="High"' in page
    page = client.get("/desk/views/open", params={"q": "priority:high"}).text
    assert "/desk/views/new?filter=status%3Anew%2Copen+held%3Ano+priority%3Ahigh" in page
    url = _make(client).headers["location"]
    page = client.get(f"{url}/edit", params={"name": "High", "filter": "priority:high", "preview": "1"}).text
    assert _numbers(page) == [number]


@pytest.mark.usefixtures("agent")
@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": " "}, "Enter a name"),
        ({"name": "x" * 61}, "60 characters"),
        ({"filter": "status:opne"}, "status:opne"),
        ({"filter": "refund please"}, "can’t search for words"),
        ({"filter": "tag:x " * 100}, "500 characters"),
    ],
)
def test_what_makes_no_view_is_said_and_kept_in_the_form(client: TestClient, fields: dict[str, str], said: str) -> None:
    answer = _make(client, **fields)
    assert answer.status_code == 422
    assert said in answer.text
    assert client.get("/desk/views/1").status_code == 404


@pytest.mark.usefixtures("agent")
def test_odd_choices_become_the_usual_ones(client: TestClient, opened: OpenTicket) -> None:
    opened()
    url = _make(client, filter="", order="' OR 1", group_by="salt", column=["salt", "from"], name="<b>&").headers["location"]
    page = client.get(url).text
    assert page.count('<th scope="col"') == 2
    assert "&lt;b&gt;&amp;" in page


@pytest.mark.usefixtures("agent")
def test_a_view_is_counted_to_a_thousand(client: TestClient, opened: OpenTicket, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        opened()
    _make(client, filter="")
    monkeypatch.setattr(view_queries, "MOST_COUNTED", 2)
    monkeypatch.setattr("tickets.desk.inbox.MOST_COUNTED", 2)
    assert '<span class="count">2+<' in client.get("/desk").text


@pytest.mark.usefixtures("agent")
def test_a_view_of_another_version_is_shown_as_far_as_it_is_known(client: TestClient, opened: OpenTicket) -> None:
    opened()
    url = _make(client).headers["location"]
    with client.app.state.database.write() as session:
        session.execute(update(StoredView).values(filter="colour:red status:purple", order="colour", columns=["colour"], group_by="colour", created_at=now()))
    for path in ("/desk", url, f"{url}/edit", "/desk/views"):
        assert client.get(path).status_code == 200, path
