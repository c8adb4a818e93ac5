"""The ticket's page: what it shows, and to whom."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from kb.accounts.models import User
from kb.config import Settings
from kb.db import now
from kb.events.models import Event, Kind
from kb.events.recorder import CurrentVisit, row
from kb.jobs.models import OutboxJob
from tests.cast import add_person, change
from tests.tickets.desk.conftest import Refused, Write
from tickets.models import Ticket

OpenTicket = Callable[..., int]
Stored = Callable[[int], Ticket]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    (settings.content / "hardware").mkdir()
    (settings.content / "hardware" / "pull-the-plug.md").write_text("---\ntitle: Pull the plug\n---\nPull it.\n")
    return settings


@pytest.mark.usefixtures("agent")
def test_the_page_shows_what_the_customer_tried(client: TestClient, opened: OpenTicket) -> None:
    visit = CurrentVisit("a" * 32, "b" * 32, False)
    steps = [
        (Kind.SEARCH, {"query": "printer smoke", "hit_count": 0, "hits": []}),
        (Kind.ARTICLE_VIEW, {"slug": "put-out-smoke"}),
        (Kind.SEARCH_CLICK, {"slug": "put-out-smoke", "rank": 3}),
        (Kind.ARTICLE_VIEW, {"slug": "put-out-fires", "digest": "d1gest00" * 8, "commit": "c0ffee00" * 5}),
        (Kind.VOTE, {"slug": "put-out-fires", "value": "no"}),
    ]
    with client.app.state.database.write() as session:
        for age, (kind, columns) in zip((5, 4, 3, 2, 1), steps, strict=True):
            session.add(Event(**(row(visit, kind, columns) | {"at": now() - timedelta(minutes=age)})))
        other = row(CurrentVisit("e" * 32, "f" * 32, False), Kind.SEARCH, {"query": "somebody else", "hit_count": 1})
        session.add(Event(**other))
    page = client.get(f"/desk/tickets/{opened(visit=visit)}").text
    places = [
        page.index(words) for words in ("printer smoke", "no results", "Read result 3", "put-out-smoke", "put-out-fires", "c0ffee00", "Found not helpful")
    ]
    assert places == sorted(places)
    assert page.count("put-out-smoke") == 1
    assert "somebody else" not in page


@pytest.mark.usefixtures("agent")
def test_a_ticket_that_does_not_exist_is_not_found(client: TestClient) -> None:
    for number in ("1", "999", "9" * 30):
        assert client.get(f"/desk/tickets/{number}").status_code == 404
    assert client.get("/desk/tickets/x").status_code == 404
    assert client.post("/desk/tickets/999/properties", data={"status": "open", "version": "1"}).status_code == 404
    assert client.post("/desk/tickets/999/release").status_code == 404
    assert client.post("/desk/tickets/999/rejection").status_code == 404
    assert client.post("/desk/tickets/999/assignment", data={"version": "1"}).status_code == 404


def test_fields_are_changed_and_the_change_is_in_the_history(client: TestClient, agent: User, opened: OpenTicket, stored: Stored) -> None:
    number = opened()
    fields = {
        "version": "1",
        "status": "hold",
        "assignee_id": str(agent.id),
        "priority": "urgent",
        "type": "incident",
        "category": "",
        "tags": "Fire, smoke fire",
    }
    assert client.post(f"/desk/tickets/{number}/properties", data=fields).status_code == 303
    ticket = stored(number)
    assert (ticket.status, ticket.assignee_id, ticket.priority, ticket.type) == ("hold", agent.id, "urgent", "incident")
    assert [tag.name for tag in ticket.tags] == ["fire", "smoke"]
    page = client.get(f"/desk/tickets/{number}").text
    assert "assigned the ticket to Ada" in page
    assert "changed status from New to On hold" in page


@pytest.mark.usefixtures("agent")
def test_impossible_fields_are_refused_with_the_reason(opened: OpenTicket, stored: Stored, write: Write, refused: Refused) -> None:
    number = opened()
    customer = stored(number).requester_id
    for field, value in [
        ("status", "new2"),
        ("status", "closed"),
        ("priority", "asap"),
        ("assignee_id", "x"),
        ("assignee_id", str(customer)),
        ("assignee_id", "9" * 18),
        ("category", "zz"),
        ("category", "Hardware"),
        ("status", "pending" + " " * 20 + "x"),
        ("tags", "fire " + "x" * 61),
        ("tags", " ".join(f"tag{number}" for number in range(51))),
        ("tags", "a" + " " * 5000 + "b" * 61),
    ]:
        page = refused(write(number, "Kept words", to="properties", **{"tags": "kept-tag"} | {field: value}))
        shown = f'value="{" ".join(value.split())}"' if field == "tags" else 'value="kept-tag"'
        assert [word in page.replace(" " * 5000, " ") for word in ("Kept words", shown, f'id="property-error-{field}"')] == [True, True, True], (field, value)
    assert stored(number).version == 1


@pytest.mark.usefixtures("agent")
@pytest.mark.parametrize("version", ["abc", "", "0", "-1", "2", "99999999999", "1x", "1" + " " * 20 + "x"])
def test_a_page_with_a_version_that_the_ticket_never_had_changes_nothing(
    opened: OpenTicket, stored: Stored, write: Write, refused: Refused, version: str
) -> None:
    number = opened()
    for to, body in (("properties", ""), ("comments", "Pull the plug."), ("assignment", "")):
        assert "This page was out of date" in refused(write(number, body, to=to, version=version, priority="high"))
    assert (stored(number).version, stored(number).priority) == (1, "normal")


@pytest.mark.usefixtures("agent")
def test_a_category_of_the_list_and_long_tags_within_the_limit_are_stored(opened: OpenTicket, stored: Stored, write: Write) -> None:
    number = opened()
    tags = sorted(f"{'x' * 57}-{n:02}" for n in range(50))
    assert "done=saved" in write(number, "", to="properties", category="hardware", tags=" ".join(tags)).headers["location"]
    assert stored(number).category == "hardware"
    assert [tag.name for tag in stored(number).tags] == tags


@pytest.mark.usefixtures("agent")
def test_of_two_edits_the_second_sees_both_versions_and_keeps_its_choices(opened: OpenTicket, stored: Stored, write: Write, refused: Refused) -> None:
    number, was = opened(), {"was_priority": "normal", "was_tags": ""}
    assert write(number, "", to="properties", version="1", priority="high", tags="theirs", **was).headers["location"] == f"/desk/tickets/{number}?done=saved"
    page = refused(write(number, "", to="properties", version="1", priority="low", tags="mine", **was))
    assert "<td>High</td><td>Low</td>" in page
    assert "<td>theirs</td><td>mine</td>" in page
    assert 'value="mine"' in page
    assert (stored(number).priority, stored(number).version) == ("high", 2)
    write(number, "", to="properties", version="2", priority="low")
    assert stored(number).priority == "low"
    refused(write(number, "", to="properties", version="", priority="urgent"))
    assert stored(number).priority == "low", "a form without a version changes nothing"


def test_taking_a_ticket_that_somebody_took_is_refused(
    client: TestClient, agent: User, opened: OpenTicket, stored: Stored, write: Write, refused: Refused
) -> None:
    number = opened()
    bob = add_person(client, "bob@example.com", name="Bob")
    with client.app.state.database.write() as session:
        change(session, number, {"assignee_id": bob.id}, bob)
    page = refused(write(number, "Kept words", to="assignment", version="1"))
    assert "Bob has already taken this ticket" in page
    assert "Kept words" in page
    assert "done=taken" in write(number, "", to="assignment").headers["location"]
    assert stored(number).assignee_id == agent.id


@pytest.mark.usefixtures("agent")
def test_a_held_ticket_is_released_once_and_its_requester_told(client: TestClient, opened: OpenTicket, stored: Stored) -> None:
    number = opened(suspended_reason="the trap was filled in")
    assert "the trap was filled in" in client.get(f"/desk/tickets/{number}?view=suspended").text
    for _ in range(2):
        assert client.post(f"/desk/tickets/{number}/release").status_code == 303
    assert stored(number).suspended_reason is None
    with client.app.state.database.read() as session:
        assert [job.kind for job in session.scalars(select(OutboxJob)) if job.kind != "mail.staff_notice"] == ["mail.request_received"]


@pytest.mark.usefixtures("agent")
def test_a_held_ticket_is_put_away_without_a_word(client: TestClient, opened: OpenTicket, stored: Stored) -> None:
    number = opened(suspended_reason="the trap was filled in")
    assert f"/desk/tickets/{number}?" in client.get("/desk/views/suspended").text
    assert client.post(f"/desk/tickets/{number}/rejection").headers["location"] == "/desk/views/suspended"
    assert (stored(number).status, stored(number).suspended_reason) == ("solved", "the trap was filled in")
    with client.app.state.database.read() as session:
        assert [job.kind for job in session.scalars(select(OutboxJob))] == ["mail.staff_notice"]
    for view in ("suspended", "solved", "all"):
        assert "<h2>No tickets</h2>" in client.get(f"/desk/views/{view}").text
    assert "the trap was filled in" in client.get("/desk/search?q=printer").text
    client.post(f"/desk/tickets/{number}/release")
    assert f"/desk/tickets/{number}?" in client.get("/desk/views/open").text


@pytest.mark.usefixtures("agent")
def test_a_mail_that_could_not_be_delivered_shows_on_its_ticket(client: TestClient, opened: OpenTicket) -> None:
    number = opened()
    with client.app.state.database.write() as session:
        job = session.scalars(select(OutboxJob).where(OutboxJob.kind == "mail.request_received")).one()
        job.failed_at, job.last_error = now(), "550 no such mailbox"
    page = client.get(f"/desk/tickets/{number}").text
    assert "could not be delivered" in page
    assert "550 no such mailbox" in page
    with client.app.state.database.write() as session:  # as an earlier version stored it
        job = session.scalars(select(OutboxJob).where(OutboxJob.kind == "mail.request_received")).one()
        job.last_error = "SMTPRecipientsRefused: {'alice@example.com': (450, b'4.2.0 mailbox busy')}"
    page = client.get(f"/desk/tickets/{number}").text
    assert "SMTPRecipientsRefused" not in page
    assert "The server&#39;s log has the details." in page
