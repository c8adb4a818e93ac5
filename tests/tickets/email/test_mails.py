"""Outgoing mail: what it says, to whom, and what happens when it cannot be delivered."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from starlette.testclient import TestClient

from kb.config import Settings
from kb.db import now
from kb.jobs import outbox
from kb.jobs.models import OutboxJob
from kb.jobs.worker import Job, PermanentFailure, Worker
from kb.site.worker_setup import make_worker
from tests.cast import add_person, agent_writes
from tests.services import Mailbox
from tickets.creation import NewTicket, create
from tickets.email.composition import Letter, compose
from tickets.models import Ticket

pytestmark = pytest.mark.at_noon

MARK = "ZZMARK"
JOB = Job(7, "mail.test", {}, None, 0, datetime(2026, 5, 1, 12, tzinfo=UTC))


def _open(client: TestClient, email: str = "alice@example.com", subject: str = f"{MARK} subject") -> int:
    with client.app.state.database.write() as session:
        new = NewTicket(email=email, name=f"{MARK} name", subject=subject, body=f"{MARK} body")
        return create(session, new, now=now()).id


def _reply(client: TestClient, ticket_id: int, body: str, *, is_note: bool = False) -> None:
    database = client.app.state.database
    author = add_person(client, f"agent{ticket_id}@example.com", name="Ada")
    with database.write() as session:
        agent_writes(session, ticket_id, body, author, is_public=not is_note)


def _work(client: TestClient, moment: datetime | None = None) -> None:
    worker: Worker = make_worker(client.app.state.settings, client.app.state.database, client.app.state.templates)
    while worker.run_once(moment or now()):
        pass


def _kept(settings: Settings) -> list[EmailMessage]:
    return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in sorted(Path(settings.data / "mail").glob("*.eml"))]


def _jobs(client: TestClient) -> list[OutboxJob]:
    with client.app.state.database.read() as session:
        return list(session.scalars(select(OutboxJob).order_by(OutboxJob.id)))


@pytest.fixture
def mailing(settings: Settings, smtp_server: Mailbox) -> Settings:
    return settings.model_copy(update={"smtp_url": SecretStr(smtp_server.url), "base_url": "https://help.example.com"})


@pytest.fixture
def over_smtp(mailing: Settings) -> Callable[[TestClient], None]:
    def work(client: TestClient) -> None:
        worker = make_worker(mailing, client.app.state.database, client.app.state.templates)
        while worker.run_once(now()):
            pass

    return work


def test_without_a_mail_server_mails_lie_in_a_folder(client: TestClient, settings: Settings) -> None:
    number = _open(client)
    _work(client)
    (mail,) = _kept(settings)
    assert mail["To"] == "alice@example.com"
    assert mail["Subject"] == f"[#{number}] We received your request"
    assert _jobs(client)[0].done_at is not None


def test_the_receipt_holds_the_tracking_link_and_no_word_of_the_strangers(client: TestClient, settings: Settings) -> None:
    _open(client)
    _work(client)
    (mail,) = _kept(settings)
    assert MARK not in mail.as_string()
    link = re.search(r"http://127.0.0.1:8000(/requests/\S+)", mail.get_content())
    assert link is not None
    assert f"{MARK} subject" in client.get(link[1]).text
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["X-Auto-Response-Suppress"] == "All"


def test_a_flood_for_a_strangers_address_sends_them_three_mails(client: TestClient, settings: Settings) -> None:
    for _ in range(10):
        _open(client, "victim@example.com")
    _work(client)
    assert len(_kept(settings)) == 3


def test_a_reply_is_mailed_and_threaded_with_the_receipt(client: TestClient, smtp_server: Mailbox, over_smtp: Callable[[TestClient], None]) -> None:
    number = _open(client, subject="The printer is on fire")
    _reply(client, number, "Pull the plug.\n\n.\nA line with a lone dot stays.")
    over_smtp(client)
    receipt, reply = smtp_server.wait_for(2)
    assert reply["Subject"] == f"[#{number}] Re: The printer is on fire"
    assert "Pull the plug.\n\n.\nA line with a lone dot stays." in reply.get_content().replace("\r\n", "\n")
    assert f"https://help.example.com/requests/{number}-" in reply.get_content()
    assert receipt["References"] == reply["References"]
    assert reply["Auto-Submitted"] is None
    assert smtp_server.recipients == [["alice@example.com"]] * 2


def test_an_internal_note_is_never_mailed(client: TestClient, settings: Settings) -> None:
    number = _open(client)
    _reply(client, number, "NOTE-7f3a", is_note=True)
    with client.app.state.database.write() as session:
        outbox.enqueue(session, "mail.agent_replied", {"ticket_id": number, "comment_id": 2}, ticket_id=number, now=now())
    _work(client)
    assert [mail["Subject"] for mail in _kept(settings)] == [f"[#{number}] We received your request"]


def test_a_subject_cannot_grow_a_header(client: TestClient, smtp_server: Mailbox, over_smtp: Callable[[TestClient], None]) -> None:
    number = _open(client, subject="hi\r\nBcc: evil@example.com\nX: \x00\x1b[31m")
    _reply(client, number, "Answer")
    over_smtp(client)
    reply = smtp_server.wait_for(2)[1]
    assert reply["Bcc"] is None
    assert smtp_server.recipients == [["alice@example.com"]] * 2
    assert reply["Subject"] == f"[#{number}] Re: hi Bcc: evil@example.com X: [31m"


@pytest.mark.parametrize("address", ["a@example.com, evil@example.com", "a@example.com\r\nBcc: evil@example.com", '"x" <evil@example.com>, a@example.com'])
def test_a_recipient_that_reads_as_two_is_never_sent_to(settings: Settings, address: str) -> None:
    with pytest.raises((PermanentFailure, ValueError)):
        compose(settings, JOB, Letter(address, "Hello", "Text"))


def test_the_message_id_is_the_same_however_often_a_mail_is_made(settings: Settings) -> None:
    letter = Letter("a@example.com", "Hello", "Text")
    assert compose(settings, JOB, letter) == compose(settings, JOB, letter)


def test_a_busy_server_is_tried_again_and_the_mail_is_not_lost(client: TestClient, smtp_server: Mailbox, mailing: Settings) -> None:
    number = _open(client)
    smtp_server.refuse_with = "451 greylisted, try later"
    worker = make_worker(mailing, client.app.state.database, client.app.state.templates)
    worker.run_once(now())
    (job,) = _jobs(client)
    assert (job.attempts, job.failed_at) == (1, None)
    assert "greylisted" in str(job.last_error)
    smtp_server.refuse_with = ""
    worker.run_once(now() + timedelta(minutes=2))
    assert smtp_server.wait_for(1)[0]["Subject"] == f"[#{number}] We received your request"


@pytest.mark.parametrize("words", ["421 too many connections", "500 what?"])
def test_a_mail_that_was_taken_is_not_sent_again_whatever_the_server_parts_with(
    client: TestClient, smtp_server: Mailbox, over_smtp: Callable[[TestClient], None], words: str
) -> None:
    _open(client)
    smtp_server.part_with = words
    over_smtp(client)
    (job,) = _jobs(client)
    assert (job.done_at is None, job.last_error) == (False, None)
    assert len(smtp_server.messages) == 1


def test_a_mail_refused_for_good_is_given_up_with_the_servers_words(client: TestClient, smtp_server: Mailbox, over_smtp: Callable[[TestClient], None]) -> None:
    number = _open(client)
    smtp_server.refuse_with = "550 5.1.1 no such mailbox"
    over_smtp(client)
    (job,) = _jobs(client)
    assert job.failed_at is not None
    assert job.last_error == "550 5.1.1 no such mailbox"
    with client.app.state.database.read() as session:
        assert session.get(Ticket, number) is not None


def test_no_server_at_all_keeps_the_mail_waiting(client: TestClient, settings: Settings) -> None:
    _open(client)
    gone = settings.model_copy(update={"smtp_url": SecretStr("smtp://127.0.0.1:9")})
    make_worker(gone, client.app.state.database, client.app.state.templates).run_once(now())
    (job,) = _jobs(client)
    assert job.failed_at is None
    assert job.last_error == "No mail server accepts connections at 127.0.0.1, port 9."


def test_a_mailed_link_signs_in_and_is_stored_nowhere(client: TestClient, settings: Settings) -> None:
    add_person(client, "ada@example.com")
    client.post("/sign-in/link", data={"email": "ada@example.com"})
    client.post("/sign-in/link", data={"email": "nobody@example.com"})
    _work(client)
    (mail,) = _kept(settings)
    link = re.search(r"/sign-in/link/(\S+)", mail.get_content())
    assert link is not None
    assert all(link[1].encode() not in path.read_bytes() for path in settings.data.glob("deskbook.sqlite*"))
    assert client.post(link[0]).status_code == 303
    assert client.get("/account").status_code == 200
