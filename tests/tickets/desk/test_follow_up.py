"""Closed tickets: nothing of them changes any more, and agents and customers go on in a follow-up."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy import func, select
from starlette.testclient import TestClient

from kb.accounts.models import User
from kb.config import Settings
from kb.db import Database, now
from kb.events.models import Event, Kind
from kb.jobs.models import OutboxJob
from kb.site.worker_setup import make_worker
from tests.cast import add_person, change
from tests.tickets.conftest import fields
from tests.tickets.desk.conftest import OpenTicket, Refused, Write
from tickets.creation import NewTicket, create
from tickets.models import Comment, Ticket
from tickets.tracking import tracking_path

Stored = Callable[[int], Ticket]
Comments = Callable[[int], list[Comment]]
FollowUp = Callable[..., Response]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    folder = settings.content / "hardware" / "printers"
    folder.mkdir(parents=True)
    (folder / "put-out-a-burning-printer.md").write_text("---\ntitle: Put out a burning printer\n---\nPull the plug.\n")
    return settings


@pytest.fixture
def closed(client: TestClient, opened: OpenTicket) -> int:
    """A closed ticket of Alice's."""
    number = opened()
    with client.app.state.database.write() as session:
        change(session, number, {"status": "closed"})
    return number


@pytest.fixture
def follow_up(client: TestClient) -> FollowUp:
    """Sends the form of a follow-up."""

    def follow_up(number: int, body: str, **more: Any) -> Response:
        form = fields(client.get(f"/desk/tickets/{number}/follow-up").text)
        return client.post(f"/desk/tickets/{number}/follow-up", data=form | {"body": body, "kind": "public"} | more)

    return follow_up


def _jobs(client: TestClient) -> list[tuple[str, int | None]]:
    with client.app.state.database.read() as session:
        return [(job.kind, job.ticket_id) for job in session.scalars(select(OutboxJob).order_by(OutboxJob.id))]


@pytest.mark.usefixtures("agent")
def test_the_properties_of_a_closed_ticket_are_text_and_are_refused(
    client: TestClient, closed: int, stored: Stored, comments: Comments, write: Write, refused: Refused
) -> None:
    page = client.get(f"/desk/tickets/{closed}").text
    assert "<select" not in page
    assert "data-take" not in page
    assert "Save properties" not in page
    assert "<dt>Priority</dt><dd>Normal</dd>" in page
    version = stored(closed).version
    for to in ("properties", "comments", "assignment"):
        answer = write(closed, "For the record.", to=to, kind="note", priority="urgent")
        assert "A closed ticket can’t be changed" in refused(answer), to
    assert (stored(closed).version, stored(closed).priority, len(comments(closed))) == (version, "normal", 1)


def test_an_agent_opens_a_follow_up_that_the_requester_is_emailed(
    client: TestClient, agent: User, closed: int, stored: Stored, comments: Comments, follow_up: FollowUp
) -> None:
    before = _jobs(client)
    page = client.get(f"/desk/tickets/{closed}").text
    assert f'href="/desk/tickets/{closed}/follow-up"' in page
    answer = follow_up(closed, "We found out why.")
    assert answer.status_code == 303, answer.text
    number = closed + 1
    assert answer.headers["location"] == f"/desk/tickets/{number}?done=followed-up&of={closed}"
    ticket, old = stored(number), stored(closed)
    assert ticket.subject == f"Follow-up to #{closed}: The printer is on fire"
    assert (ticket.requester_id, ticket.submitter_id, ticket.assignee_id, ticket.status) == (old.requester_id, agent.id, agent.id, "open")
    assert ticket.follow_up_of_id == closed
    assert [(comment.body, comment.author_id, comment.is_public) for comment in comments(number)] == [("We found out why.", agent.id, True)]
    assert _jobs(client)[len(before) :] == [("mail.agent_replied", number)]
    new_page, old_page = client.get(answer.headers["location"]).text, client.get(f"/desk/tickets/{closed}").text
    assert f'Follow-up to <a href="/desk/tickets/{closed}">#{closed}</a>' in new_page
    assert "Created by <bdi>Ada</bdi>" in new_page
    assert "Address confirmed" not in new_page
    assert f'<a href="/desk/tickets/{number}">#{number}</a>' in old_page
    tracked = client.get(tracking_path(client.app.state.secret_key, number, ticket.salt))
    assert "We found out why." in tracked.text


def test_a_follow_up_begun_with_a_note_tells_the_requester_nothing(client: TestClient, agent: User, closed: int, stored: Stored, follow_up: FollowUp) -> None:
    before = _jobs(client)
    assert follow_up(closed, "NOTE-7f3a", kind="note").status_code == 303
    assert _jobs(client) == before
    ticket = stored(closed + 1)
    assert "NOTE-7f3a" not in client.get(tracking_path(client.app.state.secret_key, ticket.id, ticket.salt)).text
    with client.app.state.database.read() as session:
        kinds = session.scalars(select(Event.kind)).all()
    assert kinds.count(str(Kind.TICKET_CREATED)) == 1, "what an agent files is no request that an article could have answered"


