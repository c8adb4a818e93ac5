"""The desk's lists."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from kb.accounts.models import User
from kb.db import now
from tests.cast import add_person, agent_writes, change, customer_writes, signed_in

OpenTicket = Callable[..., int]


def _numbers(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'<a href="/desk/tickets/(\d+)', page)]


def _counts(page: str) -> dict[str, int]:
    return {slug: int(count) for slug, count in re.findall(r'/desk/views/([a-z-]+)".*?class="count">(\d+)<', page)}


def _change(client: TestClient, number: int, **changes: object) -> None:
    with client.app.state.database.write() as session:
        change(session, number, changes)


@pytest.mark.usefixtures("agent")
def test_an_empty_desk_says_what_will_appear(client: TestClient) -> None:
    assert "New requests appear here" in client.get("/desk").text
    for view in ("mine", "open", "pending", "on-hold", "solved", "suspended", "all"):
        assert "<h2>No tickets</h2>" in client.get(f"/desk/views/{view}").text
    assert client.get("/desk/views/nothing").status_code == 404


def test_each_ticket_stands_in_its_views_and_the_counts_agree(client: TestClient, agent: User, opened: OpenTicket) -> None:
    colleague = add_person(client, "bob@example.com")
    new, mine, theirs, pending, hold, solved, held = (opened(subject=f"Ticket {n}") for n in range(7))
    _change(client, mine, assignee_id=agent.id)
    _change(client, theirs, assignee_id=colleague.id)
    _change(client, pending, status="pending")
    _change(client, hold, status="hold", assignee_id=agent.id)
    _change(client, solved, status="solved")
    _change(client, held, suspended_reason="trap")
    expected = {
        "unassigned": {new, pending},
        "mine": {mine, hold},
        "open": {new, mine, theirs},
        "pending": {pending},
        "on-hold": {hold},
        "solved": {solved},
        "suspended": {held},
        "all": {new, mine, theirs, pending, hold, solved},
    }
    for view, numbers in expected.items():
        page = client.get(f"/desk/views/{view}").text
        assert set(_numbers(page)) == numbers, view
        assert _counts(page) == {name: len(tickets) for name, tickets in expected.items()}


@pytest.mark.usefixtures("agent")
def test_who_waits_longest_comes_first_and_writing_again_counts(client: TestClient, opened: OpenTicket) -> None:
    first, second = opened(at=now() - timedelta(hours=3)), opened(at=now() - timedelta(hours=2))
    assert _numbers(client.get("/desk").text) == [first, second]
    with client.app.state.database.write() as session:
        customer_writes(session, first, "Are you there?")
    assert _numbers(client.get("/desk").text) == [second, first]
    assert _numbers(client.get("/desk/views/unassigned?order=newest").text) == [second, first]
    _change(client, first, priority="urgent")
    assert _numbers(client.get("/desk/views/unassigned?order=priority").text) == [first, second]
    assert client.get("/desk/views/unassigned?order=' OR 1=1").status_code == 200


def test_what_waits_for_somebody_else_comes_after_what_waits_for_the_agent(client: TestClient, agent: User, opened: OpenTicket) -> None:
    pending, hold, open_ = (opened(at=now() - timedelta(hours=9 - n)) for n in range(3))
    for number, status in ((pending, "pending"), (hold, "hold"), (open_, "open")):
        _change(client, number, status=status, assignee_id=agent.id)
    assert _numbers(client.get("/desk/views/mine").text) == [open_, pending, hold]
    assert "data-next" not in client.get(f"/desk/tickets/{hold}?view=mine&order=waiting").text
    assert f"/desk/tickets/{pending}?" in client.get(f"/desk/tickets/{open_}?view=mine&order=waiting").text


@pytest.mark.usefixtures("agent")
def test_what_was_solved_begins_with_the_last(client: TestClient, opened: OpenTicket) -> None:
    first, second = opened(), opened()
    for number in (second, first):
        _change(client, number, status="solved")
    for view in ("solved", "all"):
        assert _numbers(client.get(f"/desk/views/{view}").text) == [first, second]


def test_the_list_says_what_is_answered_already(client: TestClient, agent: User, opened: OpenTicket) -> None:
    number = opened(at=now() - timedelta(hours=3))
    database = client.app.state.database
    with database.write() as session:
        agent_writes(session, number, "Who knows printers?", agent, is_public=False)
    assert "replied <time" not in client.get("/desk").text
    with database.write() as session:
        agent_writes(session, number, "Pull the plug.", agent)
    assert "replied <time" in client.get("/desk/views/mine").text
    assert "replied <time" in client.get("/desk/search?q=printer").text
    with database.write() as session:
        customer_writes(session, number, "Which one?", at=now() + timedelta(seconds=1))
    assert "replied <time" not in client.get("/desk/views/mine").text


@pytest.mark.usefixtures("agent")
def test_tickets_are_found_by_number_words_tags_and_requester(client: TestClient, opened: OpenTicket) -> None:
    printer, invoice = opened(), opened(subject="Where is my 100% invoice_?", email="bob@example.org", name="Bob Stone")
    assert client.get(f"/desk/search?q=%23{printer}").headers["location"] == f"/desk/tickets/{printer}"
    assert _numbers(client.get("/desk/search?q=PRINTER fire").text) == [printer]
    assert _numbers(client.get("/desk/search?q=stone").text) == [invoice]
    assert _numbers(client.get("/desk/search?q=bob@example.org").text) == [invoice]
    assert _numbers(client.get("/desk/search", params={"q": "100% invoice_"}).text) == [invoice]
    assert _numbers(client.get("/desk/search?q=smells&order=newest").text) == [invoice, printer]
    _change(client, printer, tags=["hardware"])
    assert _numbers(client.get("/desk/search?q=Hardware alice").text) == [printer]
    for nothing in ("%", "_", "999", "x' OR '1'='1", "\x00", "9" * 300, '"', "*", "a AND", "NOT printer", "NEAR(a b)", "subject: x", "'", "\\", ":*", "& | !"):
        answer = client.get("/desk/search", params={"q": nothing})
        assert (answer.status_code, _numbers(answer.text)) == (200, []), nothing


@pytest.mark.usefixtures("agent")
def test_what_customers_type_is_only_text(client: TestClient, opened: OpenTicket) -> None:
    opened(subject="<script>alert(1)</script>", name='"><img src=x onerror=alert(1)>')
    page = client.get("/desk").text
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_only_admins_are_told_where_unsent_mail_lies_and_led_to_the_people(client: TestClient, agent: User) -> None:
    folder = str(client.app.state.settings.data / "mail")
    page = client.get("/desk").text
    assert (folder in page, "/desk/people" in page) == (False, False)
    page = signed_in(client, "boss@example.com", "admin").get("/desk").text
    assert (folder in page, "/desk/people" in page) == (True, True)
