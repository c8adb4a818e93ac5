"""The desk as an agent meets it: with a keyboard, and without scripts."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from kb.accounts import people
from kb.accounts.authentication import links
from kb.config import Settings
from kb.db import now
from tests.cast import customer_writes
from tests.services import LiveServer
from tickets import queries
from tickets.access import SYSTEM
from tickets.creation import NewTicket, create

pytestmark = pytest.mark.browser

PRINTER = "---\ntitle: Put out a burning printer\n---\n\nPull the plug, then use the extinguisher.\n"


@pytest.fixture
def desk(serve: Callable[[Settings], LiveServer], settings: Settings) -> LiveServer:
    """A running site with one article and two tickets; the older one is number 1."""
    folder = settings.content / "hardware" / "printers"
    folder.mkdir(parents=True)
    (folder / "put-out-a-burning-printer.md").write_text(PRINTER)
    live = serve(settings)
    with live.database.write() as session:
        for subject in ("The printer is on fire", "The invoice is wrong"):
            create(session, NewTicket(email="alice@example.com", name="Alice", subject=subject, body="Please help."), now=now())
    return live


def _sign_in(page: Any, desk: LiveServer, role: str = "admin") -> None:
    with desk.database.write() as session:
        token = links.make_link(session, people.add_user(session, f"{role}@example.com", "Ada", role, now()), now())
    page.goto(desk.url + links.path(token))
    page.click("main button")
    page.wait_for_url("**/account")


def _violations(page: Any) -> list[tuple[str, str]]:
    found = Axe().run(page).response["violations"]
    return [(violation["id"], str([node["html"][:200] for node in violation["nodes"]])) for violation in found]


def _comments(desk: LiveServer, number: int) -> list[tuple[str, bool]]:
    with desk.database.read() as session:
        return [(comment.body, comment.is_public) for comment in queries.comments(session, SYSTEM, number)]


def test_a_ticket_is_answered_by_keyboard_with_an_article_in_the_reply(page: Any, desk: LiveServer) -> None:
    _sign_in(page, desk)
    page.goto(f"{desk.url}/desk")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/tickets/1?**")
    page.keyboard.press("r")
    page.keyboard.type("Hello Alice, n r j /")
    page.click("summary:has-text('Insert an article')")
    page.wait_for_selector("[data-picker-input]:focus")
    page.keyboard.type("burning prin")
    page.wait_for_selector("[role=option]:has-text('Put out a burning printer')")
    assert _violations(page) == []
    page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("text=Your reply was sent")
    body, is_public = _comments(desk, 1)[-1]
    assert is_public
    assert body == f"Hello Alice, n r j /\n\nPut out a burning printer\n{desk.settings.public_url}/articles/put-out-a-burning-printer"
    assert "linked in a reply" in page.locator(".ticket-side").inner_text()
    assert page.input_value("[data-composer-body]") == ""


def test_a_note_says_who_sees_it_and_a_draft_outlives_the_page(page: Any, desk: LiveServer) -> None:
    _sign_in(page, desk)
    page.goto(f"{desk.url}/desk/tickets/1")
    assert page.locator("text=The ticket will be assigned to you").is_visible()
    page.keyboard.press("n")
    assert page.get_by_text("see this. No email is sent.").is_visible()
    assert not page.locator("text=The ticket will be assigned to you").is_visible()
    page.keyboard.type("Half a thought")
    page.goto(f"{desk.url}/desk")
    page.goto(f"{desk.url}/desk/tickets/1")
    assert page.input_value("[data-composer-body]") == "Half a thought"
    page.click("[data-send]")
    page.wait_for_selector("text=Your note was added")
    assert page.input_value("[data-composer-body]") == ""
    page.keyboard.press("n")
    page.keyboard.type("The next thought")
    page.reload()
    assert page.input_value("[data-composer-body]") == "The next thought"
    assert _comments(desk, 1)[-1] == ("Half a thought", False)


def test_the_shortcuts_can_be_shown_and_switched_off(page: Any, desk: LiveServer) -> None:
    _sign_in(page, desk)
    page.goto(f"{desk.url}/desk")
    page.keyboard.press("?")
    page.wait_for_selector("dialog[open]")
    assert _violations(page) == []
    page.uncheck("[data-keys-switch]")
    page.keyboard.press("Escape")
    page.wait_for_selector("[data-keys]", state="hidden")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") != "desk-q"
    page.reload()
    page.keyboard.press("?")
    page.check("[data-keys-switch]")
    page.keyboard.press("Escape")
    page.wait_for_selector("[data-keys]", state="hidden")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "desk-q"


@pytest.mark.parametrize("path", ["/desk", "/desk/views/suspended", "/desk/search?q=printer", "/desk/tickets/1", "/desk/people", "/desk/api-keys", "/account"])
def test_the_pages_are_accessible_and_fit_a_phone(page: Any, desk: LiveServer, path: str) -> None:
    _sign_in(page, desk)
    for width, scheme in ((1280, "light"), (390, "dark")):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        page.goto(desk.url + path)
        assert _violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_signing_in_is_accessible_with_and_without_errors(page: Any, desk: LiveServer) -> None:
    page.goto(f"{desk.url}/sign-in")
    assert _violations(page) == []
    page.fill("[name=email]", "nobody@example.com")
    page.fill("[name=password]", "not the password")
    page.keyboard.press("Enter")
    page.wait_for_selector(".error-summary")
    assert _violations(page) == []
    page.goto(f"{desk.url}/sign-in/link/used")
    assert _violations(page) == []


def test_without_scripts_an_article_is_found_and_linked(chromium: Any, desk: LiveServer) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    _sign_in(page, desk)
    page.goto(f"{desk.url}/desk/tickets/1")
    page.fill("[name=body]", "Please read this.")
    page.click("summary:has-text('Insert an article')")
    page.fill("[name=article_query]", "burning printer")
    page.click("button:has-text('Find')")
    page.check("label:has-text('Put out a burning printer') input")
    assert page.input_value("[name=body]") == "Please read this."
    page.click("[data-send]")
    body, _ = _comments(desk, 1)[-1]
    assert body == f"Please read this.\n\nPut out a burning printer\n{desk.settings.public_url}/articles/put-out-a-burning-printer"
    context.close()


def test_taking_a_ticket_by_its_key_keeps_the_file_and_the_text(page: Any, desk: LiveServer) -> None:
    _sign_in(page, desk)
    page.goto(f"{desk.url}/desk/tickets/1")
    page.fill("[data-composer-body]", "Half a thought")
    page.click("summary:has-text('Attach files')")
    page.set_input_files("#field-files", {"name": "log.txt", "mimeType": "text/plain", "buffer": b"it broke"})
    page.locator("h1").click()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("t")
    page.wait_for_selector("text=The ticket is assigned to you")
    assert page.input_value("[data-composer-body]") == "Half a thought"
    assert page.locator("label:has-text('log.txt') input").is_checked()
    assert _violations(page) == []
    page.click("[data-send]")
    page.wait_for_selector("text=Your reply was sent")
    assert page.locator(".files:has-text('log.txt')").count() == 1


@pytest.mark.parametrize("has_scripts", [True, False])
def test_back_after_a_conflict_asks_nothing_and_back_after_sending_sends_nothing_twice(chromium: Any, desk: LiveServer, has_scripts: bool) -> None:
    context = chromium.new_context(java_script_enabled=has_scripts)
    page = context.new_page()
    _sign_in(page, desk)
    page.goto(f"{desk.url}/desk")
    page.goto(f"{desk.url}/desk/tickets/1")
    page.fill("[name=body]", "Pull the plug.")
    page.select_option("#property-priority", "high")
    with desk.database.write() as session:
        customer_writes(session, 1, "It burns on.")
    page.click("[data-send]")
    page.wait_for_selector("text=There is a problem")
    assert page.locator("text=New since your draft").count() == 1
    page.fill("[name=body]", "Pull the plug.")
    page.click(".error-summary a:has-text('Read it')")
    assert page.locator("li.comment:has(#newer):has-text('It burns on.')").count() == 1
    assert page.url.endswith("#newer")
    assert page.input_value("[name=body]") == "Pull the plug."
    page.reload()
    page.go_back()
    assert page.locator("h1").inner_text() != ""
    page.goto(f"{desk.url}/desk/tickets/1")
    assert (page.input_value("[name=body]"), page.input_value("#property-priority")) == ("Pull the plug.", "high")
    page.click("[data-send]")
    page.wait_for_selector("text=Your reply was sent")
    page.go_back()
    page.fill("[name=body]", "Pull the plug.")
    page.click("[data-send]")
    page.wait_for_selector("text=You already sent this reply")
    assert [body for body, _ in _comments(desk, 1)].count("Pull the plug.") == 1
    context.close()


def test_enter_in_the_tags_saves_them_and_sends_nothing(page: Any, desk: LiveServer) -> None:
    _sign_in(page, desk)
    page.goto(f"{desk.url}/desk/tickets/1")
    page.fill("[data-composer-body]", "Half a thought")
    page.fill("#property-tags", "fire")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=The properties were saved")
    assert page.input_value("#property-tags") == "fire"
    assert page.input_value("[data-composer-body]") == "Half a thought"
    assert len(_comments(desk, 1)) == 1


def test_of_two_tabs_the_one_that_lost_says_so_and_shows_both_texts(page: Any, desk: LiveServer) -> None:
    _sign_in(page, desk)
    other = page.context.new_page()
    for tab in (page, other):
        tab.goto(f"{desk.url}/desk/tickets/1")
    page.fill("[name=body]", "From the first tab")
    page.wait_for_selector("[data-draft-state]:has-text('Draft saved')")
    other.fill("[name=body]", "From the second tab")
    other.wait_for_selector("#other-tab:has-text('Your draft was changed in another tab')")
    other.reload()
    other.wait_for_selector("#other-tab")
    assert (other.input_value("[name=body]"), other.input_value("#other-tab-body")) == ("From the second tab", "From the first tab")
    assert _violations(other) == []
    other.click("text=Keep this version")
    other.wait_for_selector("text=Your draft was saved")
    page.fill("[name=body]", "From the first tab, later")
    page.wait_for_selector("#other-tab")
    page.click("text=Use the version from the other tab")
    page.wait_for_selector("text=Your draft was restored")
    assert page.input_value("[name=body]") == "From the second tab"
    other.close()


@pytest.mark.parametrize("is_sent", [True, False])
def test_what_was_written_after_the_session_ended_is_back_after_signing_in(page: Any, desk: LiveServer, is_sent: bool) -> None:
    _sign_in(page, desk)
    page.goto(f"{desk.url}/desk/tickets/1")
    page.context.clear_cookies()
    page.click("summary:has-text('Attach files')")
    page.set_input_files("#field-files", {"name": "log.txt", "mimeType": "text/plain", "buffer": b"it broke"})
    page.check("[name=kind][value=note]", force=True)
    page.select_option("#property-priority", "high")
    page.fill("[name=body]", "Half a thought")
    page.wait_for_selector("[data-draft-state]:has-text('You are signed out. Not saved: your message, Priority, log.txt')")
    if is_sent:
        page.click("[data-send]")
        page.wait_for_selector("h1:has-text('You are signed out')")
        assert page.locator("li:has-text('log.txt')").count() == 1
        assert _violations(page) == []
    with desk.database.write() as session:
        token = links.make_link(session, people.find(session, "admin@example.com"), now(), target="/desk/tickets/1")
    page.goto(desk.url + links.path(token))
    page.click("main button")
    page.wait_for_url("**/desk/tickets/1")
    page.wait_for_selector("text=Choose this file again, your browser could not keep it: log.txt")
    assert page.input_value("[name=body]") == "Half a thought"
    assert page.is_checked("[name=kind][value=note]")
    assert page.input_value("#property-priority") == "high"


def test_another_person_in_the_same_tab_does_not_get_the_unsaved_text(page: Any, desk: LiveServer) -> None:
    _sign_in(page, desk)
    page.goto(f"{desk.url}/desk/tickets/1")
    page.context.clear_cookies()
    page.fill("[name=body]", "Half a thought")
    page.wait_for_selector("[data-draft-state]:has-text('You are signed out')")
    _sign_in(page, desk, "agent")
    page.goto(f"{desk.url}/desk/tickets/1")
    assert page.input_value("[name=body]") == ""
