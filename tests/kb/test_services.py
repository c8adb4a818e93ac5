"""The servers that tests stand on are really there."""

import urllib.request
from collections.abc import Callable
from email.message import EmailMessage
from smtplib import SMTP
from typing import Any

import pytest
from sqlalchemy import text

from kb.config import Settings
from kb.db import Database
from kb.migrations import require_current
from tests.services import LiveServer, Mailbox, MeilisearchServer


def test_each_database_arrives_migrated(database: Database) -> None:
    require_current(database)
    with database.read() as session:
        assert session.execute(text("SELECT count(*) FROM users")).scalar_one() == 0


@pytest.mark.slow
def test_meilisearch_answers(meilisearch: MeilisearchServer) -> None:
    with urllib.request.urlopen(f"{meilisearch.url}/health") as answer:
        assert answer.status == 200


def test_a_mail_arrives(smtp_server: Mailbox) -> None:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = "Hello", "a@example.com", "b@example.com"
    with SMTP(smtp_server.host, smtp_server.port) as connection:
        connection.send_message(mail)
    assert smtp_server.wait_for(1)[0]["subject"] == "Hello"


@pytest.mark.slow
def test_the_running_app_works_on_postgres(serve: Callable[[Settings], LiveServer], settings: Settings, empty_postgres_url: str) -> None:
    at_postgres = Settings(**(dict(settings) | {"database_url": empty_postgres_url}))
    server = serve(at_postgres)
    require_current(server.database)
    assert not server.database.is_sqlite


@pytest.mark.browser
def test_chromium_shows_a_page(page: Any, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/nowhere")
    assert "not found" in page.title().lower() or "not found" in page.content().lower()
