"""The browser's Back leads to the form that was refused, with all that was typed, also without scripts; a secret is not kept for it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Error

from kb.accounts import people
from kb.accounts.authentication import links, passwords
from kb.accounts.models import User
from kb.config import Settings
from kb.db import now
from tests.services import LiveServer
from tickets.creation import NewTicket, create
from tickets.tracking import tracking_path

pytestmark = pytest.mark.browser


@pytest.fixture
def site(serve: Callable[[Settings], LiveServer], settings: Settings) -> LiveServer:
    return serve(settings)


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def tab(chromium: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    context = chromium.new_context(java_script_enabled=request.param)
    yield context.new_page()
    context.close()


def _sign_in(tab: Any, site: LiveServer, role: str) -> None:
    with site.database.write() as session:
        token = links.make_link(session, people.add_user(session, "ada@example.com", "Ada", role, now()), now())
    tab.goto(site.url + links.path(token))
    tab.click("main button")
    tab.wait_for_url("**/account" if role != "customer" else "**/requests")


def test_back_leads_to_a_refused_request_with_what_was_typed(tab: Any, site: LiveServer) -> None:
    tab.goto(f"{site.url}/requests/new")
    tab.fill("[name=subject]", "Smoke")
    tab.fill("[name=description]", "Everywhere.")
    tab.set_input_files("[name=files]", {"name": "a.txt", "mimeType": "text/plain", "buffer": b"a"})
    tab.click(".actions >> text=Send request")
    tab.wait_for_selector(".error-summary")
    tab.fill("[name=email]", "alice@example.com")
    tab.click(".actions >> text=Send request")
    tab.wait_for_selector("text=Your request was sent")
    tab.go_back()
    assert [tab.input_value(f"[name={name}]") for name in ("subject", "description")] == ["Smoke", "Everywhere."]
    assert tab.locator(".error-summary").count() == 1


def test_back_leads_to_the_answers_that_were_asked_for_first_by_readers_without_scripts(chromium: Any, site: LiveServer) -> None:
    context = chromium.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(f"{site.url}/requests/new")
    tab.fill("[name=subject]", "Smoke")
    tab.click("text=Check for answers first")
    tab.wait_for_selector("text=We couldn’t find an article on this")
    tab.goto(site.url)
    tab.go_back()
    assert tab.input_value("[name=subject]") == "Smoke"
    context.close()


def test_back_leads_to_a_refused_message(tab: Any, site: LiveServer) -> None:
    with site.database.write() as session:
        ticket = create(session, NewTicket(email="alice@example.com", name="Alice", subject="Smoke", body="Help."), now=now())
        path = tracking_path(site.app.state.secret_key, ticket.id, ticket.salt)
    tab.goto(site.url + path)
    tab.click("text=Send message")
    tab.wait_for_selector(".error-summary")
    tab.fill("[name=body]", "More smoke")
    tab.click("text=Send message")
    tab.wait_for_selector("text=Your message was sent.")
    tab.go_back()
    assert tab.locator(".error-summary").count() == 1
    assert tab.locator("textarea[name=body]").count() == 1


def test_back_leads_to_a_refused_sign_in_and_to_a_refused_person(tab: Any, site: LiveServer) -> None:
    tab.goto(f"{site.url}/sign-in")
    tab.fill("[name=email]", "ada@example.com")
    tab.click(".actions button")
    tab.wait_for_selector(".error-summary")
    tab.goto(site.url)
    tab.go_back()
    assert tab.input_value("[name=email]") == "ada@example.com"
    _sign_in(tab, site, "admin")
    tab.goto(f"{site.url}/desk/people")
    tab.fill("#field-email", "no address")
    tab.fill("#field-name", "Kim")
    tab.click("text=Add person")
    tab.wait_for_selector(".error-summary")
    tab.goto(f"{site.url}/desk")
    tab.go_back()
    assert tab.input_value("#field-name") == "Kim"


def test_after_signing_out_back_shows_nothing_of_a_refused_form(tab: Any, site: LiveServer) -> None:
    _sign_in(tab, site, "admin")
    tab.goto(f"{site.url}/desk/people")
    tab.fill("#field-email", "no address")
    tab.click("text=Add person")
    tab.wait_for_selector(".error-summary")
    tab.locator("details:has(form[action='/sign-out']) > summary").click()
    tab.click("form[action='/sign-out'] button")
    tab.wait_for_url(f"{site.url}/")
    with pytest.raises(Error, match="ERR_CACHE_MISS"):
        tab.go_back()


def test_a_page_with_a_secret_is_kept_nowhere(site: LiveServer, chromium: Any) -> None:
    context = chromium.new_context()
    tab = context.new_page()
    _sign_in(tab, site, "admin")
    with site.database.write() as session:
        session.get_one(User, 1).password_hash = passwords.hash_password("four unrelated words")
    tab.goto(f"{site.url}/desk/api-keys")
    with tab.expect_response(lambda response: response.request.method == "POST") as made:
        tab.fill("#field-name", "Reports")
        tab.click("main form:has(#field-name) button")
    assert made.value.headers["cache-control"] == "no-store"
    assert "dk_" in tab.content()
    context.close()
