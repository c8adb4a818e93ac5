"""Someone who types another person's address into a form learns nothing of that person and changes nothing; the desk says what was not shown."""

from datetime import timedelta
from typing import Any

import pytest
from httpx2 import Response
from pydantic import SecretStr
from sqlalchemy import select
from starlette.testclient import TestClient

from kb.accounts.models import User
from kb.config import Settings
from kb.db import now
from kb.site.app import create_app
from kb.site.worker_setup import make_worker
from tests.cast import add_person, change, sign_in, signed_in
from tests.services import Mailbox
from tests.tickets.conftest import Send, fields
from tickets.access import SYSTEM
from tickets.models import Ticket
from tickets.nonce import new_nonce
from tickets.queries import ticket as load_ticket
from tickets.tracking import tracking_path

pytestmark = pytest.mark.at_noon

NAME = "Zebedee Quillfeather"
PEOPLE = [("kim@example.com", "customer"), ("ada@example.com", "agent"), ("boss@example.com", "admin")]


@pytest.fixture(params=PEOPLE, ids=[role for _, role in PEOPLE])
def known(request: pytest.FixtureRequest, client: TestClient) -> User:
    """A person with a confirmed address and a name that a stranger must not read."""
    email, role = request.param
    person = add_person(client, email, role, NAME)
    with client.app.state.database.write() as session:
        session.get_one(User, person.id).is_verified = True
    return person


def _profile(client: TestClient, person: User) -> tuple[Any, ...]:
    with client.app.state.database.read() as session:
        user = session.get_one(User, person.id)
        return (user.email, user.name, user.role, user.password_hash, user.is_active, user.is_verified)


def _path(answer: Response) -> str:
    return str(answer.headers["location"]).partition("?")[0]


def test_a_stranger_reads_nothing_of_a_profile_and_changes_nothing(client: TestClient, known: User, send: Send) -> None:
    before = _profile(client, known)
    seen = [send(email=known.email.upper(), subject="", name=""), send(email=known.email, description=" ", name="Mallory")]
    sent = send(email=known.email, name="")
    seen += [client.get(sent.headers["location"]), client.get("/requests"), client.get("/requests/new"), client.get("/account/menu")]
    page = _path(sent)
    seen.append(client.post(f"{page}/comments", data=fields(client.get(page).text) | {"body": ""}))
    seen.append(client.post(f"{page}/comments", data=fields(client.get(page).text) | {"body": "More."}, follow_redirects=True))
    client.post(f"{page}/resolution")
    seen.append(client.get(page))
    assert [answer.url for answer in seen if NAME in answer.text or "Zebedee" in answer.text] == []
    assert _profile(client, known) == before


@pytest.mark.parametrize("has_name", [True, False])
def test_a_name_typed_by_a_stranger_stays_with_the_request(client: TestClient, send: Send, has_name: bool) -> None:
    kim = add_person(client, "kim@example.com", "customer", "Kim" if has_name else "")
    send(email="kim@example.com", name="Mallory")
    with client.app.state.database.read() as session:
        assert session.get_one(User, kim.id).name == ("Kim" if has_name else "")
        assert session.scalars(select(Ticket.requester_name)).all() == ["Mallory"]
    sign_in(client, kim)
    assert "Mallory" not in client.get("/account").text


def test_the_desk_says_so_on_the_list_the_page_and_the_message(client: TestClient, known: User, send: Send) -> None:
    send(email=known.email)
    desk = signed_in(client, "grace@example.com", "agent", "Grace")
    assert desk.get("/desk").text.count("Address not confirmed") == 1
    assert desk.get("/desk/search?q=printer").text.count("Address not confirmed") == 1
    page = desk.get("/desk/tickets/1").text
    badges = [part.partition("</span>")[0] for part in page.split('<span class="badge warn">')[1:]]
    assert [words for words in badges if "ddress" in words] == ["Address not confirmed"] * 2, "the same words at the message and beside it"
    assert "be sure that this address belongs to the sender" in page


def test_it_is_said_of_a_follow_up_by_the_bare_link_and_not_of_one_by_the_emailed_link(client: TestClient, known: User, send: Send) -> None:
    page = _path(send(email=known.email))
    with client.app.state.database.write() as session:
        change(session, 1, {"status": "closed"})
        ticket = load_ticket(session, SYSTEM, 1)
    assert ticket is not None
    emailed = tracking_path(client.app.state.secret_key, 1, ticket.salt, is_emailed=True)
    desk = signed_in(client, "grace@example.com", "agent", "Grace")
    for number, (link, times) in enumerate(((page, 2), (emailed, 0)), start=2):
        client.post(f"{link}/comments", data=fields(client.get(link).text) | {"body": f"Follow-up {number}"})
        assert desk.get(f"/desk/tickets/{number}").text.count("Address not confirmed") == times, link
        assert NAME not in client.get(link).text


def test_it_is_not_said_of_who_is_signed_in_with_that_address(client: TestClient, known: User, send: Send) -> None:
    sign_in(client, known)
    send(email=known.email)
    desk = signed_in(client, "grace@example.com", "agent", "Grace")
    assert "Address not confirmed" not in desk.get("/desk").text
    assert "Address not confirmed" not in desk.get("/desk/tickets/1").text


def test_being_signed_in_as_someone_else_proves_nothing(client: TestClient, known: User, send: Send) -> None:
    sign_in(client, add_person(client, "mallory@example.com", "customer"))
    page = _path(send(email=known.email, name=""))
    assert NAME not in client.get(page).text
    desk = signed_in(client, "grace@example.com", "agent", "Grace")
    assert desk.get("/desk/tickets/1").text.count("Address not confirmed") == 2


@pytest.mark.slow
def test_the_receipt_of_a_stranger_s_request_names_nobody(settings: Settings, smtp_server: Mailbox) -> None:
    app = create_app(settings.model_copy(update={"smtp_url": SecretStr(smtp_server.url)}))
    with TestClient(app, headers={"user-agent": "Mozilla/5.0 (test)"}, follow_redirects=False) as client:
        add_person(client, "kim@example.com", "customer", NAME)
        form = {"nonce": new_nonce(app.state.secret_key, now() - timedelta(minutes=1))}
        client.post("/requests", data=form | {"email": "kim@example.com", "subject": "Smoke", "description": "What now?"})
        worker = make_worker(app.state.settings, app.state.database)
        while worker.run_once(now()):
            pass
        mails = smtp_server.wait_for(1)
    assert mails
    assert [mail for mail in mails if NAME in str(mail)] == []
