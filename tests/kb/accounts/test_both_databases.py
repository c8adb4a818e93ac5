"""The acts of an account's life, from the front door, on SQLite and on PostgreSQL."""

import re
from collections.abc import Iterator

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from starlette.testclient import TestClient

from kb.accounts.audit_log.models import AuditRecord
from kb.config import Settings
from kb.db import now
from kb.site.app import create_app
from kb.site.worker_setup import make_worker
from tests.cast import signed_in


@pytest.fixture
def client(settings: Settings, database_url: str) -> Iterator[TestClient]:
    app = create_app(settings.model_copy(update={"database_url": SecretStr(database_url)}))
    with TestClient(app, headers={"user-agent": "Mozilla/5.0 (test)"}, follow_redirects=False) as client:
        yield client


def _links(client: TestClient) -> list[str]:
    """The paths in all mails written so far, the oldest first, after doing the work that waits."""
    state = client.app.state
    while make_worker(state.settings, state.database, state.templates).run_once(now()):
        pass
    files = sorted((state.settings.data / "mail").glob("*.eml"), key=lambda file: int(re.search(r"job-(\d+)", file.name)[1]))
    return [match[0] for file in files if (match := re.search(r"/(sign-in/link|account/address)/[\w-]{43}", file.read_text().replace("=\n", "")))]


def test_an_account_is_invited_used_changed_and_closed(client: TestClient) -> None:
    boss = signed_in(client, "boss@example.com", "admin")
    boss.post("/desk/people", data={"email": "kim@example.com", "role": "agent"})
    kim = TestClient(client.app, follow_redirects=False)
    assert kim.post(_links(client)[-1]).headers["location"] == "/account"
    kim.post("/account/password", data={"password": "a quiet harbour"})
    kim.post("/account/address", data={"email": "kim@example.org"})
    assert kim.post(_links(client)[-1]).headers["location"] == "/account?saved=new-address"
    phone = TestClient(client.app, follow_redirects=False)
    assert phone.post("/sign-in", data={"email": "kim@example.org", "password": "wrong"}).status_code == 422
    assert phone.post("/sign-in", data={"email": "kim@example.org", "password": "a quiet harbour"}).status_code == 303
    assert kim.post("/account/sessions/revocation", data={"keep": "this"}).status_code == 303
    assert (kim.get("/account").status_code, phone.get("/account").status_code) == (200, 303)
    boss.post("/desk/people/2/role", data={"role": "admin"})
    boss.post("/desk/people/2/disablement")
    assert kim.get("/account").status_code == 303
    page = boss.get("/desk/audit-log?person=kim")
    assert page.status_code == 200
    with client.app.state.database.read() as session:
        kinds = list(session.scalars(select(AuditRecord.kind).order_by(AuditRecord.id)))
    expected = ["sign_in", "person_added", "invitation_sent", "sign_in", "password_changed", "address_changed", "sign_in_failed", "sign_in"]
    assert kinds == [*expected, "sessions_ended", "role_changed", "person_disabled"]


def test_a_new_address_that_was_taken_meanwhile_is_refused(client: TestClient) -> None:
    ada = signed_in(client, "ada@example.com")
    ada.post("/account/address", data={"email": "new@example.com"})
    (link,) = _links(client)
    signed_in(client, "new@example.com")
    assert ada.post(link).status_code == 409
    assert "ada@example.com" in ada.get("/account").text
