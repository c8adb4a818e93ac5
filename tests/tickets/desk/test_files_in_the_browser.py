"""Files that were chosen are still there, or named, when a person comes back to the form."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kb.accounts import people
from kb.accounts.authentication import links
from kb.config import Settings
from kb.db import now
from tests.services import LiveServer
from tickets import queries
from tickets.access import SYSTEM
from tickets.creation import NewTicket, create

pytestmark = pytest.mark.browser


@pytest.fixture
def site(serve: Callable[[Settings], LiveServer], settings: Settings) -> LiveServer:
    """A running site with one ticket."""
    live = serve(settings)
    with live.database.write() as session:
        create(session, NewTicket(email="alice@example.com", name="Alice", subject="The printer is on fire", body="Please help."), now=now())
    return live


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """A file to choose."""
    path = tmp_path / "plan <b>.txt"
    path.write_text("steps")
    return path


def test_a_file_chosen_on_the_desk_is_kept_with_the_draft_at_once(page: Any, site: LiveServer, plan: Path) -> None:
    with site.database.write() as session:
        token = links.make_link(session, people.add_user(session, "ada@example.com", "Ada", "agent", now()), now())
    page.goto(site.url + links.path(token))
    page.click("main button")
    page.wait_for_url("**/account")
    page.goto(f"{site.url}/desk/tickets/1")
    page.click("summary:has-text('Attach files')")
    page.set_input_files("#field-files", plan)
    page.wait_for_selector(".kept-files :text('plan _b_.txt')")
    page.wait_for_selector("[data-draft-state]:has-text('Draft saved')")
    page.goto(f"{site.url}/desk")
    page.go_back()
    page.wait_for_selector(".kept-files :text('plan _b_.txt')")
    page.fill("#field-body", "Follow these.")
    page.get_by_role("button", name="Send reply").click()
    page.wait_for_selector("text=Your reply was sent")
    with site.database.read() as session:
        comment = queries.comments(session, SYSTEM, 1)[-1]
        assert (comment.body, [file.name for file in comment.attachments]) == ("Follow these.", ["plan _b_.txt"])


@pytest.mark.parametrize("way", ["back", "reload"])
def test_a_customer_who_comes_back_to_the_form_is_shown_the_files_or_their_names(page: Any, site: LiveServer, plan: Path, way: str) -> None:
    page.goto(f"{site.url}/requests/new")
    page.fill("#field-subject", "Smoke")
    page.set_input_files("#field-files", plan)
    page.wait_for_selector("[data-chosen] :text('plan <b>.txt')")
    if way == "back":
        page.click("footer a:has-text('Help centre')")
        page.wait_for_url(site.url + "/")
        page.go_back()
    else:
        page.reload()
    page.wait_for_selector("[data-file-drop] :text('plan <b>.txt')")
    has_file = page.evaluate("document.querySelector('#field-files').files.length")
    assert page.is_visible("text=Choose this file again") == (not has_file)
    page.set_input_files("#field-files", plan)
    page.wait_for_selector("[data-chosen] :text('plan <b>.txt')")
    assert not page.is_visible("text=Choose this file again")
    page.get_by_role("button", name="Send request").last.click()  # without an address: the form comes back with the file
    page.wait_for_selector(".kept-files :text('plan _b_.txt')")
    assert not page.is_visible("text=Choose this file again")
    page.fill("#field-email", "maya@example.com")
    page.fill("#field-description", "It smells.")
    page.get_by_role("button", name="Send request").last.click()
    page.wait_for_selector("text=Your request was sent")
    assert page.locator(".files :text('plan')").count() == 1
    page.goto(f"{site.url}/requests/new")
    page.wait_for_selector("[data-can-drop]:not([hidden])")
    assert not page.is_visible("text=Choose this file again")
