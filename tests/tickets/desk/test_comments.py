"""Writing on a ticket."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from httpx2 import Response
from pydantic import SecretStr
from sqlalchemy import select
from starlette.testclient import TestClient

from kb.accounts.models import User
from kb.app import create_app
from kb.config import Settings
from kb.db import now
from kb.jobs.models import OutboxJob
from tests.cast import add_person, change, customer_writes, sign_in
from tickets.creation import NewTicket, create
from tickets.models import Comment, Ticket
from tickets.nonce import new_nonce
from tickets.tracking import tracking_path

OpenTicket = Callable[..., int]
Stored = Callable[[int], Ticket]
Comments = Callable[[int], list[Comment]]
Write = Callable[..., Response]


@pytest.fixture
def write(client: TestClient, stored: Stored) -> Write:
    """Sends the composer of a ticket as its page shows it now, with what is named changed."""

    def write(number: int, body: str, *files: tuple[str, bytes], query: str = "", **changes: Any) -> Response:
        nonce = new_nonce(client.app.state.secret_key, datetime.now(UTC))
        data = {"nonce": nonce, "version": str(stored(number).version), "kind": "public", "body": body, "status": ""} | changes
        return client.post(f"/desk/tickets/{number}/comments{query}", data=data, files=[("files", file) for file in files] or None)

    return write


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
    assert ("gets this by mail" in page, "No mail goes out" in page) == (bool(smtp_url), not smtp_url)


def test_a_reply_is_stored_mailed_and_takes_the_ticket(client: TestClient, agent: User, opened: OpenTicket, stored: Stored, write: Write) -> None:
    number = opened()
    assert write(number, "Pull the plug.", status="pending").headers["location"] == f"/desk/tickets/{number}?done=sent&of={number}#latest"
    ticket = stored(number)
    assert (ticket.status, ticket.assignee_id) == ("pending", agent.id)
    assert _mails(client) == ["mail.request_received", "mail.agent_replied"]
    assert "Pull the plug." in client.get(f"/desk/tickets/{number}").text


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
    assert "It is no longer held" in client.get(f"/desk/tickets/{number}").text
    write(number, "Is it spam?", kind="note")
    assert stored(number).suspended_reason
    write(number, "Pull the plug.")
    assert stored(number).suspended_reason is None
    assert f"/desk/tickets/{number}?" in client.get("/desk/views/mine").text


@pytest.mark.usefixtures("agent")
def test_a_reply_to_what_has_changed_stops_with_the_text_kept(client: TestClient, opened: OpenTicket, stored: Stored, comments: Comments, write: Write) -> None:
    number = opened()
    with client.app.state.database.write() as session:
        customer_writes(session, number, "It is solved, thank you!")
    stale = write(number, "Please pull the plug.", version="1")
    assert stale.status_code == 409
    assert "Please pull the plug." in stale.text
    assert "It is solved, thank you!" in stale.text
    assert len(comments(number)) == 2
    assert write(number, "Please pull the plug.").status_code == 303


@pytest.mark.usefixtures("agent")
def test_a_note_is_never_refused_for_being_late(opened: OpenTicket, comments: Comments, write: Write) -> None:
    number = opened()
    write(number, "First.", status="pending")
    assert write(number, "Late note.", kind="note", version="1").status_code == 303
    assert write(number, "Late note that sets a status.", kind="note", version="1", status="hold").status_code == 409
    assert [comment.body for comment in comments(number)][1:] == ["First.", "Late note."]


@pytest.mark.usefixtures("agent")
def test_what_cannot_be_sent_comes_back_with_everything_typed(opened: OpenTicket, comments: Comments, write: Write) -> None:
    number = opened()
    assert write(number, "  \u200b ").status_code == 422
    assert write(number, "x" * 64_001).status_code == 422
    assert write(number, "Kept words", ("empty.txt", b"")).status_code == 422
    refused = write(number, "Kept words", status="closed", kind="note")
    assert refused.status_code == 422
    assert "Kept words" in refused.text
    assert 'value="note" checked' in refused.text
    forged = write(number, "Kept words", nonce="forged")
    assert forged.status_code == 403
    assert "Kept words" in forged.text
    assert len(comments(number)) == 1


@pytest.mark.usefixtures("agent")
def test_a_page_that_comes_back_without_its_files_says_so(client: TestClient, opened: OpenTicket, stored: Stored, write: Write) -> None:
    number, log = opened(), ("log.txt", b"it broke")
    with client.app.state.database.write() as session:
        customer_writes(session, number, "Are you there?")
    for answer in (
        write(number, " ", log),
        write(number, "Kept words", log, version="1"),
        write(number, "Kept words", log, nonce="forged"),
        write(number, "Kept words", log, status="closed", kind="note"),
        write(number, "Kept words", log, find_articles="1"),
    ):
        assert "Choose your files again" in answer.text, answer.status_code
    assert "Choose your files again" not in write(number, " ").text


@pytest.mark.usefixtures("agent")
def test_a_closed_ticket_takes_notes_but_no_reply(client: TestClient, opened: OpenTicket, comments: Comments, write: Write) -> None:
    number = opened()
    with client.app.state.database.write() as session:
        change(session, number, {"status": "closed"})
    assert write(number, "Too late.").status_code == 422
    assert write(number, "For the record.", kind="note").status_code == 303
    assert [comment.is_public for comment in comments(number)] == [True, False]


@pytest.mark.usefixtures("agent")
def test_sending_leads_on_to_the_next_ticket_of_the_view(client: TestClient, opened: OpenTicket, write: Write) -> None:
    first, second = opened(at=now() - timedelta(hours=2)), opened(at=now() - timedelta(hours=1))
    query = "?view=unassigned&order=waiting"
    following = write(first, "Done.", query=query, goes_on="1", status="solved").headers["location"]
    assert following == f"/desk/tickets/{second}{query}&done=sent&of={first}"
    assert f"Your reply to #{first} is on its way" in client.get(following).text
    view = write(second, "Done.", query=query, goes_on="1", kind="note", status="solved").headers["location"]
    assert view == f"/desk/views/unassigned?order=waiting&done=noted&of={second}"
    assert f"Your note on #{second} is added" in client.get(view).text