@pytest.mark.usefixtures("agent")
def test_a_follow_up_is_filed_once_and_never_empty_or_for_an_open_ticket(
    client: TestClient, closed: int, opened: OpenTicket, follow_up: FollowUp, refused: Refused
) -> None:
    assert "Enter your message." in refused(follow_up(closed, " "))
    assert "Kept words" in refused(follow_up(closed, "Kept words", nonce="forged"))
    form = fields(client.get(f"/desk/tickets/{closed}/follow-up").text) | {"body": "We found out why.", "kind": "public"}
    answers = {client.post(f"/desk/tickets/{closed}/follow-up", data=form).headers["location"] for _ in range(3)}
    assert answers == {f"/desk/tickets/{closed + 1}?done=followed-up&of={closed}"}
    still_open = opened()
    assert client.get(f"/desk/tickets/{still_open}/follow-up").headers["location"] == f"/desk/tickets/{still_open}"
    assert client.post(f"/desk/tickets/{still_open}/follow-up", data=form).status_code == 409
    assert client.get("/desk/tickets/999/follow-up").status_code == 404


@pytest.mark.usefixtures("agent")
def test_a_follow_up_takes_files_those_of_now_and_those_kept_with_the_draft(
    client: TestClient, closed: int, comments: Comments, follow_up: FollowUp, refused: Refused
) -> None:
    form = {"nonce": fields(client.get(f"/desk/tickets/{closed}/follow-up").text)["nonce"], "kind": "public"}
    address = f"/desk/tickets/{closed}/follow-up"
    page = refused(client.post(address, data=form | {"body": " "}, files={"files": ("plan.txt", b"steps")}))
    assert "plan.txt" in page
    kept = page.partition('name="kept" value="')[2].partition('"')[0]
    sent = client.post(address, data=form | {"body": "We found out why.", "kept": kept}, files={"files": ("photo.txt", b"pixels")})
    assert sent.status_code == 303
    (message,) = comments(closed + 1)
    assert sorted(file.name for file in message.attachments) == ["photo.txt", "plan.txt"]
    assert "photo.txt" in client.get(sent.headers["location"]).text


@pytest.mark.usefixtures("agent")
def test_the_draft_of_a_follow_up_is_kept_discarded_brought_back_and_gone_once_sent(client: TestClient, closed: int, follow_up: FollowUp) -> None:
    address = f"/desk/tickets/{closed}/follow-up"
    form = fields(client.get(address).text) | {"kind": "public", "body": "Half a thought"}
    assert client.post(f"/desk/tickets/{closed}/draft", data=form).status_code == 204, "as the page saves it by itself"
    assert "Half a thought" in client.get(address).text
    gone = client.get(client.post(f"{address}/draft", data=form | {"discard": "1"}).headers["location"]).text
    assert ("Your draft was discarded" in gone, "Half a thought" in gone, f'action="{address}/draft"' in gone) == (True, False, True)
    back = client.get(client.post(f"{address}/draft", data={"restore": "1"}).headers["location"]).text
    assert ("Open a follow-up" in back, "Half a thought" in back) == (True, True)
    assert follow_up(closed, "A whole one").status_code == 303
    assert "Half a thought" not in client.get(address).text


@pytest.mark.usefixtures("agent")
def test_articles_are_found_and_linked_from_a_follow_up_without_scripts(client: TestClient, closed: int, comments: Comments) -> None:
    address = f"/desk/tickets/{closed}/follow-up"
    form = fields(client.get(address).text) | {"kind": "public", "body": "Read this.", "article_query": "burning printer"}
    found = client.post(f"{address}/draft", data=form | {"enter": "1"}).headers["location"]
    assert found == f"{address}?find=1"
    page = client.get(found).text
    assert ("Put out a burning printer" in page, "Read this." in page) == (True, True)
    assert client.post(address, data=form | {"article": "put-out-a-burning-printer"}).status_code == 303
    (message,) = comments(closed + 1)
    assert message.body.endswith("/articles/put-out-a-burning-printer")
    assert "linked in a reply" in client.get(f"/desk/tickets/{closed + 1}").text


@pytest.mark.usefixtures("agent")
def test_a_customers_follow_up_is_linked_as_well(client: TestClient, closed: int, stored: Stored) -> None:
    page = tracking_path(client.app.state.secret_key, closed, stored(closed).salt)
    sent = client.post(f"{page}/comments", data=fields(client.get(page).text) | {"body": "It is back."})
    assert sent.headers["location"].endswith("?sent=1")
    assert stored(closed + 1).follow_up_of_id == closed
    assert "Address not confirmed" in client.get(f"/desk/tickets/{closed + 1}").text


@pytest.mark.slow
def test_a_thousand_long_solved_tickets_close_in_one_cleaning(client: TestClient) -> None:
    database: Database = client.app.state.database
    long_ago = now() - timedelta(days=29)
    with database.write() as session:
        for number in range(1, 1001):
            create(session, NewTicket(email=f"{number % 50}@example.com", subject="Help", body="Please"), now=long_ago)
    ada = add_person(client, "ada@example.com")
    with database.write() as session:
        for number in range(1, 1001):
            change(session, number, {"status": "solved"}, ada, at=long_ago)
    make_worker(client.app.state.settings, database).clean(now())
    with database.read() as session:
        assert dict(session.execute(select(Ticket.status, func.count()).group_by(Ticket.status)).all()) == {"closed": 1000}


@pytest.mark.usefixtures("agent")
def test_a_draft_of_a_follow_up_changed_in_another_tab_leads_back_to_the_follow_up(client: TestClient, closed: int) -> None:
    address = f"/desk/tickets/{closed}/follow-up"
    first, second = fields(client.get(address).text), fields(client.get(address).text)
    assert f'data-draft-url="{address}/draft"' in client.get(address).text
    assert client.post(f"{address}/draft", data=first | {"body": "From the first tab"}).status_code == 204
    refused = client.post(f"{address}/draft", data=second | {"body": "From the second tab"})
    assert refused.status_code == 409
    assert f'formaction="{address}/draft"' in refused.text
    assert f'href="{address}?done=restored"' in refused.text
