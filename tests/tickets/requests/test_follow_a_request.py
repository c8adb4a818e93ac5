"""The page behind the secret link: reading, answering, files, solved and open again."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from kb.accounts.models import User
from kb.jobs.models import OutboxJob
from tests import cast
from tests.cast import add_person, signed_in
from tests.tickets.conftest import Send, fields
from tests.tickets.requests.test_open_a_request import rows
from tickets.audit import Changed, Created
from tickets.automation import close_long_solved
from tickets.creation import NewTicket, create
from tickets.fields import ImpossibleChange
from tickets.models import Audit, Comment, Ticket
from tickets.nonce import new_nonce
from tickets.update import TicketChanged

pytestmark = pytest.mark.at_noon

Change = Callable[..., None]


@pytest.fixture
def link(send: Send) -> str:
    return send().headers["location"].partition("?")[0]


@pytest.fixture
def agent(client: TestClient) -> User:
    return add_person(client, "agent@support.example", name="Ann")


@pytest.fixture
def change(client: TestClient, agent: User) -> Change:
    """Changes ticket 1 as the agent."""

    def change(**changes: object) -> None:
        with client.app.state.database.write() as session:
            cast.change(session, 1, changes, agent)

    return change


def reply(client: TestClient, link: str, body: str = "More", **data: str) -> object:
    nonce = new_nonce(client.app.state.secret_key, datetime.now(UTC))
    return client.post(f"{link}/comments", data={"body": body, "nonce": nonce} | data)


def test_a_wrong_link_is_answered_just_as_an_unknown_one(client: TestClient, link: str) -> None:
    number, mac = link.removeprefix("/requests/").split("-")
    flipped = mac[:-1] + ("0" if mac[-1] != "0" else "1")
    wrong = [
        f"{number}-{flipped}",
        f"2-{mac}",
        f"0{number}-{mac}",
        f"{number}-{mac.upper()}0",
        f"{number}%20-{mac}",
        number,
        f"{number}.json",
        "x",
        f"{number}-{mac}x",
    ]
    answers = [client.get(f"/requests/{token}") for token in wrong]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    assert client.post(f"/requests/{number}-{flipped}/comments", data={"body": "x"}).status_code == 404
    assert client.post(f"/requests/{number}-{flipped}/resolution").status_code == 404


def test_the_page_passes_its_address_to_nobody(client: TestClient, link: str) -> None:
    headers = client.get(link).headers
    assert headers.get_list("referrer-policy") == ["no-referrer"]
    assert "noindex" in headers["x-robots-tag"]
    assert headers["cache-control"] == "no-store"


def test_a_failure_there_leaves_no_secret_in_the_log(client: TestClient, link: str, caplog: pytest.LogCaptureFixture) -> None:
    templates = client.app.state.templates
    templates.cache.clear()
    templates.filters.pop("plaintext")
    answer = TestClient(client.app, raise_server_exceptions=False).get(link)
    assert (answer.status_code, "Something went wrong" in answer.text) == (500, True)
    assert "GET /requests/{token} failed" in caplog.text
    assert link.rpartition("-")[2] not in caplog.text


def test_a_browser_that_names_no_origin_on_that_page_may_answer_there_only(client: TestClient, link: str) -> None:
    assert client.post(f"{link}/resolution", headers={"origin": "null"}).status_code == 303
    assert client.post("/requests", data={}, headers={"origin": "null"}).status_code == 403


def test_the_customer_sees_replies_but_no_notes_and_no_address_of_an_agent(client: TestClient, link: str, agent: User) -> None:
    with client.app.state.database.write() as session:
        cast.agent_writes(session, 1, "NOTE-7f3a he is a pain", agent, is_public=False)
        cast.agent_writes(session, 1, "Use water. https://example.com/x", agent)
    page = client.get(link).text
    assert "Use water." in page
    assert 'href="https://example.com/x" rel="noopener noreferrer nofollow ugc"' in page
    assert "Ann" in page
    assert "NOTE-7f3a" not in page
    assert "agent@support.example" not in page
    assert [job.kind for job in rows(client, OutboxJob)] == ["mail.request_received", "mail.agent_replied"]
    assert rows(client, Ticket)[0].replied_at is not None


def test_a_reply_opens_a_pending_or_solved_request_again(client: TestClient, link: str, change: Change) -> None:
    for status in ("pending", "solved"):
        change(status=status)
        assert reply(client, link).status_code == 303
        assert rows(client, Ticket)[0].status == "open"


def test_a_reply_leaves_a_held_request_held_which_the_customer_sees_as_open(client: TestClient, link: str, change: Change) -> None:
    change(status="hold")
    reply(client, link)
    assert rows(client, Ticket)[0].status == "hold"
    page = client.get(link).text
    assert ">Open</span>" in page
    assert not re.search(r"\b(on-)?hold\b", page, re.I)


def test_the_same_reply_sent_twice_is_one_message(client: TestClient, link: str) -> None:
    data = {"body": "Twice", "nonce": fields(client.get(link).text)["nonce"]}
    assert [client.post(f"{link}/comments", data=data).status_code for _ in range(2)] == [303, 303]
    assert [comment.body for comment in rows(client, Comment)][1:] == ["Twice"]


def test_the_same_form_with_another_reply_loses_neither(client: TestClient, link: str) -> None:
    nonce = fields(client.get(link).text)["nonce"]
    for body in ("First", "Second", "First"):
        assert client.post(f"{link}/comments", data={"body": body, "nonce": nonce}).status_code == 303
    assert [comment.body for comment in rows(client, Comment)][1:] == ["First", "Second"]


def test_an_empty_reply_says_what_is_missing(client: TestClient, link: str) -> None:
    answer = reply(client, link, " \u200b ")
    assert answer.status_code == 422
    assert "Enter your message." in answer.text


def test_a_reply_of_a_page_that_is_not_ours_keeps_its_text(client: TestClient, link: str) -> None:
    answer = reply(client, link, "Kept words", nonce="x")
    assert answer.status_code == 403
    assert "Kept words" in answer.text


def test_the_customer_marks_it_solved_and_opens_it_again(client: TestClient, link: str) -> None:
    assert client.post(f"{link}/resolution").headers["location"] == f"{link}?solved=1"
    assert rows(client, Ticket)[0].solved_at is not None
    assert client.post(f"{link}/resolution").status_code == 303
    assert client.post(f"{link}/reopening").headers["location"] == f"{link}?reopened=1"
    [ticket] = rows(client, Ticket)
    assert (ticket.status, ticket.solved_at) == ("open", None)
    assert [audit.events[0] for audit in rows(client, Audit)] == [Created(), Changed("status", "new", "solved"), Changed("status", "solved", "open")]


def test_a_message_on_a_closed_request_opens_a_follow_up(client: TestClient, link: str, change: Change) -> None:
    change(status="solved")
    with client.app.state.database.write() as session:
        close_long_solved(session, now=datetime.now(UTC))
        assert session.get_one(Ticket, 1).status == "solved"
        close_long_solved(session, now=datetime.now(UTC) + timedelta(days=29))
    assert client.post(f"{link}/reopening").status_code == 409
    answer = reply(client, link, "It burns again")
    assert answer.headers["location"].startswith("/requests/2-")
    first, second = rows(client, Ticket)
    assert (first.status, second.status) == ("closed", "new")
    assert second.subject.startswith("Follow-up to #1: ")


def test_the_follow_up_of_a_held_request_is_held_too(client: TestClient, link: str, change: Change) -> None:
    change(suspended_reason="the trap was filled in")
    change(status="solved")
    with client.app.state.database.write() as session:
        close_long_solved(session, now=datetime.now(UTC) + timedelta(days=29))
    assert reply(client, link, "Buy now").headers["location"].startswith("/requests/2-")
    assert [ticket.suspended_reason for ticket in rows(client, Ticket)] == ["the trap was filled in"] * 2


def test_a_closed_request_leads_to_its_follow_up(client: TestClient, link: str, change: Change) -> None:
    change(status="solved")
    with client.app.state.database.write() as session:
        close_long_solved(session, now=datetime.now(UTC) + timedelta(days=29))
    follow_up = reply(client, link, "It burns again").headers["location"].partition("?")[0]
    assert f'<a href="{follow_up}">request #2</a>' in client.get(link).text


def test_a_note_does_not_change_when_the_customer_sees_the_request_updated(client: TestClient, link: str, agent: User) -> None:
    later = datetime.now(UTC) + timedelta(minutes=5)
    with client.app.state.database.write() as session:
        cast.agent_writes(session, 1, "He is a pain", agent, is_public=False, at=later)
    listed = client.get("/requests").text
    assert later.strftime("%Y-%m-%dT%H:%M") not in listed
    with client.app.state.database.write() as session:
        cast.agent_writes(session, 1, "Use water.", agent, at=later)
    assert later.strftime("%Y-%m-%dT%H:%M") in client.get("/requests").text


def test_whoever_solves_an_unassigned_request_had_it_before(client: TestClient, link: str, agent: User) -> None:
    with client.app.state.database.write() as session:
        cast.agent_writes(session, 1, "Use water.", agent, changes={"status": "solved"})
    page = client.get(link).text
    assert page.index("Ann is looking after your request") < page.index("Marked as solved")


def test_only_the_signed_in_requester_sees_the_list(client: TestClient, link: str) -> None:
    assert "Sign in" in client.get("/requests").text
    other = signed_in(client, "bob@example.com", role="customer")
    assert "No requests yet" in other.get("/requests").text


def test_the_requester_signs_in_and_finds_every_request(client: TestClient, link: str) -> None:
    from tests.cast import sign_in

    [alice] = rows(client, User)
    sign_in(client, alice)
    page = client.get("/requests").text
    assert f'href="{link}"' in page
    assert client.get("/requests?before=1").status_code == 200
    assert client.get("/requests?before=x").status_code == 200


def test_two_changes_of_one_version_meet_and_the_second_is_refused(client: TestClient, link: str, agent: User) -> None:
    with client.app.state.database.write() as session:
        assert cast.change(session, 1, {"priority": "high"}, agent, version=1).version == 2
    bob = add_person(client, "bob@support.example", name="Bob")
    with pytest.raises(TicketChanged) as refusal, client.app.state.database.write() as session:
        cast.change(session, 1, {"priority": "low"}, bob, version=1)
    assert refusal.value.fields == {"priority"}
    assert rows(client, Ticket)[0].version == 2
    with client.app.state.database.write() as session:
        cast.change(session, 1, {"type": "problem"}, bob, version=1)
    assert rows(client, Ticket)[0].priority == "high"


@pytest.mark.parametrize(
    "changes", [{"status": "new"}, {"status": "closed"}, {"status": "gone"}, {"priority": "x"}, {"assignee_id": 1}, {"assignee_id": 99}, {"id": 7}]
)
def test_impossible_changes_are_refused_and_nothing_is_stored(client: TestClient, link: str, change: Change, changes: dict[str, object]) -> None:
    change(status="open")
    with pytest.raises(ImpossibleChange):
        change(**changes)
    assert len(rows(client, Audit)) == 2


def test_tags_are_words_in_lower_case_and_taking_a_new_ticket_opens_it(client: TestClient, link: str, change: Change, agent: User) -> None:
    change(tags=["Printer", "fire  drill", "printer"], assignee_id=agent.id)
    change(tags=["printer", "urgent"])
    _, first, second = rows(client, Audit)
    assert {Changed("tags", (), ("fire_drill", "printer")), Changed("status", "new", "open"), Changed("assignee_id", None, agent.id)} == set(first.events)
    assert second.events == (Changed("tags", ("fire_drill", "printer"), ("printer", "urgent")),)
    assert re.search("Open", client.get(link).text)


def test_how_long_others_waited_is_said_once_enough_were_answered(client: TestClient, send: Send) -> None:
    link = send().headers["location"]
    assert "Half of our first replies" not in client.get(link).text
    moment = datetime.now(UTC)
    with client.app.state.database.write() as session:
        for hours in (1, 2, 3, 50, 60):
            opened = create(session, NewTicket(email="bob@example.com", subject="s", body="b"), now=moment - timedelta(hours=hours))
            session.get_one(Ticket, opened.id).replied_at = moment
    assert "first replies come within 3 hours" in client.get(link).text
