"""Who of the staff hears of what by email, and their choice."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from kb.accounts.models import User
from kb.db import now
from kb.jobs.models import OutboxJob
from kb.site.worker_setup import make_worker
from tests.cast import add_person, agent_writes, change, customer_writes, sign_in
from tickets.notification_choices import store_choices

OpenTicket = Callable[..., int]
ADA, BOB = "ada@example.com", "bob@example.com"


@pytest.fixture
def bob(client: TestClient) -> User:
    """Another agent."""
    return add_person(client, BOB, "agent", "Bob")


def told(client: TestClient) -> list[tuple[int, list[str]]]:
    """Whom of the staff an email waits for, and why; those read before are left out."""
    with client.app.state.database.write() as session:
        jobs = list(session.scalars(select(OutboxJob).where(OutboxJob.kind == "mail.staff_notice").order_by(OutboxJob.id)))
        notices = [(job.payload["user_id"], job.payload["reasons"]) for job in jobs]
        for job in jobs:
            session.delete(job)
    return notices


def do(client: TestClient, act: Callable[..., Any], *arguments: Any, **more: Any) -> None:
    """Lets somebody of the cast act in a transaction of its own."""
    with client.app.state.database.write() as session:
        act(session, *arguments, **more)


def test_a_new_ticket_is_told_to_all_but_whoever_filed_it(client: TestClient, agent: User, bob: User, opened: OpenTicket) -> None:
    add_person(client, "gone@example.com", "customer", "No longer here")
    opened()
    assert told(client) == [(agent.id, ["new"]), (bob.id, ["new"])]
    opened(email=BOB)
    assert told(client) == [(agent.id, ["new"])]


def test_an_assignment_is_told_to_the_assignee_unless_they_took_it(client: TestClient, agent: User, bob: User, opened: OpenTicket) -> None:
    number = opened()
    told(client)
    do(client, change, number, {"assignee_id": bob.id}, agent)
    assert told(client) == [(bob.id, ["assigned"])]
    do(client, change, number, {"assignee_id": agent.id}, agent)
    assert told(client) == []


def test_a_customers_reply_is_told_to_the_assignee_or_to_all(client: TestClient, agent: User, bob: User, opened: OpenTicket) -> None:
    number = opened()
    told(client)
    do(client, customer_writes, number, "Hello?")
    assert told(client) == [(agent.id, ["replied"]), (bob.id, ["replied"])]
    do(client, agent_writes, number, "On my way.", bob)
    assert told(client) == []
    do(client, customer_writes, number, "Thanks!")
    assert told(client) == [(bob.id, ["replied"])]


def test_a_held_request_is_told_as_held_and_as_new_once_released(client: TestClient, agent: User, bob: User, opened: OpenTicket) -> None:
    number = opened(suspended_reason="the trap was filled in")
    assert told(client) == [(agent.id, ["held"]), (bob.id, ["held"])]
    do(client, change, number, {"suspended_reason": None}, agent)
    assert told(client) == [(bob.id, ["new"])]


def test_several_reasons_meet_in_one_email(client: TestClient, agent: User, bob: User, opened: OpenTicket) -> None:
    number = opened(suspended_reason="the trap was filled in")
    told(client)
    do(client, change, number, {"suspended_reason": None, "assignee_id": bob.id}, agent)
    assert told(client) == [(bob.id, ["new", "assigned"])]


def test_everybody_chooses_on_a_page_of_their_own(client: TestClient, agent: User, bob: User, opened: OpenTicket) -> None:
    page = client.get("/desk/notifications").text
    assert page.count(" checked") == 4
    saved = client.post("/desk/notifications", data={"reason": ["assigned", "nonsense"]})
    assert saved.headers["location"] == "/desk/notifications?saved=1"
    assert client.get("/desk/notifications").text.count(" checked") == 1
    number = opened()
    assert told(client) == [(bob.id, ["new"])]
    do(client, change, number, {"assignee_id": agent.id}, bob)
    assert told(client) == [(agent.id, ["assigned"])]
    client.post("/desk/notifications", data={})
    do(client, change, number, {"assignee_id": None}, bob)
    do(client, change, number, {"assignee_id": agent.id}, bob)
    assert told(client) == []


def test_the_page_is_for_the_staff_only(client: TestClient) -> None:
    assert client.get("/desk/notifications").status_code == 303
    sign_in(client, add_person(client, "kim@example.com", "customer"))
    assert client.get("/desk/notifications").status_code == 404
    assert client.post("/desk/notifications", data={"reason": "new"}).status_code == 404


@pytest.mark.slow
def test_the_email_says_what_happened_and_leads_to_the_ticket(client: TestClient, agent: User, bob: User, opened: OpenTicket) -> None:
    number = opened()
    do(client, customer_writes, number, "It still smells.")
    do(client, change, number, {"assignee_id": bob.id}, agent)
    do(client, store_choices, agent.id, [])
    settings = client.app.state.settings
    make_worker(settings, client.app.state.database, client.app.state.templates).run_once(now())
    mails = [path.read_text() for path in sorted((settings.data / "mail").glob("*.eml"))]
    staff = [mail for mail in mails if f"/desk/tickets/{number}" in mail]
    assert [mail.partition("To: ")[2].partition("\n")[0] for mail in staff] == [ADA, BOB, ADA, BOB, BOB]
    new, _, replied, _, assigned = staff
    assert "New ticket: The printer is on fire" in new
    assert "It smells." in new
    assert "(alice@example.com) replied on ticket" in replied
    assert "It still smells." in replied
    assert "is assigned to you" in assigned
    assert "/desk/notifications" in assigned


@pytest.mark.slow
def test_who_left_the_staff_gets_no_email_that_was_queued_before(client: TestClient, bob: User, opened: OpenTicket) -> None:
    opened()
    with client.app.state.database.write() as session:
        session.get_one(User, bob.id).is_active = False
    settings = client.app.state.settings
    make_worker(settings, client.app.state.database, client.app.state.templates).run_once(now())
    assert not [path for path in (settings.data / "mail").glob("*.eml") if BOB in path.read_text()]
