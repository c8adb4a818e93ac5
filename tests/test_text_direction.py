"""Whatever people write runs in its own direction, on every page, and leaves the words around it alone."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from starlette.testclient import TestClient

from kb.config import Settings
from kb.db import now
from kb.site.app import create_app
from tests.cast import signed_in
from tests.crawl import Visited, crawl
from tests.services import LiveServer
from tests.test_scripts_in_text import tracking_pages, use_every_field

WORDS = "איפוס סיסמה לא עובד (admin)!"
ISOLATED = re.compile("\u2068[^\u2068\u2069]*\u2069")
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
# The name of the window has no direction of its own; what a script reads is not shown.
NOT_SHOWN = {"title", "script", "style", "template"}


@dataclass(slots=True)
class Directions(HTMLParser):
    """Finds words written from right to left that stand in no element with a direction of its own."""

    lost: list[str] = field(default_factory=list)
    seen: int = 0
    _open: list[tuple[str, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        HTMLParser.__init__(self)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        is_settled = tag == "bdi" or given.get("dir") in ("auto", "rtl")
        if tag == "input" and given.get("type") != "hidden":
            self._judge(given.get("value") or "", is_settled)
        if tag not in VOID:
            self._open.append((tag, is_settled and tag not in ("html", "body")))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not any(tag in NOT_SHOWN for tag, _ in self._open):
            self._judge(data, any(is_settled for _, is_settled in self._open))

    def _judge(self, text: str, is_settled: bool) -> None:
        text = ISOLATED.sub(" ", text)
        if any("\u0590" <= character <= "\u05ff" for character in text):
            self.seen += 1
            if not is_settled:
                self.lost.append(" ".join(text.split())[:60])


@pytest.fixture
def site(settings: Settings) -> Iterator[TestClient]:
    """A site whose every text is Hebrew, in articles, requests, files, notes, searches and votes, a day later."""
    folder = settings.content / "shelf" / "section"
    folder.mkdir(parents=True)
    (folder.parent / "_index.md").write_text(f"---\ntitle: '{WORDS}'\nsummary: '{WORDS}'\n---\n")
    (folder / "_index.md").write_text(f"---\ntitle: '{WORDS}'\nsummary: '{WORDS}'\n---\n")
    matter = f"title: '{WORDS}'\nsummary: '{WORDS}'\ntags: ['{WORDS}']\npromoted: true"
    for number, kind in enumerate(("", "type: faq\n", "type: tutorial\n", "type: tutorial\n")):
        (folder / f"article-{number}.md").write_text(f"---\n{matter}\n{kind}---\n{WORDS}\n\n## {WORDS}\n\n{WORDS}\n\n## {WORDS} 2\n\n## {WORDS} 3\n")
    app = create_app(settings)
    with (
        time_machine.travel(now() - timedelta(hours=26)) as clock,
        TestClient(app, headers={"user-agent": "Mozilla/5.0 (test)"}, follow_redirects=False) as client,
    ):
        use_every_field(client, clock, 0, WORDS)
        use_every_field(client, clock, 1, WORDS)
        clock.shift(timedelta(hours=26))
        app.state.recorder.flush()
        yield client


def _lost(pages: list[Visited]) -> dict[str, list[str]]:
    lost = {}
    for page in pages:
        if page.content_type == "text/html":
            found = Directions()
            found.feed(page.text)
            if found.lost:
                lost[page.address[:100]] = found.lost[:5]
    return lost


@pytest.mark.slow
def test_a_customer_reads_every_text_in_its_own_direction(site: TestClient) -> None:
    customer = signed_in(site, "customer@example.com", "customer", WORDS)
    typed = quote(WORDS, safe="")
    places = ("/", "/search?q={}", "/requests/suggestions?q={}", "/requests/new?subject={}&description={}", "/requests", "/account")
    pages = crawl(customer, [*(place.format(typed, typed) for place in places), *tracking_pages(site)])
    assert _lost(pages) == {}
    shown = {page.address.partition("?")[0].partition("-")[0] for page in pages if html.escape(WORDS) in page.text}
    assert {"/", "/search", "/requests/suggestions", "/requests/new", "/requests/1", "/account", "/articles/article", "/categories/shelf"} <= shown


@pytest.mark.slow
def test_an_agent_reads_every_text_in_its_own_direction(site: TestClient) -> None:
    admin = signed_in(site, "admin@example.com", "admin", WORDS)
    admin.post("/desk/api-keys", data={"name": WORDS, "scope": "read"})
    typed = quote(WORDS, safe="")
    places = ("/desk", "/desk/views/all", "/desk/search?q={}", "/desk/articles?q={}", "/desk/people?q={}", "/desk/api-keys", "/desk/audit-log?person={}")
    pages = crawl(admin, [*(place.format(typed) for place in places), "/desk/reports/deflection", "/account"])
    assert _lost(pages) == {}
    shown = {page.address.partition("?")[0] for page in pages if html.escape(WORDS) in page.text}
    assert {"/desk/views/all", "/desk/tickets/1", "/desk/search", "/desk/people", "/desk/api-keys", "/desk/audit-log"} <= shown
    assert {"/desk/reports/deflection", "/desk/reports/deflection/visits"} <= shown


@pytest.mark.browser
def test_a_hebrew_request_runs_from_right_to_left(live_server: LiveServer, page: Any) -> None:
    page.goto(f"{live_server.url}/requests/new")
    page.fill("[name=email]", "alice@example.com")
    page.fill("[name=subject]", WORDS)
    page.fill("[name=description]", f"{WORDS}\nThis line is English.\n{WORDS}")
    assert page.locator("[name=subject]").evaluate("field => getComputedStyle(field).direction") == "rtl"
    assert page.locator("[name=description]").evaluate("field => getComputedStyle(field).direction") == "rtl"
    page.locator(".actions button.button").first.click()
    page.wait_for_url("**/requests/1-*")
    message, heading = page.locator(".message-body"), page.locator("h1")
    assert message.evaluate("element => getComputedStyle(element).direction") == "rtl"
    assert heading.evaluate("element => getComputedStyle(element).direction") == "rtl"
    left, right = message.evaluate(
        """element => {
            const box = element.getBoundingClientRect();
            const [first, , second] = element.childNodes;  // lines, with line ends between
            const of = node => { const range = document.createRange(); range.selectNodeContents(node); return range.getBoundingClientRect(); };
            return [of(second).left - box.left, box.right - of(first).right];
        }"""
    )
    assert (round(left), round(right)) == (0, 0)
