"""The log: a line for each event, and nothing in it that opens a door."""

import io
import logging

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from starlette.testclient import TestClient

from kb.config import Settings
from kb.db import Database
from kb.migrations import migrate
from kb.site.cli.terminal.logs import FORMAT, OneLine


def written(message: str, error: BaseException | None = None) -> list[str]:
    """The lines the log holds after one event."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(OneLine(FORMAT))
    log = logging.Logger("deskbook")
    log.addHandler(handler)
    log.error("%s", message, exc_info=error)
    return stream.getvalue().removesuffix("\n").split("\n")


@pytest.mark.parametrize("end", ["\n", "\r", "\x0b", "\x1b[2K", "\x85", "\u2028", "\x00", "\u202e", "\u2067", "\u200f", "\ud800"])
def test_what_was_typed_cannot_begin_a_line_of_its_own(end: str) -> None:
    (line,) = written(f"subject x{end}2026-01-01 ERROR deskbook: forged")
    assert end not in line
    assert line.endswith("ERROR deskbook: forged")


def test_words_of_any_language_stay_readable() -> None:
    assert written("Größe, 大きさ, 🚲")[0].endswith("Größe, 大きさ, 🚲")


def test_the_lines_of_a_traceback_are_indented() -> None:
    try:
        raise ValueError("x\n2026-01-01 00:00:00,000 ERROR deskbook: forged")
    except ValueError as error:
        first, *rest = written("it broke", error)
    assert first.endswith("ERROR deskbook: it broke")
    assert any("ValueError" in line for line in rest)
    assert [line for line in rest if not line.startswith("    ")] == []


def test_a_fault_on_a_page_behind_a_secret_link_does_not_tell_the_link(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    secret = "17-" + "5ec2e7" * 5 + "00"
    unbroken, client.app.state.secret_key = client.app.state.secret_key, None
    visitor = TestClient(client.app, headers={"user-agent": "Mozilla/5.0 (test)"}, raise_server_exceptions=False)
    for path in (f"/requests/{secret}", f"/requests/{secret}/attachments/{'f11e' * 8}/log.txt", f"/sign-in/link/{'70cen' * 8}"):
        client.app.state.database, kept = None, client.app.state.database
        answer = visitor.get(path)
        client.app.state.database = kept
        assert answer.status_code == 500, path
        number = answer.text.rpartition("<code>")[2].partition("<")[0]
        assert number in caplog.text
    client.app.state.secret_key = unbroken
    assert "/requests/{token}/attachments/{file}/log.txt" in caplog.text
    assert [word for word in ("5ec2e7", "f11ef11e", "70cen70cen") if word in caplog.text] == []


def test_an_error_of_the_database_does_not_repeat_what_was_stored(settings: Settings) -> None:
    database = Database(settings.database)
    migrate(database)
    insert = text("INSERT INTO api_keys (name, scope) VALUES (:name, :scope)")
    with pytest.raises(IntegrityError) as refused, database.write() as session:
        session.execute(insert, {"name": "a private word", "scope": "read"})
    database.close()
    assert "a private word" not in str(refused.value)
