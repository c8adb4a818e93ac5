"""An API key acts as a person: what it sees and files is what that person may see and file."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from kb.accounts.authentication.api_keys import make_key
from kb.accounts.models import User
from kb.db import now
from tests.cast import add_person, agent_writes, sign_in
from tickets.creation import NewTicket, create
from tickets.models import Ticket

pytestmark = pytest.mark.at_noon

Ask = Callable[..., Response]
OWN, OTHERS = 1, 2


@pytest.fixture
def people(client: TestClient) -> dict[str, User]:
    """Kim, a customer with ticket 1; Lee, another, with ticket 2; an agent and an admin. Both tickets have a reply and a note."""
    people = {
        name: add_person(client, f"{name}@example.com", role) for name, role in (("kim", "customer"), ("lee", "customer"), ("ada", "agent"), ("boss", "admin"))
    }
    with client.app.state.database.write() as session:
        for name in ("kim", "lee"):
            create(session, NewTicket(email=f"{name}@example.com", subject="Help", body="Please", tags=("vip",)), now=now())
    for number in (OWN, OTHERS):
        with client.app.state.database.write() as session:
            agent_writes(session, number, "Pull the plug.", people["ada"])
            agent_writes(session, number, "NOTE-7f3a", people["ada"], is_public=False, changes={"status": "hold", "priority": "urgent"})
    return people


@pytest.fixture
def ask(client: TestClient, people: dict[str, User]) -> Ask:
    """Reads a ticket, or files one, with a key of the person named."""

    def ask(name: str, number: int | None = None, **ticket: Any) -> Response:
        with client.app.state.database.write() as session:
            _, secret = make_key(session, "test", "write", people[name], now())
        headers = {"authorization": f"Bearer {secret}", "content-type": "application/json"}
        if number is not None:
            return client.get(f"/api/tickets/{number}?include=comments", headers=headers)
        posted = {"subject": "Filed by a program", "comment": {"body": "It broke."}, "requester": {"email": "kim@example.com"}} | ticket
        return client.post("/api/tickets", content=json.dumps({"ticket": posted}), headers=headers)

    return ask


@pytest.mark.parametrize(
    ("name", "number", "sees", "sees_notes"),
    [
        ("kim", OWN, True, False),
        ("kim", OTHERS, False, False),
        ("lee", OWN, False, False),
        ("lee", OTHERS, True, False),
        ("ada", OWN, True, True),
        ("ada", OTHERS, True, True),
        ("boss", OTHERS, True, True),
    ],
)
def test_a_key_sees_what_its_person_sees(ask: Ask, name: str, number: int, sees: bool, sees_notes: bool) -> None:
    answer = ask(name, number)
    assert answer.status_code == (200 if sees else 404)
    assert ("Pull the plug." in answer.text, "NOTE-7f3a" in answer.text) == (sees, sees_notes)


def test_a_customers_key_hears_nothing_of_how_agents_sort_their_work(ask: Ask, people: dict[str, User]) -> None:
    theirs, ours = ask("kim", OWN).json()["ticket"], ask("ada", OWN).json()["ticket"]
    hidden = {name: theirs[name] for name in ("status", "priority", "type", "tags", "assignee_id")}
    assert hidden == {"status": "open", "priority": None, "type": None, "tags": [], "assignee_id": None}
    assert (ours["status"], ours["priority"], ours["tags"], ours["assignee_id"]) == ("hold", "urgent", ["vip"], people["ada"].id)


def test_a_customers_key_files_for_its_own_person_alone(client: TestClient, ask: Ask, people: dict[str, User]) -> None:
    filed = ask("kim", requester={"email": "Kim@Example.com", "name": "Somebody else"})
    assert filed.status_code == 201, filed.text
    with client.app.state.database.read() as session:
        ticket = session.get_one(Ticket, filed.json()["ticket"]["id"])
        assert (ticket.requester_id, ticket.submitter_id) == (people["kim"].id, people["kim"].id)
        assert session.get_one(User, people["kim"].id).name == ""
    for change_, field in (
        ({"requester": {"email": "lee@example.com"}}, "ticket.requester.email"),
        ({"priority": "urgent"}, "ticket.priority"),
        ({"type": "problem"}, "ticket.type"),
        ({"tags": ["vip"]}, "ticket.tags"),
    ):
        refused = ask("kim", **change_)
        assert refused.status_code == 422
        assert list(refused.json()["error"]["fields"]) == [field]
    assert ask("ada", requester={"email": "lee@example.com"}, priority="urgent").status_code == 201


def test_a_customers_keys_together_file_no_more_than_the_form_lets_them(client: TestClient, ask: Ask) -> None:
    most = client.app.state.settings.requests_per_hour
    assert [ask("kim").status_code for _ in range(most + 1)] == [201] * most + [429]


def test_the_rights_of_a_key_follow_its_person(client: TestClient, ask: Ask, people: dict[str, User]) -> None:
    for role, is_active, status in (("agent", True, 200), ("customer", True, 404), ("customer", False, 401), ("agent", False, 401)):
        with client.app.state.database.write() as session:
            user = session.get_one(User, people["ada"].id)
            user.is_active = True
        with client.app.state.database.write() as session:
            _, secret = make_key(session, "test", "read", people["ada"], now())
            user = session.get_one(User, people["ada"].id)
            user.role, user.is_active = role, is_active
        assert client.get(f"/api/tickets/{OTHERS}", headers={"authorization": f"Bearer {secret}"}).status_code == status, (role, is_active)


def test_the_desk_says_a_key_vouched_only_for_what_a_key_filed(client: TestClient, ask: Ask, people: dict[str, User]) -> None:
    number = ask("kim").json()["ticket"]["id"]
    sign_in(client, people["ada"])
    assert "Address not confirmed" not in client.get(f"/desk/tickets/{number}").text
    assert "Address not confirmed" in client.get(f"/desk/tickets/{OWN}").text
