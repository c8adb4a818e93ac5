"""Mails to the owner of an account, and invitations."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
import time_machine
from click.testing import CliRunner
from sqlalchemy import select
from starlette.testclient import TestClient

from kb.accounts import people
from kb.accounts.audit_log.models import AuditRecord
from kb.accounts.authentication import passwords
from kb.accounts.models import User
from kb.config import Settings
from kb.db import now
from kb.jobs.models import OutboxJob
from kb.site.cli import main
from kb.site.worker_setup import make_worker
from tests.cast import add_person, sign_in, signed_in

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:142.0) Gecko/20100101 Firefox/142.0"


def _mails(client: TestClient) -> list[EmailMessage]:
    """All mails written so far, the oldest first, after doing the work that waits."""
    state = client.app.state
    while make_worker(state.settings, state.database, state.templates).run_once(now()):
        pass
    files = sorted((state.settings.data / "mail").glob("*.eml"), key=lambda file: int(re.search(r"job-(\d+)", file.name)[1]))
    return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]


def _link(mail: EmailMessage) -> str:
    return re.search(r"http://[^/]+(/sign-in/link/\S+)", mail.get_content())[1]


def _user(client: TestClient, email: str) -> User:
    with client.app.state.database.read() as session:
        found = people.find(session, email)
    assert found is not None
    return found


def _kinds(client: TestClient) -> list[str]:
    with client.app.state.database.read() as session:
        return list(session.scalars(select(OutboxJob.kind).order_by(OutboxJob.id)))


def test_the_owner_is_mailed_when_their_password_changes(client: TestClient) -> None:
    sign_in(client, add_person(client, "ada@example.com"))
    client.post("/account/password", data={"password": "a quiet harbour"})
    (mail,) = _mails(client)
    assert (mail["To"], mail["Subject"]) == ("ada@example.com", "Your password at Deskbook was changed")
    assert "was changed" in mail.get_content()
    assert "harbour" not in mail.get_content()


def test_the_owner_is_mailed_when_their_role_changes(client: TestClient) -> None:
    boss, ada = signed_in(client, "boss@example.com", "admin"), add_person(client, "ada@example.com")
    boss.post(f"/desk/people/{ada.id}/role", data={"role": "admin"})
    boss.post(f"/desk/people/{ada.id}/role", data={"role": "admin"})
    (mail,) = _mails(client)
    assert mail["To"] == "ada@example.com"
    assert "You are now an admin at Deskbook" in mail.get_content()


def test_the_owner_is_mailed_when_a_key_is_made_in_their_name(client: TestClient, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    signed_in(client, "boss@example.com", "admin").post("/desk/api-keys", data={"name": "Shop {{ 7*7 }} <b>", "scope": "write"})
    monkeypatch.setenv("DESKBOOK_DATA", str(settings.data))
    assert CliRunner().invoke(main, ["api-key", "add", "Backup", "--user", "boss@example.com"]).exit_code == 0
    by_page, by_command = _mails(client)
    assert (by_page["To"], by_command["To"]) == ("boss@example.com", "boss@example.com")
    assert "“Shop {{ 7*7 }} <b>”" in by_page.get_content()
    assert "“Backup”" in by_command.get_content()
    assert "dk_" not in by_page.get_content() + by_command.get_content()


def test_a_sign_in_from_a_new_browser_is_told_and_a_known_one_is_not(client: TestClient) -> None:
    user = add_person(client, "ada@example.com")
    with client.app.state.database.write() as session:
        session.get_one(User, user.id).password_hash = passwords.hash_password("a quiet harbour")
    sign_in(client, user)
    client.post("/sign-out")
    sign_in(client, user)
    assert _kinds(client) == [], "neither the first sign-in nor one with the same browser"
    other = TestClient(client.app, headers={"user-agent": FIREFOX}, client=("203.0.113.9", 1), follow_redirects=False)
    other.post("/sign-in", data={"email": "ada@example.com", "password": "a quiet harbour"})
    other.post("/sign-in", data={"email": "ada@example.com", "password": "a quiet harbour"})
    (mail,) = _mails(client)
    assert (mail["To"], mail["Subject"]) == ("ada@example.com", "New sign-in at Deskbook")
    assert "Firefox on Windows" in mail.get_content()
    assert "203.0.113.0/24" in mail.get_content()


@pytest.mark.parametrize("value", ["x", "." * 2000, "0" * 32, "é"])
def test_a_forged_cookie_makes_no_browser_known(client: TestClient, value: str) -> None:
    user = add_person(client, "ada@example.com")
    sign_in(client, user)
    other = TestClient(client.app, headers={"user-agent": FIREFOX, "cookie": f"deskbook_known={value}".encode()}, follow_redirects=False)
    sign_in(other, user)
    assert _kinds(client) == ["mail.new_sign_in"]


def test_one_person_cannot_hide_a_sign_in_by_the_mark_of_another(client: TestClient) -> None:
    ada, eve = add_person(client, "ada@example.com"), add_person(client, "eve@example.com")
    sign_in(client, ada)
    other = TestClient(client.app, headers={"user-agent": FIREFOX}, follow_redirects=False)
    sign_in(other, eve)
    sign_in(other, ada)
    assert _kinds(client) == ["mail.new_sign_in"]


@pytest.mark.parametrize("role", ["agent", "admin"])
def test_somebody_who_was_added_signs_in_by_the_invitation(client: TestClient, role: str) -> None:
    boss = signed_in(client, "boss@example.com", "admin")
    answer = boss.post("/desk/people", data={"email": "kim@example.com", "name": "Kim", "role": role})
    assert answer.headers["location"] == "/desk/people?saved=invited"
    (mail,) = _mails(client)
    assert (mail["To"], mail["Subject"]) == ("kim@example.com", "Your account at Deskbook")
    assert client.post(_link(mail)).headers["location"] == "/account"
    assert client.post(_link(mail)).status_code == 410
    with client.app.state.database.read() as session:
        sent = session.scalars(select(AuditRecord).where(AuditRecord.kind == "invitation_sent")).one()
    assert (sent.actor, sent.person) == ("boss@example.com", "kim@example.com")


def test_a_customer_who_is_added_is_mailed_nothing(client: TestClient) -> None:
    boss = signed_in(client, "boss@example.com", "admin")
    assert boss.post("/desk/people", data={"email": "kim@example.com", "role": "customer"}).headers["location"] == "/desk/people?saved=added"
    assert _mails(client) == []


def test_an_invitation_works_for_a_day_and_its_token_is_stored_nowhere(client: TestClient) -> None:
    with time_machine.travel("2026-05-01T08:00:00Z", tick=False) as clock:
        boss = signed_in(client, "boss@example.com", "admin")
        boss.post("/desk/people", data={"email": "kim@example.com", "role": "agent"})
        link = _link(_mails(client)[0])
        with client.app.state.database.read() as session:
            assert link.rpartition("/")[2] not in "\n".join(session.connection().connection.driver_connection.iterdump())
        clock.shift(23 * 3600)
        assert client.get(link).status_code == 200
        clock.shift(3601)
        assert (client.get(link).status_code, client.post(link).status_code) == (410, 410)


def test_an_invitation_is_sent_again_until_the_person_has_signed_in(client: TestClient) -> None:
    boss = signed_in(client, "boss@example.com", "admin")
    boss.post("/desk/people", data={"email": "kim@example.com", "role": "agent"})
    kim = _user(client, "kim@example.com")
    resend = f"/desk/people/{kim.id}/invitation"
    assert resend in boss.get("/desk/people").text
    assert boss.post(resend).headers["location"] == "/desk/people?saved=invited"
    first, second = _mails(client)
    assert _link(first) != _link(second)
    assert client.post(_link(second)).status_code == 303
    assert resend not in boss.get("/desk/people").text
    assert (boss.post(resend).status_code, len(_mails(client))) == (422, 2)
    assert boss.post("/desk/people/999/invitation").status_code == 404


def test_an_invitation_is_not_sent_again_without_end(client: TestClient) -> None:
    boss = signed_in(client, "boss@example.com", "admin")
    boss.post("/desk/people", data={"email": "kim@example.com", "role": "agent"})
    resend = f"/desk/people/{_user(client, 'kim@example.com').id}/invitation"
    assert [boss.post(resend).status_code for _ in range(4)] == [303, 303, 422, 422]
    assert len(_mails(client)) == 3


def test_a_person_disabled_meanwhile_is_not_invited(client: TestClient) -> None:
    boss = signed_in(client, "boss@example.com", "admin")
    boss.post("/desk/people", data={"email": "kim@example.com", "role": "agent"})
    boss.post(f"/desk/people/{_user(client, 'kim@example.com').id}/disablement")
    assert _mails(client) == []


def test_no_mail_goes_to_the_placeholder_of_the_first_admin(client: TestClient) -> None:
    with client.app.state.database.write() as session:
        first = people.first_admin(session, now())
    sign_in(client, first)
    client.post("/account/password", data={"password": "a quiet harbour"})
    assert _mails(client) == []
