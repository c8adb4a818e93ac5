"""What happened between the messages: every change for agents, what concerns them for customers."""

import re
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from kb.accounts.models import User
from tests.cast import add_person, agent_writes, change, customer_writes
from tickets.models import Ticket
from tickets.tracking import tracking_path

OpenTicket = Callable[..., int]
Stored = Callable[[int], Ticket]


def tracked(client: TestClient, ticket: Ticket) -> str:
    """The customer's page of the ticket."""
    return client.get(tracking_path(client.app.state.secret_key, ticket.id, ticket.salt)).text


@pytest.fixture
def worked(client: TestClient, agent: User, opened: OpenTicket) -> int:
    """A ticket that was tagged, answered with a status, and reopened by its requester."""
    number = opened()
    bob = add_person(client, "bob@example.com", "agent", "Bob")
    with client.app.state.database.write() as session:
        change(session, number, {"priority": "urgent", "tags": ["fire"], "assignee_id": bob.id}, agent)
        agent_writes(session, number, "Pull the plug.", bob, changes={"status": "solved"})
        customer_writes(session, number, "It still burns.")
    return number


def test_agents_read_every_change_in_its_place(client: TestClient, worked: int) -> None:
    page = client.get(f"/desk/tickets/{worked}").text
    places = [page.index(words) for words in ("It smells.", "4 changes by Ada", "Pull the plug.", "changed status from Open to Solved", "It still burns.")]
    assert places == sorted(places)
    for words in (
        "changed priority from Normal to Urgent",
        "set tags to fire",
        "assigned the ticket to Bob",
        "changed status from New to Open",
        "from Solved to Open",
    ):
        assert words in page, words


def test_customers_read_what_concerns_them_in_their_words(client: TestClient, worked: int, stored: Stored) -> None:
    page = tracked(client, stored(worked))
    places = [page.index(words) for words in ("It smells.", "Bob is looking after your request", "Pull the plug.", "Marked as solved", "It still burns.")]
    assert places == sorted(places)
    assert "You reopened this" in page
    for words in ("urgent", "Urgent", ">fire<", "set tags", "ada@example.com", "bob@example.com"):
        assert words not in page, words


def test_an_agent_without_a_name_is_not_named_by_address(client: TestClient, agent: User, opened: OpenTicket, stored: Stored) -> None:
    nameless = add_person(client, "nameless@example.com", "agent")
    number = opened()
    with client.app.state.database.write() as session:
        change(session, number, {"assignee_id": nameless.id}, agent)
    page = tracked(client, stored(number))
    assert "An agent is looking after your request" in page
    assert "nameless@example.com" not in page
    assert "assigned the ticket to nameless@example.com" in client.get(f"/desk/tickets/{number}").text


def test_whether_an_address_is_proved_is_said_of_the_message(client: TestClient, agent: User, opened: OpenTicket, stored: Stored) -> None:
    with client.app.state.database.write() as session:
        session.merge(User(id=agent.id + 1, email="alice@example.com", role="customer", is_verified=True, created_at=agent.created_at))
    number = opened()
    page = client.get(f"/desk/tickets/{number}").text
    assert page.count("Address not confirmed") == 2, "in the conversation and beside it: a stranger can type a confirmed address"
    emailed = tracking_path(client.app.state.secret_key, number, stored(number).salt, is_emailed=True)
    nonce = client.get(emailed).text.partition('name="nonce" value="')[2].partition('"')[0]
    assert client.post(f"{emailed}/comments", data={"nonce": nonce, "body": "I have the email."}).headers["location"].startswith(emailed)
    page = client.get(f"/desk/tickets/{number}").text
    assert page.count("Address not confirmed") == 2
    assert "I have the email." in page


@pytest.mark.usefixtures("agent")
def test_the_requester_has_the_same_name_in_the_changes_as_at_the_messages(client: TestClient, opened: OpenTicket) -> None:
    number = opened(email="noor@example.com", name="Noor Haddad", proof="")
    with client.app.state.database.write() as session:
        change(session, number, {"status": "solved"})
        customer_writes(session, number, "It is back.")
    page = client.get(f"/desk/tickets/{number}").text
    assert '<strong dir="auto">noor@example.com</strong>' not in page
    assert re.search(r'<strong dir="auto">Noor Haddad</strong> changed status', page)


def test_customers_read_when_their_reply_is_awaited(client: TestClient, agent: User, opened: OpenTicket, stored: Stored) -> None:
    awaited, worked_on = opened(), opened()
    with client.app.state.database.write() as session:
        change(session, awaited, {"status": "pending"}, agent)
        change(session, worked_on, {"status": "open"}, agent)
    assert "Waiting for your reply" in happened(client, stored(awaited))
    assert "Waiting for your reply" not in happened(client, stored(worked_on))


def happened(client: TestClient, ticket: Ticket) -> str:
    """What stands between the messages on the customer's page."""
    return " ".join(re.findall(r'<li class="happening[^"]*"[^>]*>.*?</li>', tracked(client, ticket), re.DOTALL))
