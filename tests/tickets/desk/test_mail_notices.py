"""Whoever may read the audit log sees on the desk what is wrong with email; agents have other work."""

from sqlalchemy import insert
from starlette.testclient import TestClient

from kb.db import now
from kb.jobs.models import OutboxJob
from tests.cast import signed_in

NOT_SENT, UNDELIVERED = "Emails are not sent yet", "1 email could not be delivered"


def test_only_admins_read_that_emails_stay_on_the_server(client: TestClient) -> None:
    client.app.state.settings = client.app.state.settings.model_copy(update={"smtp_url": type(client.app.state.settings.smtp_url)("")})
    page = signed_in(client, "root@example.com", "admin").get("/desk").text
    assert NOT_SENT in page
    assert f"{client.app.state.settings.data}/mail" in page
    assert NOT_SENT not in signed_in(client, "ada@example.com").get("/desk").text


def test_only_admins_read_how_many_emails_could_not_be_delivered(client: TestClient) -> None:
    admin, agent = signed_in(client, "root@example.com", "admin"), signed_in(client, "ada@example.com")
    assert UNDELIVERED not in admin.get("/desk").text
    with client.app.state.database.write() as session:
        failed = {"kind": "mail.reply", "payload": {}, "created_at": now(), "due_at": now(), "failed_at": now(), "attempts": 3}
        session.execute(insert(OutboxJob), [failed])
    assert UNDELIVERED in admin.get("/desk").text
    assert UNDELIVERED not in agent.get("/desk").text
