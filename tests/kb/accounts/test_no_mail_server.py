"""A site without a mail server promises no email: each page says how people get their links and answers instead."""

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from kb.accounts.models import Role
from kb.config import Settings
from kb.site.app import create_app
from tests.cast import add_person, signed_in

PROMISES = (
    "we email",
    "by email",
    "email me",
    "in our emails",
    "we sent",
    "we’ll send a link",
    "check your email",
    "resend invitation",
    "no email after",
    "we can email",
)


@pytest.fixture
def admin(client: TestClient) -> TestClient:
    return signed_in(client, "ada@example.com", "admin")


def _promises(page: str) -> list[str]:
    return [words for words in PROMISES if words in page.lower()]


@pytest.mark.parametrize(
    ("address", "instead"),
    [
        ("/requests/new", "You’ll get a private link to its page, where we reply."),
        ("/sign-in", "Ask an administrator for a sign-in link"),
        ("/requests", "To see a request, open its private link."),
    ],
)
def test_customers_are_promised_no_email(client: TestClient, address: str, instead: str) -> None:
    page = client.get(address).text
    assert _promises(page) == []
    assert instead in page


def test_a_sign_in_link_that_nobody_is_sent_is_not_said_to_be_sent(client: TestClient) -> None:
    page = client.post("/sign-in/link", data={"email": "eve@example.com"}).text
    assert _promises(page) == []
    assert "We can’t send emails" in page
    assert client.post("/sign-in", data={"email": "eve@example.com", "password": "x"}).status_code == 422
    for _ in range(20):
        page = client.post("/sign-in", data={"email": "eve@example.com", "password": "x"}).text
    assert "There were too many attempts. Try again in an hour." in page
    assert _promises(page) == []


def test_admins_read_who_gets_which_link_and_how(admin: TestClient) -> None:
    page = admin.get("/desk/people").text
    assert _promises(page) == []
    assert "deskbook user sign-in-link" in page
    admin.post("/desk/people", data={"email": "bob@example.com", "name": "", "role": "agent"})
    page = admin.get("/desk/people?saved=invited").text
    assert _promises(page) == []
    assert "Create a new invitation" in page


@pytest.mark.parametrize("role", list(Role))
def test_the_account_page_promises_no_email(client: TestClient, role: str) -> None:
    person = signed_in(client, "kim@example.com", role)
    assert _promises(person.get("/account").text + person.get("/account?saved=address").text) == []


def test_a_request_released_on_the_desk_is_not_said_to_be_confirmed_by_email(admin: TestClient) -> None:
    assert _promises(admin.get("/desk?done=released").text) == []


def test_with_a_mail_server_the_same_pages_say_that_emails_are_sent(settings: Settings) -> None:
    settings = settings.model_copy(update={"smtp_url": SecretStr("smtp://127.0.0.1:9")})
    with TestClient(create_app(settings), headers={"user-agent": "Mozilla/5.0 (test)"}) as client:
        add_person(client, "ada@example.com")
        for address, words in (
            ("/requests/new", "We’ll reply to this address."),
            ("/sign-in", "Email me a sign-in link"),
            ("/requests", "private link in our emails"),
        ):
            assert words in client.get(address).text
        assert "Check your email" in client.post("/sign-in/link", data={"email": "ada@example.com"}).text
