"""Filters on the desk's lists, and pages that stay where they are."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import event
from starlette.testclient import TestClient

from kb.accounts.models import User
from kb.db import now
from tests.cast import add_person, change

OpenTicket = Callable[..., int]


def _numbers(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'<a href="/desk/tickets/(\d+)', page)]


def _change(client: TestClient, number: int, **changes: object) -> None:
    with client.app.state.database.write() as session:
        change(session, number, changes)


def _filtered(client: TestClient, q: str, view: str = "all") -> list[int]:
    answer = client.get(f"/desk/views/{view}", params={"q": q, "order": "number"})
    assert answer.status_code == 200, answer.text
    return _numbers(answer.text)


def _link(page: str, rel: str) -> str:
    found = re.search(rf'href="([^"]+)" rel="{rel}"', page)
    return unescape(found[1]) if found else ""


def test_any_fields_in_any_combination_narrow_a_list(client: TestClient, agent: User, opened: OpenTicket) -> None:
    bob = add_person(client, "bob@example.com", "agent", "Bob Öztürk")
    old = opened(at=now() - timedelta(days=40), subject="Old one")
    mine, theirs = opened(email="ana@example.org", name="Ana Lopez", category="billing"), opened(email="zoe@example.net", name="Zoë")
    _change(client, mine, assignee_id=agent.id, tags=["refund", "vip"], priority="high")
    _change(client, theirs, assignee_id=bob.id, tags=["refund"], status="pending")
    for typed, numbers in (
        ("assignee:me", [mine]),
        ("assignee:nobody", [old]),
        ("assignee:ÖZTÜRK", [theirs]),
        ("assignee:bob@example.com,me", [mine, theirs]),
        ("-assignee:me", [old, theirs]),
        ("tag:refund", [mine, theirs]),
        ("tag:refund tag:vip", [mine]),
        ("tag:vip,none", [old, mine]),
        ("-tag:refund", [old]),
        ("from:ana", [mine]),
        ("from:zoe@example.net", [theirs]),
        ("-from:example", []),
        ("status:pending", [theirs]),
        ("status:open,pending", [mine, theirs]),
        ("-status:pending priority:normal", [old]),
        ("category:billing", [mine]),
        ("category:none", [old, theirs]),
        ("created:<7d", [mine, theirs]),
        ("created:>7d", [old]),
        ("created:today tag:refund -status:pending assignee:me from:lopez", [mine]),
        ("waiting:>30d", [old]),
        ("solved:today", []),
        ("subject:old", [old]),
        ("held:yes", []),
    ):
        assert _filtered(client, typed) == numbers, typed
    assert _filtered(client, "status:pending", view="mine") == [], "a filter never widens its view"


@pytest.mark.usefixtures("agent")
def test_chips_show_each_filter_and_take_it_away(client: TestClient, opened: OpenTicket) -> None:
    number = opened()
    page = client.get("/desk/views/open", params={"q": "tag:refund status:open,new"}).text
    assert "Tags: refund" in page
    assert "Status: Open or New" in page
    assert "No tickets with this filter" in page
    rest = unescape(re.search(r'href="([^"]+)" aria-label="Remove filter: Tags: refund"', page)[1])
    assert _numbers(client.get(rest).text) == [number]
    assert "Remove filter: Status" in client.get(rest).text


@pytest.mark.usefixtures("agent")
def test_the_form_of_filters_needs_no_script(client: TestClient, opened: OpenTicket) -> None:
    opened()
    anas = opened(email="ana@example.org")
    page = client.get("/desk").text
    for word in ("status", "assignee", "priority", "category", "tag", "from", "created", "updated", "waiting"):
        assert re.search(rf'<(select|input)[^>]* name="{word}"', page), word
    form = {"q": "priority:normal", "status": "open,new", "from": "Ana", "created": "<7d", "tag": "", "order": "newest"}
    answer = client.get("/desk/views/all", params=form | {"status": "new"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/desk/views/all?q=priority%3Anormal+status%3Anew+from%3AAna+created%3A%3C7d&order=newest"
    assert _numbers(client.get(answer.headers["location"]).text) == [anas]
    assert client.get("/desk/search", params={"status": "new"}).headers["location"] == "/desk/search?q=status%3Anew"


@pytest.mark.usefixtures("agent")
def test_what_cannot_be_filtered_by_is_said_and_nothing_is_shown(client: TestClient, opened: OpenTicket) -> None:
    opened()
    page = client.get("/desk/views/all", params={"q": "status:opne"}).text
    assert "This filter can’t be used" in page
    assert "status:opne" in page
    assert _numbers(page) == []


@pytest.mark.usefixtures("agent")
def test_a_filter_goes_along_to_the_ticket_and_on_to_the_next(client: TestClient, opened: OpenTicket) -> None:
    first, _other, second = opened(priority="high"), opened(), opened(priority="high")
    page = client.get("/desk/views/open", params={"q": "priority:high"}).text
    link = unescape(re.search(rf'href="(/desk/tickets/{first}[^"]*)"', page)[1])
    ticket = client.get(link).text
    assert f"/desk/tickets/{second}?" in re.search(r"<a [^>]*data-next", ticket)[0]
    back = unescape(re.search(r'href="([^"]+)" data-up', ticket)[1])
    assert _numbers(client.get(back).text) == [first, second]


@pytest.mark.usefixtures("agent")
@pytest.mark.parametrize("order", ["waiting", "newest", "priority", "changed", "assignee", "-status", "subject", "-solved", "number"])
def test_pages_follow_each_other_to_the_end_and_back(client: TestClient, opened: OpenTicket, order: str) -> None:
    start = now() - timedelta(hours=3)
    numbers = [opened(email=f"c{n % 9}@example.com", subject=f"T{n % 4}", at=start + timedelta(minutes=n // 3)) for n in range(60)]
    for number in numbers[::7]:
        _change(client, number, priority="urgent")
    pages, url = [], f"/desk/views/all?order={order}"
    while url:
        page = client.get(url).text
        pages.append(_numbers(page))
        url, last = _link(page, "next"), page
    assert [len(found) for found in pages] == [25, 25, 10]
    assert sorted(number for found in pages for number in found) == numbers
    back = client.get(_link(last, "prev")).text
    assert _numbers(back) == pages[1]
    assert _numbers(client.get(_link(back, "prev")).text) == pages[0]


@pytest.mark.usefixtures("agent")
def test_a_page_stays_where_it_is_while_tickets_come_and_go(client: TestClient, opened: OpenTicket) -> None:
    numbers = [opened(email=f"c{n}@example.com") for n in range(30)]
    first = client.get("/desk/views/all?order=newest").text
    opened()
    _change(client, numbers[-1], suspended_reason="trap")
    assert _numbers(client.get(_link(first, "next")).text) == numbers[:5][::-1], "neither shown twice nor skipped"


@pytest.mark.usefixtures("agent")
@pytest.mark.parametrize(
    "place", ["x", "%00", "W10", "WzFd", "WyJ4Il0", "bnVsbA", "W251bGxd", "WzFlOTk5XQ", "A" * 5000, "WyIyMDI2LTAxLTAxIiwxXQ", "WzkyMjMzNzIwMzY4NTQ3NzU4MDgxXQ"]
)
@pytest.mark.parametrize("order", ["newest", "waiting", "subject"])
def test_a_place_that_is_none_shows_the_first_page(client: TestClient, opened: OpenTicket, place: str, order: str) -> None:
    number = opened()
    for side in ("after", "before"):
        answer = client.get(f"/desk/views/all?order={order}&{side}={place}")
        assert (answer.status_code, _numbers(answer.text)) in ((200, [number]), (200, []))


@pytest.mark.usefixtures("agent")
def test_a_list_of_many_tickets_costs_no_more_statements_than_one_of_ten(client: TestClient, opened: OpenTicket) -> None:
    def costs(url: str) -> int:
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            seen.append(statement)

        engine = client.app.state.database.engine
        event.listen(engine, "before_cursor_execute", note)
        assert client.get(url).status_code == 200
        event.remove(engine, "before_cursor_execute", note)
        return len(seen)

    def fill(count: int) -> None:
        for number in range(count):
            ticket = opened(email=f"{now().timestamp()}.{number}@example.com")
            _change(client, ticket, tags=[f"t{number}"])

    fill(10)
    urls = ("/desk", "/desk/views/all?order=subject", "/desk/views/all?q=from:example+status:unsolved", "/desk/search?q=status:new")
    few = {url: costs(url) for url in urls}
    fill(50)
    assert {url: costs(url) for url in urls} == few
    page = client.get("/desk/views/all?order=newest").text
    assert costs(_link(page, "next")) == costs("/desk/views/all?order=newest")
