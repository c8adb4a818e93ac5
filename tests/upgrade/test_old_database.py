"""The old database that upgrades are tried on is like a real one: today's Deskbook opens it."""

from collections.abc import Iterator
from contextlib import closing
from html import unescape

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from starlette.testclient import TestClient

from kb.config import Settings
from kb.db import Database
from kb.migrations import migrate, schema_of
from kb.site.app import create_app
from tests.upgrade.old_database import ADMIN, API_KEY, PASSWORD, REVISION, TABLES, batches, make_old_database
from tests.upgrade.old_tickets import PRIORITIES, STATUSES, TYPES, VIAS

TICKETS = 60


@pytest.fixture
def old(empty: str, settings: Settings) -> str:
    """The address of an old database; the contents of its files are under `settings.data`."""
    make_old_database(empty, TICKETS, files=settings.data / "attachments")
    return empty


@pytest.fixture
def client(old: str, settings: Settings) -> Iterator[TestClient]:
    """Today's app on the old database."""
    with closing(Database(old)) as database:
        migrate(database)
    app = create_app(settings.model_copy(update={"database_url": SecretStr(old)}))
    with TestClient(app, headers={"user-agent": "Mozilla/5.0 (test)"}, follow_redirects=False) as client:
        yield client


def test_every_table_has_rows_and_every_closed_list_all_of_its_words(old: str) -> None:
    with closing(Database(old)) as database, database.read() as session:
        assert schema_of(database) == REVISION
        assert [table for table in TABLES if not session.scalar(text(f'SELECT count(*) FROM "{table}"'))] == []
        for column, words in {"status": STATUSES, "priority": PRIORITIES, "type": TYPES, "via": VIAS}.items():
            assert set(session.scalars(text(f"SELECT DISTINCT {column} FROM tickets"))) == set(words)


def test_the_rows_are_the_same_every_time() -> None:
    def rows(seed: int) -> list[str]:
        return [repr(batch) for _, batch in batches(20, seed)]

    assert rows(1) == rows(1)
    assert rows(1) != rows(2)


def test_the_desk_shows_every_old_ticket(client: TestClient) -> None:
    _sign_in(client)
    for number in range(1, TICKETS + 1):
        page = client.get(f"/desk/tickets/{number}")
        assert page.status_code == 200
        assert _first_line(client, number) in unescape(page.text)
    assert client.get("/desk").status_code == 200
    assert client.get("/desk/views/all?order=changed").status_code == 200


def test_an_old_key_reads_old_tickets_and_files_the_next_one(client: TestClient) -> None:
    bearer = {"Authorization": f"Bearer {API_KEY}"}
    shown = client.get("/api/tickets/7?include=comments", headers=bearer)
    assert shown.status_code == 200
    assert len(shown.json()["comments"]) >= 1
    posted = {"ticket": {"subject": "New", "comment": {"body": "One more"}, "requester": {"email": "customer1@example.org"}}}
    created = client.post("/api/tickets", json=posted, headers=bearer)
    assert created.status_code == 201
    assert created.json()["ticket"]["id"] == TICKETS + 1


def test_an_old_file_is_still_there(client: TestClient) -> None:
    _sign_in(client)
    with client.app.state.database.read() as session:
        ticket, token, size = session.execute(text("SELECT ticket_id, token, size FROM attachments WHERE comment_id IS NOT NULL ORDER BY id")).first()
    page = client.get(f"/desk/tickets/{ticket}").text
    address = next(part for part in page.split('"') if token in part)
    file = client.get(address)
    assert (file.status_code, len(file.content)) == (200, size)


def _sign_in(client: TestClient) -> None:
    answer = client.post("/sign-in", data={"email": ADMIN, "password": PASSWORD}, headers={"sec-fetch-site": "same-origin"})
    assert answer.status_code == 303, answer.text


def _first_line(client: TestClient, number: int) -> str:
    with client.app.state.database.read() as session:
        body: str = session.scalar(text("SELECT body FROM comments WHERE ticket_id = :number ORDER BY id"), {"number": number})
    return body.splitlines()[0].strip()[:40]
