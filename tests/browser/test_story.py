"""The whole story in a real browser: asked, read, not helped, filed, answered, followed, solved, and told truly by the report."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from kb.accounts import people
from kb.accounts.authentication import links
from kb.config import Settings
from kb.db import now
from tests.browser.conftest import ARTICLES, write
from tests.services import LiveServer, Mailbox, MeilisearchServer
from tickets.deflection.report import report
from tickets.models import Ticket

pytestmark = [pytest.mark.browser, pytest.mark.slow]

BASE_URL = "http://help.example.com"
QUESTION = "Hello, why do my brakes squeak when it rains?"
NOTE = "Between us: the third one this week."
REPLY = "Dear Maya, please change the pads as well."
PHOTO = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


@dataclass(frozen=True, slots=True)
class Browser:
    """How the people of this story look at the site."""

    chromium: Any
    has_scripts: bool
    width: int
    made: list[Any]

    def page(self) -> Any:
        """A page of somebody new, who has no cookies yet."""
        context = self.chromium.new_context(java_script_enabled=self.has_scripts, viewport={"width": self.width, "height": 844})
        context.set_default_timeout(60_000)
        self.made.append(context)
        return context.new_page()


@pytest.fixture
def site(
    request: pytest.FixtureRequest,
    settings: Settings,
    serve: Callable[[Settings], LiveServer],
    smtp_server: Mailbox,
) -> LiveServer:
    """The bicycle shop on SQLite with the embedded engine, and on PostgreSQL with Meilisearch; its mails go out by SMTP."""
    for path, text in ARTICLES.items():
        write(settings.content / path, text)
    chosen: dict[str, Any] = {"base_url": BASE_URL, "smtp_url": SecretStr(smtp_server.url), "worker": True}
    if request.param == "team":
        server: MeilisearchServer = request.getfixturevalue("meilisearch")
        chosen |= {
            "database_url": SecretStr(request.getfixturevalue("postgres_url")),
            "meilisearch_url": server.url,
            "meilisearch_key": SecretStr(server.key),
            "meilisearch_index": request.getfixturevalue("meilisearch_index"),
            "search_timeout_s": 30,
        }
    return serve(settings.model_copy(update=chosen))


@pytest.fixture
def has_scripts(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def browser(request: pytest.FixtureRequest, chromium: Any, has_scripts: bool) -> Iterator[Browser]:
    browser = Browser(chromium, has_scripts, request.param, [])
    yield browser
    for context in browser.made:
        context.close()


# Every two of these meet: each place with each width, and both with scripts and without.
@pytest.mark.parametrize(
    ("site", "browser", "has_scripts"),
    [("laptop", 390, True), ("team", 1280, True), ("laptop", 1280, False), ("team", 390, False)],
    indirect=True,
)
def test_the_whole_story(site: LiveServer, browser: Browser, smtp_server: Mailbox) -> None:
    patience = time.monotonic() + 120
    while site.app.state.searcher.status != "ok":
        assert time.monotonic() < patience, "the index was never filled"
        time.sleep(0.05)
    began = now()
    maya = browser.page()
    _asks_and_is_not_helped(maya, site)
    link = _files_a_request(maya, site, browser.has_scripts)
    agent = browser.page()
    _signs_in(agent, site)
    _finds_the_ticket_and_its_trail(agent, site)
    _takes_notes_and_replies(agent, site, browser.has_scripts)
    mail = smtp_server.wait_for(2)[1]
    assert mail["To"] == "maya@example.com"
    assert mail["Subject"] == "[#1] Re: Squeaking brakes"
    emailed = _link_in(str(mail.get_content())).removeprefix(BASE_URL)
    assert emailed.startswith("/requests/1-")
    assert emailed != link, "whoever writes through the emailed link has read the mailbox"
    _follows_the_link_and_answers(maya, site, emailed)
    assert _status(site) == "open"
    _solves_and_reopens(maya, site)
    _is_helped_by_the_form(browser.page(), site, browser.has_scripts)
    _sees_figures_to_come(agent, site)
    assert [str(message["To"]) for message in smtp_server.wait_for(3)] == ["maya@example.com"] * 2 + ["ada@example.com"]
    assert "New reply: Squeaking brakes" in str(smtp_server.messages[2]["Subject"])
    _report_is_true(site, began)


def _asks_and_is_not_helped(page: Any, site: LiveServer) -> None:
    page.goto(site.url)
    page.fill("main [name=q], header [name=q]", QUESTION)
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?**")
    hit = page.locator(".search-result a[data-slug]").first
    assert hit.get_attribute("data-slug") == "adjust-the-brakes"
    hit.click()
    page.wait_for_url("**/articles/adjust-the-brakes*")
    page.get_by_role("group", name="Was this helpful?").get_by_role("button", name="No").click()
    page.fill("[name=reason]", "They squeak only when wet.")
    page.get_by_role("button", name="Send feedback", exact=True).click()
    page.get_by_text("We read every comment").wait_for()


def _files_a_request(page: Any, site: LiveServer, has_scripts: bool) -> str:
    page.locator(".still-need-help a").click()
    page.wait_for_url("**/requests/new?**")
    assert "Adjust the brakes" in page.locator(".read-before").inner_text()
    page.get_by_label("Your name").fill("Maya")
    page.get_by_label("Email address").fill("maya@example.com")
    page.get_by_label("Subject").fill("Squeaking brakes")
    page.get_by_label("Description").fill("The pads squeak when it rains.")
    if not has_scripts:
        page.get_by_role("button", name="Check for answers first").click()
    page.locator("[data-suggestion=change-the-pads]").wait_for()
    assert page.locator("[data-suggestion=adjust-the-brakes]").count() == 0
    assert "Adjust the brakes" in page.locator(".read-before").inner_text()
    page.get_by_label("Category").select_option("riding")
    page.set_input_files("[name=files]", [{"name": "brake.png", "mimeType": "image/png", "buffer": PHOTO}])
    page.locator(".actions").get_by_role("button", name="Send request").click()
    page.get_by_text("Your request was sent").wait_for()
    assert "#1" in page.locator(".sent").inner_text()
    link = page.locator(".sent [data-copy]")
    path = str(link.get_attribute("href"))
    assert link.inner_text() == BASE_URL + path
    assert page.request.get(site.url + str(page.locator(".files a").get_attribute("href"))).body() == PHOTO
    return path


def _signs_in(page: Any, site: LiveServer) -> None:
    with site.database.write() as session:
        token = links.make_link(session, people.add_user(session, "ada@example.com", "Ada", "agent", now()), now())
    page.goto(site.url + links.path(token))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/account")
    page.goto(site.url + links.path(token))
    assert "This link no longer works" in page.locator("h1").inner_text()


def _finds_the_ticket_and_its_trail(page: Any, site: LiveServer) -> None:
    site.app.state.recorder.flush()
    page.goto(f"{site.url}/desk")
    assert page.locator("h1").inner_text().split() == ["Unassigned", "1"]
    page.get_by_role("link", name="Squeaking brakes").click()
    page.wait_for_url("**/desk/tickets/1?**")
    trail = page.get_by_role("region", name="Before the request")
    steps = trail.locator("li").all_inner_texts()
    assert QUESTION in steps[0]
    version = site.app.state.library.catalog.articles["adjust-the-brakes"].digest[:8]
    assert [step for step in steps if step.startswith("Read") and "Adjust the brakes" in step and version in step] != []
    assert [step for step in steps if "Selected result" in step] == []
    assert any("They squeak only when wet." in step for step in steps)
    assert "read before the request" in trail.inner_text()
    assert page.request.get(site.url + str(page.locator(".conversation .files a").get_attribute("href"))).body() == PHOTO


def _takes_notes_and_replies(page: Any, site: LiveServer, has_scripts: bool) -> None:
    page.get_by_role("button", name="Assign to me").click()
    page.get_by_text("The ticket is assigned to you.").wait_for()
    page.get_by_label("Internal note").check()
    page.fill("[name=body]", NOTE)
    page.get_by_role("button", name="Add note", exact=True).click()
    page.get_by_text("Your note was added.").wait_for()
    page.get_by_label("Public reply", exact=True).check()
    page.fill("[name=body]", REPLY)
    page.get_by_text("Insert an article").click()
    page.get_by_label("Search articles").fill("change the brake pads")
    if has_scripts:
        page.locator("[role=option][data-slug=change-the-pads]").click()
    else:
        page.get_by_role("button", name="Find").click()
        page.get_by_label("Change the brake pads").check()
    page.get_by_role("button", name="Send as pending", exact=True).click()
    page.get_by_text("Your reply was sent.").wait_for()
    assert page.locator(".conversation > .comment").count() == 3
    assert _status(site) == "pending"


def _follows_the_link_and_answers(page: Any, site: LiveServer, link: str) -> None:
    page.goto(site.url + link)
    text = page.locator("main").inner_text()
    assert REPLY in text
    assert "Ada" in text
    assert "Waiting for you" in text
    assert NOTE not in page.content()
    assert page.get_by_role("link", name=f"{BASE_URL}/articles/change-the-pads").get_attribute("href") == f"{BASE_URL}/articles/change-the-pads"
    page.get_by_label("Add a message").fill("The pads are new.")
    page.get_by_role("button", name="Send message").click()
    page.get_by_text("Your message was sent.").wait_for()


def _solves_and_reopens(page: Any, site: LiveServer) -> None:
    page.get_by_role("button", name="Mark as solved").click()
    page.get_by_text("Marked as solved.").wait_for()
    assert _status(site) == "solved"
    page.get_by_role("button", name="Reopen request").click()
    page.get_by_text("Your request is open again.").wait_for()
    assert _status(site) == "open"


def _is_helped_by_the_form(page: Any, site: LiveServer, has_scripts: bool) -> None:
    page.goto(f"{site.url}/requests/new")
    page.get_by_label("Subject").fill("Where is my order? I want the tracking number")
    if not has_scripts:
        page.get_by_role("button", name="Check for answers first").click()
    suggestion = page.locator("[data-suggestion=track-an-order]")
    suggestion.locator("summary").click()
    suggestion.get_by_text("The tracking number is in the mail we sent you.").wait_for()
    suggestion.get_by_role("button", name="This solved it").click()
    page.get_by_role("heading", name="Glad that helped").wait_for()


def _sees_figures_to_come(page: Any, site: LiveServer) -> None:
    site.app.state.recorder.flush()
    page.goto(f"{site.url}/desk/reports/deflection")
    assert "2 visits so far" in page.locator("main").inner_text()


def _report_is_true(site: LiveServer, began: Any) -> None:
    site.app.state.recorder.flush()
    with site.database.read() as session:
        told = report(session, began - timedelta(minutes=1), now() + timedelta(minutes=1), now() + timedelta(hours=25))
    happened = {name: count for name, count in told.visits.outcomes.items() if count}
    assert happened == {"ticket": 1, "confirmed": 1}
    assert {reason: count for reason, count in told.visits.left_out.items() if count} == {}
    assert (told.visits.visits, told.visits.form_visits) == (2, 2)
    assert (told.visits.form_deflection.count, told.visits.form_deflection.of) == (1, 2)
    assert (told.visits.confirmed_form_deflection.count, told.visits.confirmed_form_deflection.of) == (1, 2)
    assert (told.searches.intents, told.searches.no_result.count, told.searches.degraded) == (1, 0, 0)
    assert (told.searches.to_ticket.count, told.searches.to_ticket.of) == (1, 1)
    assert (told.tickets.tickets, told.tickets.tied_by_visit, told.tickets.held, told.tickets.untied) == (1, 1, 0, 0)
    assert (told.tickets.knowledge_first.count, told.tickets.knowledge_first.of) == (1, 1)
    helpful = {article.slug: (article.helpful.count, article.helpful.of) for article in told.articles}
    assert helpful["adjust-the-brakes"] == (0, 1)


def _status(site: LiveServer) -> str:
    with site.database.read() as session:
        return str(session.scalars(select(Ticket)).one().status)


def _link_in(text: str) -> str:
    found = re.search(rf"{re.escape(BASE_URL)}/requests/\S+", text)
    assert found, text
    return found[0]
