"""Too many requests, and a database that does not take them."""

import re
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import event, func, select
from starlette.testclient import TestClient

from kb.config import Settings
from kb.db import Database
from kb.jobs.models import OutboxJob
from kb.site.app import create_app
from tests.cast import signed_in
from tests.tickets.conftest import ALICE, Send, fields
from tests.tickets.requests.test_open_a_request import rows
from tickets.creation import NewTicket, create
from tickets.models import Attachment, Comment, Ticket
from tickets.nonce import new_nonce

pytestmark = pytest.mark.at_noon


def file_another(client: TestClient, **changes: str) -> int:
    nonce = new_nonce(client.app.state.secret_key, datetime.now(UTC) - timedelta(minutes=1))
    return client.post("/requests", data=ALICE | {"nonce": nonce, "description": f"What now, {nonce[:8]}?"} | changes).status_code


def test_above_the_limit_requests_are_held_and_far_above_it_refused_with_the_text_kept(client: TestClient, settings: Settings, send: Send) -> None:
    client.app.state.settings = settings.model_copy(update={"requests_per_hour": 2})
    assert [file_another(client) for _ in range(20)] == [303] * 20
    assert [bool(ticket.suspended_reason) for ticket in rows(client, Ticket)] == [False] * 2 + [True] * 18
    answer = send()
    assert answer.status_code == 429
    assert "What now?" in answer.text
    assert len(rows(client, Ticket)) == 20


def test_one_address_gets_at_most_three_mails_an_hour_whoever_files(client: TestClient) -> None:
    for _ in range(6):
        file_another(client, subject="ZZMARK")
    assert len(rows(client, Ticket)) == 6
    jobs = rows(client, OutboxJob)
    assert len(jobs) == 3
    assert "ZZMARK" not in str([job.payload for job in jobs])


def test_a_held_request_takes_no_receipt_from_its_address(client: TestClient, settings: Settings) -> None:
    client.app.state.settings = settings.model_copy(update={"requests_per_hour": 2})
    assert [file_another(client) for _ in range(4)] == [303] * 4
    file_another(client, website="filled in by a machine")
    assert [bool(ticket.suspended_reason) for ticket in rows(client, Ticket)] == [False] * 2 + [True] * 3
    client.app.state.settings = settings.model_copy(update={"requests_per_hour": 100})
    assert [file_another(client) for _ in range(2)] == [303] * 2
    assert len(rows(client, OutboxJob)) == 3


def kept(page: str) -> list[str]:
    """Tokens of the files that a form still has."""
    return re.findall(r'name="kept" value="([^"]+)" checked', page)


