"""Writing on a ticket."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from starlette.testclient import TestClient

from kb.accounts.models import User
from kb.config import Settings
from kb.db import now
from kb.jobs.models import OutboxJob
from kb.site.app import create_app
from tests.cast import add_person, change, customer_writes, sign_in
from tests.tickets.desk.conftest import Refused, Write
from tickets.creation import NewTicket, create
from tickets.models import Comment, Ticket
from tickets.nonce import new_nonce
from tickets.tracking import tracking_path

OpenTicket = Callable[..., int]
Stored = Callable[[int], Ticket]
Comments = Callable[[int], list[Comment]]


def _mails(client: TestClient) -> list[str]:
    with client.app.state.database.read() as session:
        return [job.kind for job in session.scalars(select(OutboxJob).order_by(OutboxJob.id)) if job.kind != "mail.staff_notice"]


@pytest.mark.parametrize("smtp_url", ["", "smtp://mail.example.com"])
def test_the_composer_says_whether_a_reply_is_mailed(settings: Settings, smtp_url: str) -> None:
    with TestClient(create_app(settings.model_copy(update={"smtp_url": SecretStr(smtp_url)})), follow_redirects=False) as client:
        sign_in(client, add_person(client, "ada@example.com"))
        with client.app.state.database.write() as session:  # type: ignore[attr-defined]
            number = create(session, NewTicket(email="alice@example.com", subject="Smoke", body="What now?"), now=now()).id
        page = client.get(f"/desk/tickets/{number}").text
    assert ("gets this by email" in page, "No email is sent because" in page) == (bool(smtp_url), not smtp_url)


def test_a_reply_is_stored_mailed_and_takes_the_ticket(client: TestClient, agent: User, opened: OpenTicket, stored: Stored, write: Write) -> None:
    number = opened()
    assert write(number, "Pull the plug.", status="pending").headers["location"] == f"/desk/tickets/{number}?done=sent&of={number}"
    ticket = stored(number)
    assert (ticket.status, ticket.assignee_id) == ("pending", agent.id)
    assert _mails(client) == ["mail.request_received", "mail.agent_replied"]
    assert "Pull the plug." in client.get(f"/desk/tickets/{number}").text


@pytest.mark.usefixtures("agent")
@pytest.mark.parametrize("kind", ["", "nte", "Public", "xx"])
def test_what_is_not_certainly_for_the_customer_stays_a_note(opened: OpenTicket, comments: Comments, write: Write, kind: str) -> None:
    number = opened()
    write(number, "For colleagues", kind=kind)
    assert (comments(number)[-1].body, comments(number)[-1].is_public) == ("For colleagues", False)


@pytest.mark.usefixtures("agent")
def test_a_note_is_seen_by_agents_only(client: TestClient, opened: OpenTicket, stored: Stored, write: Write) -> None:
    number = opened()
    write(number, "NOTE-7f3a", ("secret.txt", b"NOTE-7f3a"), kind="note")
    page = client.get(f"/desk/tickets/{number}").text
    assert "NOTE-7f3a" in page
    assert "only agents see this" in page
    assert _mails(client) == ["mail.request_received"]
    ticket = stored(number)
    path = tracking_path(client.app.state.secret_key, number, ticket.salt)
    tracked = client.get(path).text
    assert "NOTE-7f3a" not in tracked
    assert "secret.txt" not in tracked
    link = page.partition(f'href="/desk/tickets/{number}/attachments/')[2].partition('"')[0]
    assert client.get(f"/desk/tickets/{number}/attachments/{link}").content == b"NOTE-7f3a"
    assert client.get(f"{path}/attachments/{link}").status_code == 404


@pytest.mark.usefixtures("agent")
def test_the_same_form_sent_twice_is_one_reply(opened: OpenTicket, comments: Comments, write: Write, client: TestClient) -> None:
    number = opened()
    nonce = new_nonce(client.app.state.secret_key, now())
    answers = [write(number, "Once.", nonce=nonce, version="1") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [303, 303, 303]
    assert [comment.body for comment in comments(number)] == ["It smells.\nWhat now?", "Once."]


@pytest.mark.usefixtures("agent")
def test_a_held_ticket_that_is_answered_is_held_no_longer(client: TestClient, opened: OpenTicket, stored: Stored, write: Write) -> None:
    number = opened(suspended_reason="the trap was filled in")
    assert "The ticket will be released" in client.get(f"/desk/tickets/{number}").text
    write(number, "Is it spam?", kind="note")
    assert stored(number).suspended_reason
    write(number, "Pull the plug.")
    assert stored(number).suspended_reason is None
    assert f"/desk/tickets/{number}?" in client.get("/desk/views/mine").text


@pytest.mark.usefixtures("agent")
def test_a_reply_to_what_has_changed_stops_with_the_text_kept(
    client: TestClient, opened: OpenTicket, comments: Comments, write: Write, refused: Refused
) -> None:
    number = opened()
    with client.app.state.database.write() as session:
        customer_writes(session, number, "It is solved, thank you!")
    page = refused(write(number, "Please pull the plug.", version="1"))
    assert "Please pull the plug." in page
    assert "It is solved, thank you!" in page
    assert page.count("New since your draft") == 1
    assert len(comments(number)) == 2
    assert write(number, "Please pull the plug.").status_code == 303
    assert len(comments(number)) == 3


@pytest.mark.usefixtures("agent")
def test_a_note_is_never_refused_for_being_late(opened: OpenTicket, comments: Comments, write: Write, refused: Refused) -> None:
    number = opened()
    write(number, "First.", status="pending")
    assert write(number, "Late note.", kind="note", version="1").status_code == 303
    assert "Late note that sets a status." in refused(write(number, "Late note that sets a status.", kind="note", version="1", status="hold"))
    assert [comment.body for comment in comments(number)][1:] == ["First.", "Late note."]


@pytest.mark.usefixtures("agent")
def test_what_cannot_be_sent_comes_back_with_everything_typed(opened: OpenTicket, comments: Comments, write: Write, refused: Refused) -> None:
    number = opened()
    assert "Enter your message." in refused(write(number, "  \u200b "))
    assert "x" * 64_001 in refused(write(number, "x" * 64_001))
    assert "Kept words" in refused(write(number, "Kept words", ("empty.txt", b"")))
    page = refused(write(number, "Kept words", status="closed", kind="note"))
    assert "Kept words" in page
    assert 'value="note" checked' in page
    assert "Kept words" in refused(write(number, "Kept words", nonce="forged"))
    assert len(comments(number)) == 1


@pytest.mark.usefixtures("agent")
def test_a_closed_ticket_takes_notes_but_no_reply(client: TestClient, opened: OpenTicket, comments: Comments, write: Write, refused: Refused) -> None:
    number = opened()
    with client.app.state.database.write() as session:
        change(session, number, {"status": "closed"})
    assert "Open a follow-up" in refused(write(number, "Too late."))
    assert write(number, "For the record.", kind="note").status_code == 303
    assert [comment.is_public for comment in comments(number)] == [True, False]


@pytest.mark.usefixtures("agent")
def test_sending_leads_on_to_the_next_ticket_of_the_view(client: TestClient, opened: OpenTicket, write: Write) -> None:
    first, second = opened(at=now() - timedelta(hours=2)), opened(at=now() - timedelta(hours=1))
    query = "?view=unassigned&order=waiting"
    following = write(first, "Done.", query=query, goes_on="1", status="solved").headers["location"]
    assert following == f"/desk/tickets/{second}{query}&done=sent&of={first}"
    assert f"Your reply to #{first} was sent" in client.get(following).text
    view = write(second, "Done.", query=query, goes_on="1", kind="note", status="solved").headers["location"]
    assert view == f"/desk/views/unassigned?order=waiting&done=noted&of={second}"
    assert f"Your note on #{second} was added" in client.get(view).text
