"""What each role may do with a ticket, at the desk and over the API."""

import re

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from kb.accounts import roles
from kb.accounts.authentication.api_keys import make_key
from kb.accounts.permissions import Permission, known
from kb.db import now
from tests.cast import add_person, signed_in
from tickets.creation import NewTicket, create
from tickets.models import Comment, Ticket


@pytest.fixture
def number(client: TestClient) -> int:
    with client.app.state.database.write() as session:
        return create(session, NewTicket(email="eve@example.com", subject="It beeps", body="Twice."), now=now()).id


def _form(browser: TestClient, number: int) -> dict[str, str]:
    page = browser.get(f"/desk/tickets/{number}").text
    return {name: re.search(rf'name="{name}" value="([^"]*)"', page)[1] for name in ("nonce", "version")}


def _main(page: str) -> str:
    return page.partition("<main")[2].partition("</main>")[0]


def _comments(client: TestClient) -> list[tuple[str, bool]]:
    with client.app.state.database.read() as session:
        return [(comment.body, comment.is_public) for comment in session.scalars(select(Comment).order_by(Comment.id))][1:]


def _ticket(client: TestClient, number: int) -> Ticket:
    with client.app.state.database.read() as session:
        return session.get_one(Ticket, number)


def _own_role(client: TestClient, *permissions: str) -> str:
    with client.app.state.database.write() as session:
        return roles.create(session, f"Own {'-'.join(permissions)}"[:60], known(permissions), set(Permission)).slug


def test_a_light_agent_reads_everything_and_only_notes(client: TestClient, number: int) -> None:
    light = signed_in(client, "light@example.com", "light", "Lea")
    page = light.get(f"/desk/tickets/{number}").text
    assert 'value="public"' not in page
    assert "Send as solved" not in page
    assert "Assign to me" not in page
    assert "/properties" not in page
    url = f"/desk/tickets/{number}/comments"
    assert "done=noted" in light.post(url, data=_form(light, number) | {"kind": "note", "body": "Looks like the fan."}).headers["location"]
    assert "problem=1" in light.post(url, data=_form(light, number) | {"kind": "public", "body": "Hello!"}).headers["location"]
    assert "Your role can’t reply to customers." in light.get(f"/desk/tickets/{number}?problem=1").text
    assert "problem=1" in light.post(url, data=_form(light, number) | {"kind": "note", "body": "x", "then": "solved"}).headers["location"]
    for suffix in ("properties", "assignment", "release", "rejection"):
        assert light.post(f"/desk/tickets/{number}/{suffix}", data=_form(light, number) | {"status": "solved"}).status_code == 403
    assert _comments(client) == [("Looks like the fan.", False)]
    assert (_ticket(client, number).status, _ticket(client, number).assignee_id) == ("new", None)


def test_only_people_who_may_reply_can_be_assigned(client: TestClient, number: int) -> None:
    agent, light = signed_in(client, "ada@example.com", "agent", "Ada"), add_person(client, "light@example.com", "light", "Lea")
    assert ">Lea<" not in agent.get(f"/desk/tickets/{number}").text
    answer = agent.post(f"/desk/tickets/{number}/properties", data=_form(agent, number) | {"assignee_id": str(light.id), "was_assignee_id": ""})
    assert "problem=1" in answer.headers["location"]
    assert _ticket(client, number).assignee_id is None


def test_who_may_not_see_all_tickets_sees_those_assigned_to_them(client: TestClient, number: int) -> None:
    role = _own_role(client, "reply", "write_notes", "change_tickets")
    person = add_person(client, "own@example.com", role, "Olga")
    browser = signed_in(client, "other@example.com", role)
    agent = signed_in(client, "ada@example.com", "agent", "Ada")
    for path in ("", "/follow-up"):
        assert browser.get(f"/desk/tickets/{number}{path}").status_code == 404
    assert _main(browser.get(f"/desk/tickets/{number}").text) == _main(browser.get("/desk/tickets/999").text)
    assert "It beeps" not in browser.get("/desk/views/all").text
    assert "It beeps" not in browser.get("/desk/search?q=beeps").text
    assert browser.get(f"/desk/search?q=%23{number}").status_code == 200
    with client.app.state.database.write() as session:
        _, secret = make_key(session, "x", "read", person, now())
    headers = {"authorization": f"Bearer {secret}"}
    assert client.get(f"/api/tickets/{number}", headers=headers).status_code == 404

    agent.post(f"/desk/tickets/{number}/properties", data=_form(agent, number) | {"assignee_id": str(person.id), "was_assignee_id": ""})
    assert client.get(f"/api/tickets/{number}", headers=headers).status_code == 200
    assert browser.get(f"/desk/tickets/{number}").status_code == 404


def test_a_role_that_only_replies_changes_nothing_else(client: TestClient, number: int) -> None:
    browser = signed_in(client, "r@example.com", _own_role(client, "see_all_tickets", "reply"))
    url = f"/desk/tickets/{number}/comments"
    assert 'value="note"' not in browser.get(f"/desk/tickets/{number}").text
    assert "problem=1" in browser.post(url, data=_form(browser, number) | {"kind": "note", "body": "x"}).headers["location"]
    assert "problem=1" in browser.post(url, data=_form(browser, number) | {"kind": "public", "body": "x", "then": "solved"}).headers["location"]
    assert "done=sent" in browser.post(url, data=_form(browser, number) | {"kind": "public", "body": "Try this."}).headers["location"]
    assert _comments(client) == [("Try this.", True)]


def test_the_key_of_a_light_agent_files_only_for_them(client: TestClient) -> None:
    person = add_person(client, "light@example.com", "light", "Lea")
    with client.app.state.database.write() as session:
        _, secret = make_key(session, "x", "write", person, now())
    ticket = {"requester": {"email": "someone@example.com"}, "subject": "x", "comment": {"body": "y"}}
    headers = {"authorization": f"Bearer {secret}"}
    assert client.post("/api/tickets", json={"ticket": ticket}, headers=headers).status_code == 422
    ticket["requester"] = {"email": person.email}
    assert client.post("/api/tickets", json={"ticket": ticket}, headers=headers).status_code == 201
