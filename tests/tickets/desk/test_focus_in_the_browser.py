"""After each act the focus is where the person goes on, on words that say what was done."""

from collections.abc import Callable
from typing import Any

import pytest

from kb.accounts import people
from kb.accounts.authentication import links
from kb.config import Settings
from kb.db import now
from tests.services import LiveServer
from tickets.creation import NewTicket, create

pytestmark = pytest.mark.browser

FOCUSED = "document.activeElement.innerText.trim()"
IN_SIGHT = """() => {
    const box = document.activeElement.getBoundingClientRect();
    return box.top >= 0 && box.bottom <= innerHeight;
}"""
NEXT = """() => {
    const one = document.activeElement;
    return one.dataset.copy ? "link" : one.name || one.innerText.trim().split("\\n")[0];
}"""
LONG = "Please help.\n" * 40


@pytest.fixture
def desk(serve: Callable[[Settings], LiveServer], settings: Settings) -> LiveServer:
    """Two long tickets in nobody's hands."""
    live = serve(settings)
    with live.database.write() as session:
        for subject in ("The printer is on fire", "The invoice is wrong"):
            create(session, NewTicket(email="alice@example.com", name="Alice", subject=subject, body=LONG), now=now())
    return live


@pytest.fixture(params=["with scripts", "without scripts"])
def phone(request: pytest.FixtureRequest, chromium: Any, desk: LiveServer) -> Any:
    """An agent's page on a phone, on ticket 1 from a view."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=request.param == "with scripts")
    context.set_default_timeout(10_000)
    page = context.new_page()
    with desk.database.write() as session:
        token = links.make_link(session, people.add_user(session, "ada@example.com", "Ada", "agent", now()), now())
    page.goto(desk.url + links.path(token))
    page.click("main button")
    page.wait_for_url("**/account")
    page.goto(f"{desk.url}/desk/tickets/1?view=unassigned&order=waiting")
    yield page
    context.close()


def _press(page: Any, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).first.click()


def _says(page: Any, words: str, following: str) -> None:
    """The focus is on these words, in sight, and Tab goes on to `following`."""
    page.wait_for_selector(f"main :text('{words}')")
    assert words in page.evaluate(FOCUSED)
    _wait_until_in_sight(page)
    page.keyboard.press("Tab")
    assert page.evaluate(NEXT) == following


def _wait_until_in_sight(page: Any) -> None:
    """The page scrolls smoothly; `wait_for_function` waits for ever where scripts are off."""
    for _ in range(400):
        if page.evaluate(IN_SIGHT):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"out of sight: {page.evaluate(FOCUSED)}")


def test_the_focus_goes_where_the_agent_goes_on(phone: Any) -> None:
    phone.select_option("[name=priority]", "high")
    _press(phone, "Save properties")
    _says(phone, "The properties were saved.", "Save properties")
    phone.get_by_role("button", name="Assign to me").click()
    _says(phone, "The ticket is assigned to you.", "kind")
    phone.fill("#field-body", "On my way.")
    phone.get_by_role("button", name="Send reply").click()
    _says(phone, "Your reply was sent.", "kind")
    phone.fill("#field-body", "Bring water.")
    phone.get_by_text("Internal note", exact=True).click()
    phone.get_by_role("button", name="Add note", exact=True).click()
    _says(phone, "Your note was added.", "kind")


def test_the_focus_is_at_the_head_of_the_ticket_that_comes_next(phone: Any) -> None:
    phone.fill("#field-body", "On my way.")
    phone.get_by_text("Then open the next ticket").click()
    phone.get_by_role("button", name="Send reply").click()
    phone.wait_for_url("**/desk/tickets/2?**")
    assert phone.evaluate(FOCUSED) == "Your reply to #1 was sent."
    _wait_until_in_sight(phone)


def test_a_discarded_draft_is_brought_back_by_the_next_key(phone: Any) -> None:
    phone.fill("#field-body", "On my way.")
    _press(phone, "Save properties")  # which keeps the message as a draft
    _press(phone, "Discard draft")
    _says(phone, "Your draft was discarded.", "restore")
    phone.keyboard.press("Enter")
    _says(phone, "Your draft was restored.", "kind")
    assert phone.input_value("#field-body") == "On my way."


def test_a_customer_s_focus_follows_the_message_too(chromium: Any, desk: LiveServer) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{desk.url}/requests/new")
    page.fill("#field-email", "maya@example.com")
    page.fill("#field-subject", "Squeaking brakes")
    page.fill("#field-description", LONG)
    page.get_by_role("button", name="Send request").last.click()
    page.wait_for_selector("text=Your request was sent")
    assert page.evaluate(FOCUSED).startswith("Your request was sent")
    page.fill("#field-body", "Any news?")
    page.get_by_role("button", name="Send message").click()
    _says(page, "Your message was sent.", "body")
    page.get_by_role("button", name="Mark as solved").click()
    _says(page, "marked as solved", "body")
    context.close()