@contextmanager
def locked(settings: Settings) -> Iterator[None]:
    other = sqlite3.connect(settings.data / "deskbook.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


@pytest.fixture
def impatient(client: TestClient) -> TestClient:
    """A client whose site waits for a locked database no longer than a moment."""
    client.app.state.recorder.flush()
    client.app.state.database.close()
    event.listen(client.app.state.database.engine, "connect", lambda driver, _entry: driver.execute("PRAGMA busy_timeout=50"))
    return client


def test_a_locked_database_is_said_and_what_was_typed_stays(impatient: TestClient, settings: Settings, send: Send) -> None:
    with locked(settings):
        answer = send(("log.txt", b"x"))
        assert impatient.get("/requests/new?subject=reading+goes+on").status_code == 200
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert "What now?" in answer.text
    assert "nothing was sent" in answer.text
    assert send(("log.txt", b"x")).status_code == 303
    assert len(rows(impatient, Ticket)) == 1


def test_a_locked_database_keeps_the_text_of_a_reply(impatient: TestClient, settings: Settings, send: Send) -> None:
    link = send().headers["location"].partition("?")[0]
    data = {"body": "Kept words", "nonce": new_nonce(impatient.app.state.secret_key, datetime.now(UTC))}
    with locked(settings):
        answer = impatient.post(f"{link}/comments", data=data)
    assert answer.status_code == 503
    assert "Kept words" in answer.text
    assert impatient.post(f"{link}/comments", data=data).status_code == 303


def test_a_locked_database_keeps_the_text_of_an_agents_reply(impatient: TestClient, settings: Settings, send: Send) -> None:
    send()
    agent = signed_in(impatient, "ada@example.com", name="Ada")
    data = fields(agent.get("/desk/tickets/1").text) | {"body": "Kept words", "kind": "public"}
    with locked(settings):
        answer = agent.post("/desk/tickets/1/comments", data=data)
    assert (answer.status_code, "Kept words" in answer.text) == (503, True)
    assert agent.post("/desk/tickets/1/comments", data=data).status_code == 303


def test_a_file_sent_before_survives_a_locked_database(impatient: TestClient, settings: Settings, send: Send) -> None:
    [token] = kept(send(("log.txt", b"x"), subject="").text)
    with locked(settings):
        answer = send(kept=token)
        another = send(("more.txt", b"y"), kept=token)
    assert (answer.status_code, kept(answer.text)) == (503, [token])
    assert "Add your files again" not in answer.text
    assert "Add your files again" in another.text
    assert send(kept=token).status_code == 303
    assert [file.name for file in rows(impatient, Attachment)] == ["log.txt"]


def test_a_refused_request_and_one_taken_back_keep_their_files(client: TestClient, settings: Settings, send: Send, nonce: str) -> None:
    [token] = kept(send(("log.txt", b"x"), subject="").text)
    solved = {"nonce": nonce, "kept": token, "solved": "nothing-of-that-name"}
    assert kept(client.post("/requests/deflections/withdrawal", data=ALICE | solved).text) == [token]
    client.app.state.settings = settings.model_copy(update={"requests_per_hour": 1})
    assert {file_another(client) for _ in range(10)} == {303}
    answer = send(kept=token)
    assert (answer.status_code, kept(answer.text)) == (429, [token])


def test_a_reply_that_comes_back_without_its_files_says_so(client: TestClient, send: Send) -> None:
    link = send().headers["location"].partition("?")[0]
    answer = client.post(f"{link}/comments", data={"body": "Kept words", "nonce": "x"}, files=[("files", ("a.txt", b"a"))])
    assert answer.status_code == 403
    assert "Add your files again" in answer.text


def test_a_request_from_an_old_page_comes_back_and_asks_only_for_files_it_had(client: TestClient, send: Send) -> None:
    bare, with_file = send(nonce="x"), send(("a.txt", b"a"), nonce="x")
    assert (bare.status_code, with_file.status_code) == (403, 403)
    assert ALICE["description"] in bare.text
    assert ("Add your files again" in bare.text, "Add your files again" in with_file.text) == (False, True)


def test_nobody_fills_the_disk_with_forms_that_are_never_sent(client: TestClient, settings: Settings, send: Send) -> None:
    client.app.state.settings = settings.model_copy(update={"requests_per_hour": 1})
    statuses = [send((f"{n}.bin", bytes([n]) * 9_000_000), subject="").status_code for n in range(4)]
    assert statuses == [422, 422, 429, 429]
    assert len(list((settings.data / "attachments").glob("*/*"))) == 2
    assert "Send it without files" in send(("a.bin", b"a")).text
    assert send().status_code == 303


def test_a_full_database_stores_nothing_and_recovers(client: TestClient, settings: Settings, send: Send) -> None:
    client.app.state.recorder.flush()
    limits = [1]
    event.listen(client.app.state.database.engine, "checkout", lambda driver, *_: driver.execute(f"PRAGMA max_page_count={limits[-1]}"))
    answer = send(description="x" * 60_000)
    assert answer.status_code == 503
    assert "nothing was sent" in answer.text
    limits.append(1_000_000)
    assert send(description="x" * 60_000).status_code == 303
    with client.app.state.database.read() as session:
        assert session.connection().exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


def test_twins_of_one_form_make_one_ticket_on_either_database(database: Database) -> None:
    def file(_: int) -> tuple[int, bool]:
        with database.write() as session:
            opened = create(session, NewTicket(email="alice@example.com", subject="s", body="b", nonce="n" * 32), now=datetime.now(UTC))
        return opened.id, opened.is_new

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(file, range(10)))
    assert len({number for number, _ in answers}) == 1
    assert sum(is_new for _, is_new in answers) == 1
    with database.read() as session:
        assert session.execute(select(func.count()).select_from(Comment)).scalar_one() == 1


@pytest.mark.slow
def test_the_same_story_on_postgresql(settings: Settings, postgres_url: str) -> None:
    app = create_app(settings.model_copy(update={"database_url": SecretStr(postgres_url)}))
    with TestClient(app, headers={"user-agent": "Mozilla/5.0 (test)"}, follow_redirects=False) as client:
        nonce = new_nonce(app.state.secret_key, datetime.now(UTC) - timedelta(minutes=1))
        assert client.post("/requests", data=ALICE | {"nonce": nonce, "subject": ""}, files=[("files", ("a.txt", b"a"))]).status_code == 422

        def send(_: int) -> str:
            return client.post("/requests", data=ALICE | {"nonce": nonce}, files=[("files", ("a.txt", b"a"))]).headers["location"]

        with ThreadPoolExecutor(10) as pool:
            [link] = set(pool.map(send, range(10)))
        here = link.partition("?")[0]
        assert "a.txt" in client.get(link).text
        assert client.post(f"{here}/resolution").status_code == 303
        reply = {"body": "More", "nonce": new_nonce(app.state.secret_key, datetime.now(UTC))}
        with ThreadPoolExecutor(5) as pool:
            assert set(pool.map(lambda _: client.post(f"{here}/comments", data=reply).status_code, range(5))) == {303}
        [ticket] = rows(client, Ticket)
        assert ticket.status == "open"
        assert [comment.body for comment in rows(client, Comment)] == [ALICE["description"], "More"]
