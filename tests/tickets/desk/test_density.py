"""Comfortable and compact lists, and how they mark a requester's wait."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from kb.accounts import people
from kb.accounts.authentication import links
from kb.accounts.models import User
from kb.config import Settings
from kb.db import now
from tests.cast import agent_writes, change
from tests.services import LiveServer
from tickets.creation import NewTicket, create

OpenTicket = Callable[..., int]


@pytest.mark.usefixtures("agent")
def test_a_browser_keeps_how_dense_its_lists_are(client: TestClient) -> None:
    assert "is-comfortable" in client.get("/desk").text
    answer = client.post("/desk/density", data={"density": "compact", "back": "/desk/views/open?order=newest"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/views/open?order=newest")
    assert "HttpOnly" in answer.headers["set-cookie"]
    for path in ("/desk", "/desk/search?q=x"):
        page = client.get(path).text
        assert "is-compact" in page
        assert 'value="compact" aria-pressed="true"' in page
    client.post("/desk/density", data={"density": "nonsense"})
    assert "is-comfortable" in client.get("/desk").text


@pytest.mark.usefixtures("agent")
@pytest.mark.parametrize(
    "back", ["", "//evil.example", "https://evil.example", "/desk/views/x\r\nSet-Cookie: a=b", "/desk/people", "/desk\\evil.example", "/sign-out"]
)
def test_the_choice_leads_back_to_a_list_and_nowhere_else(client: TestClient, back: str) -> None:
    assert client.post("/desk/density", data={"density": "compact", "back": back}).headers["location"] == "/desk"


def test_a_long_wait_is_marked_until_it_is_answered(client: TestClient, agent: User, opened: OpenTicket) -> None:
    fresh, soon, late, pending = (opened(at=now() - timedelta(hours=hours)) for hours in (1, 9, 30, 90))
    with client.app.state.database.write() as session:
        change(session, pending, {"status": "pending"})

    def marks() -> dict[int, str]:
        page = client.get("/desk/views/all").text
        rows = re.findall(r"<tr data-row>.*?</tr>", page, re.DOTALL)
        return {int(re.search(r"/desk/tickets/(\d+)", row)[1]): (re.search(r"waits-(\w+)", row) or ["", ""])[1] for row in rows}

    assert marks() == {fresh: "", soon: "soon", late: "late", pending: ""}
    assert "Waiting for an answer since" in client.get("/desk/views/all").text, "not by colour alone"
    with client.app.state.database.write() as session:
        agent_writes(session, late, "Soon.", agent)
    assert marks()[late] == ""


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 390, 768, 1024, 1280])
def test_lists_fit_and_compact_ones_hold_22_tickets(page: Any, serve: Callable[[Settings], LiveServer], settings: Settings, width: int) -> None:
    site = serve(settings)
    long = "An uncommonly long subject that goes on and on about the printer in the hall, " * 2
    with site.database.write() as session:
        for number in range(30):
            new = NewTicket(
                email=f"somebody.with.a.long.address.{number}@example.com", name="Wolfeschlegelsteinhausenbergerdorff " * 3, subject=long, body="Hm."
            )
            create(session, new, now=now() - timedelta(hours=number))
    _sign_in(page, site)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{site.url}/desk")
    for _ in range(2):
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        page.get_by_role("button", name="Compact").click()
        page.wait_for_load_state()
    visible = page.evaluate("[...document.querySelectorAll('[data-row]')].filter(row => row.getBoundingClientRect().bottom <= innerHeight).length")
    assert visible >= 22 or width < 1280


def _sign_in(page: Any, site: LiveServer) -> None:
    with site.database.write() as session:
        user = people.add_user(session, "ada@example.com", "Ada", "agent", now())
        path = links.path(links.make_link(session, user, now()))
    page.goto(site.url + path)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/account")
