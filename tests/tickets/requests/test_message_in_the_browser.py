"""What a customer has begun to write on a request's page, and how what was written is shown."""

from collections.abc import Callable
from typing import Any

import pytest

from kb.config import Settings
from kb.db import now
from tests.services import LiveServer
from tickets import queries
from tickets.access import SYSTEM
from tickets.creation import NewTicket, create
from tickets.tracking import tracking_path

pytestmark = pytest.mark.browser


@pytest.fixture
def site(serve: Callable[[Settings], LiveServer], settings: Settings) -> LiveServer:
    """A running site with one request, whose text is indented."""
    live = serve(settings)
    with live.database.write() as session:
        create(session, NewTicket(email="alice@example.com", subject="My settings", body="printer:\n    tray: 2\n\tpaper: A4"), now=now())
    return live


@pytest.fixture
def request_page(page: Any, site: LiveServer) -> Any:
    """The browser on the page of that request."""
    with site.database.read() as session:
        ticket = queries.ticket(session, SYSTEM, 1)
    assert ticket
    page.goto(site.url + tracking_path(site.app.state.secret_key, ticket.id, ticket.salt))
    return page


@pytest.mark.parametrize("act", ["reload", "Mark as solved"])
def test_a_message_that_was_begun_outlives_the_other_buttons_of_its_page(request_page: Any, act: str) -> None:
    request_page.fill("#field-body", "One more thing")
    if act == "reload":
        request_page.reload()
    else:
        request_page.get_by_role("button", name=act).click()
        request_page.wait_for_selector("text=marked as solved")
    request_page.wait_for_function("document.querySelector('#field-body').value === 'One more thing'")
    request_page.get_by_role("button", name="Send message").click()
    request_page.wait_for_selector("text=Your message was sent")
    request_page.reload()
    assert request_page.input_value("#field-body") == ""


def test_indentation_is_shown(request_page: Any) -> None:
    assert request_page.inner_text(".message-body") == "printer:\n    tray: 2\n\tpaper: A4"
