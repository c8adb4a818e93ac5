"""Changing the address one signs in with."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
import time_machine
from sqlalchemy import select
from starlette.testclient import TestClient

from kb.accounts import people
from kb.accounts.audit_log.models import AuditRecord
from kb.accounts.authentication.links import make_link, path
from kb.accounts.models import AddressChange, User
from kb.db import now
from kb.jobs.models import OutboxJob
from kb.site.worker_setup import make_worker
from tests.cast import add_person, sign_in, signed_in

pytestmark = pytest.mark.at_noon


def _mails(client: TestClient) -> list[EmailMessage]:
    """All mails written so far, the oldest first, after doing the work that waits."""
    state = client.app.state
    while make_worker(state.settings, state.database, state.templates).run_once(now()):
        pass
    files = sorted((state.settings.data / "mail").glob("*.eml"), key=lambda file: int(re.search(r"job-(\d+)", file.name)[1]))
    return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]


def _link(mail: EmailMessage) -> str:
    return re.search(r"http://[^/]+(/account/address/\S+)", mail.get_content())[1]


def _email_of(client: TestClient, user: User) -> str:
    with client.app.state.database.read() as session:
        return session.get_one(User, user.id).email


def test_the_address_changes_when_the_link_sent_to_it_is_used(client: TestClient) -> None:
    user = add_person(client, "ada@example.com")
    sign_in(client, user)
    assert client.post("/account/address", data={"email": " New@Example.com "}).headers["location"] == "/account?saved=address"
    assert _email_of(client, user) == "ada@example.com"
    (mail,) = _mails(client)
    assert mail["To"] == "new@example.com"
    assert "new@example.com" in client.get(_link(mail)).text
    assert _email_of(client, user) == "ada@example.com", "a mail scanner that opens the link changes nothing"
    assert client.post(_link(mail)).headers["location"] == "/account?saved=new-address"
    assert _email_of(client, user) == "new@example.com"
    notice = _mails(client)[1]
    assert (notice["To"], "new@example.com" in notice.get_content()) == ("ada@example.com", True)
    with client.app.state.database.read() as session:
        found = session.scalars(select(AuditRecord).where(AuditRecord.kind == "address_changed")).one()
    assert (found.actor, found.detail) == ("ada@example.com", "to new@example.com")


def test_the_link_works_once_and_for_an_hour(client: TestClient) -> None:
    user = add_person(client, "ada@example.com")
    with time_machine.travel("2026-05-01T08:00:00Z", tick=False) as clock:
        sign_in(client, user)
        client.post("/account/address", data={"email": "one@example.com"})
        link = _link(_mails(client)[0])
        clock.shift(3601)
        assert (client.get(link).status_code, client.post(link).status_code) == (410, 410)
    client.cookies.clear()
    sign_in(client, user)
    client.post("/account/address", data={"email": "two@example.com"})
    link = _link(_mails(client)[-1])
    assert client.post(link).status_code == 303
    assert (client.get(link).status_code, client.post(link).status_code) == (410, 410)


def test_the_link_is_stored_as_a_digest_and_nowhere_else(client: TestClient) -> None:
    sign_in(client, add_person(client, "ada@example.com"))
    client.post("/account/address", data={"email": "new@example.com"})
    token = _link(_mails(client)[0]).rpartition("/")[2]
    assert client.get(f"/account/address/{token}").headers["referrer-policy"] == "no-referrer"
    with client.app.state.database.read() as session:
        dump = "\n".join(session.connection().connection.driver_connection.iterdump())
    assert token not in dump


def test_only_the_person_who_asked_can_use_the_link(client: TestClient) -> None:
    user = add_person(client, "ada@example.com")
    sign_in(client, user)
    client.post("/account/address", data={"email": "eve@example.com"})
    link = _link(_mails(client)[0])
    stranger = signed_in(client, "mallory@example.com")
    anonymous = TestClient(client.app, follow_redirects=False)
    assert (anonymous.get(link).status_code, anonymous.post(link).status_code) == (403, 303)
    assert link not in anonymous.get(link).text
    assert (stranger.get(link).status_code, stranger.post(link).status_code) == (403, 410)
    assert client.post(link).status_code == 303, "the others have not used it up"


def test_an_address_that_is_taken_gets_the_same_answer_and_another_mail(client: TestClient) -> None:
    add_person(client, "taken@example.com", "customer")
    user = add_person(client, "ada@example.com")
    sign_in(client, user)
    answers = [client.post("/account/address", data={"email": email}) for email in ("taken@example.com", "free@example.com")]
    assert [(answer.status_code, answer.headers["location"], answer.content) for answer in answers] == [(303, "/account?saved=address", b"")] * 2
    taken, free = _mails(client)
    assert (taken["To"], "/account/address/" in taken.get_content()) == ("taken@example.com", False)
    assert "/account/address/" in free.get_content()


def test_an_address_that_was_taken_meanwhile_stays_with_its_owner(client: TestClient) -> None:
    user = add_person(client, "ada@example.com")
    sign_in(client, user)
    client.post("/account/address", data={"email": "new@example.com"})
    link = _link(_mails(client)[0])
    add_person(client, "new@example.com", "customer")
    assert client.post(link).status_code == 409
    assert _email_of(client, user) == "ada@example.com"


def test_a_new_address_ends_other_sessions_and_every_link(client: TestClient) -> None:
    user = add_person(client, "ada@example.com")
    sign_in(client, user)
    phone = TestClient(client.app, follow_redirects=False)
    sign_in(phone, user)
    for email in ("one@example.com", "two@example.com"):
        client.post("/account/address", data={"email": email})
    one, two = (_link(mail) for mail in _mails(client) if "/account/address/" in mail.get_content())
    with client.app.state.database.write() as session:
        sign_in_link = path(make_link(session, user, now()))
    assert client.post(one).status_code == 303
    assert (client.get("/account").status_code, phone.get("/account").status_code) == (200, 303)
    assert (client.post(two).status_code, client.post(sign_in_link).status_code) == (410, 410)


def test_a_new_password_voids_the_link(client: TestClient) -> None:
    sign_in(client, add_person(client, "ada@example.com"))
    client.post("/account/address", data={"email": "new@example.com"})
    link = _link(_mails(client)[0])
    client.post("/account/password", data={"password": "a quiet harbour"})
    assert client.post(link).status_code == 410


@pytest.mark.parametrize("email", ["", "nobody", "a@b\r\nBcc: x@example.com", "x@example.com, y@example.com", "a" * 300 + "@example.com"])
def test_what_is_no_address_is_refused_and_kept(client: TestClient, email: str) -> None:
    sign_in(client, add_person(client, "ada@example.com"))
    answer = client.post("/account/address", data={"email": email})
    assert (answer.status_code, "Enter an email address" in answer.text) == (422, True)


def test_strangers_are_not_flooded_through_the_form(client: TestClient) -> None:
    sign_in(client, add_person(client, "ada@example.com"))
    statuses = [client.post("/account/address", data={"email": f"victim{number}@example.com"}).status_code for number in range(5)]
    assert statuses == [303, 303, 303, 429, 429]
    with client.app.state.database.read() as session:
        assert len(session.scalars(select(OutboxJob).where(OutboxJob.kind == "mail.confirm_address")).all()) == 3


def test_the_first_admin_enters_their_own_address_at_once(client: TestClient) -> None:
    with client.app.state.database.write() as session:
        first = people.first_admin(session, now())
    sign_in(client, first)
    add_person(client, "taken@example.com")
    assert "Another account has this email address" in client.post("/account/address", data={"email": "taken@example.com"}).text
    assert client.post("/account/address", data={"email": "boss@example.com"}).headers["location"] == "/account?saved=new-address"
    assert _email_of(client, first) == "boss@example.com"
    with client.app.state.database.read() as session:
        assert not session.get_one(User, first.id).is_verified
        assert session.scalars(select(AddressChange)).all() == []
