"""Whatever is typed anywhere is shown as the text it is: no page of any reader holds a tag, handler or address of the typist's making."""

import html
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import time_machine
from sqlalchemy import select
from starlette.testclient import TestClient

from kb.config import Settings
from kb.db import now
from kb.site.app import create_app
from tests.cast import signed_in
from tests.crawl import Visited, crawl
from tickets.models import Ticket
from tickets.nonce import new_nonce
from tickets.tracking import tracking_path

pytestmark = pytest.mark.slow

PAYLOADS = [
    "<xss data-xss>\"'><img src=x onerror=alert(1) data-xss>",
    "</title></textarea></script><script data-xss>alert(1)</script>",
    "<svg/onload=alert(1) data-xss>",
    '\'" autofocus onfocus=alert(1) data-xss x="',
    "javascript:alert(1)//http://a.example/\"onmouseover='alert(1)' data-xss",
    "{{7*7}}${7*7}{% raw %}&lt;img data-xss&gt;<!--<img data-xss>",
    "http://a.example/<img/src=x/onerror=alert(1)/data-xss>?q='\"><b data-xss>",
    "\ue000<b data-xss>\ue001 </mark><mark data-xss>brakes",
]
SCHEMES = {"", "http", "https", "mailto"}
ADDRESSES = {"href", "src", "action", "formaction", "poster", "data"}


@dataclass(slots=True)
class Suspicions(HTMLParser):
    """What a page holds that no page of ours should."""

    found: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        HTMLParser.__init__(self)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "script" and not str(given.get("src", "")).startswith("/static/") and given.get("type") != "application/ld+json":
            self.found.append(f"a script: {attrs}")
        if tag in ("xss", "base", "object", "embed", "style"):
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            if name.startswith("on") or name in ("style", "srcdoc", "data-xss"):
                self.found.append(f"<{tag} {name}={value}>")
            if name in ADDRESSES and value and urlsplit(value.strip()).scheme.lower() not in SCHEMES:
                self.found.append(f"<{tag} {name}={value}>")


@pytest.fixture
def site(settings: Settings) -> Iterator[TestClient]:
    """A site whose every text field holds every payload, a day later: titles, tags and folders of articles, requests, files, notes, searches, votes."""
    for number, payload in enumerate(PAYLOADS):
        folder = settings.content / f"shelf{number}" / "section"
        folder.mkdir(parents=True)
        quoted = quote_yaml(payload)
        (folder.parent / "_index.md").write_text(f"---\ntitle: {quoted}\n---\n{payload}\n")
        (folder / "_index.md").write_text(f"---\ntitle: {quoted}\nsummary: {quoted}\n---\n")
        matter = f"title: {quoted}\nsummary: {quoted}\ntags: [{quoted}]\nkeywords: [{quoted}]\npromoted: true"
        kind = "\ntype: faq" if number % 2 else ""
        (folder / f"article-{number}.md").write_text(f"---\n{matter}{kind}\n---\nbrakes\n\n## {payload}\n\n`{payload}`\n")
    app = create_app(settings)
    with (
        time_machine.travel(now() - timedelta(hours=26)) as clock,
        TestClient(app, headers={"user-agent": "Mozilla/5.0 (test)"}, follow_redirects=False) as client,
    ):
        for number, payload in enumerate(PAYLOADS):
            use_every_field(client, clock, number, payload)
        clock.shift(timedelta(hours=26))
        app.state.recorder.flush()
        yield client


def quote_yaml(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def use_every_field(client: TestClient, clock: Any, number: int, payload: str) -> None:
    browser = TestClient(client.app, headers={"user-agent": "Mozilla/5.0 (test)"}, follow_redirects=False)
    browser.get("/search", params={"q": payload})
    browser.get(f"/articles/article-{number}")
    browser.post(f"/articles/article-{number}/votes", data={"value": "no", "reason": payload, "choice": payload})
    browser.get("/requests/new", params={"subject": payload})
    nonce = new_nonce(client.app.state.secret_key, now() - timedelta(minutes=1))
    fields = {"nonce": nonce, "name": payload, "email": f"p{number}@example.com", "subject": payload, "description": payload}
    answer = browser.post("/requests", data=fields, files=[("files", (payload, b"<script data-xss>alert(1)</script>"))])
    assert answer.status_code == 303, answer.text
    page = answer.headers["location"].partition("?")[0]
    reply = {"nonce": new_nonce(client.app.state.secret_key, now()), "body": payload}
    assert browser.post(f"{page}/comments", data=reply).status_code == 303
    clock.shift(1)
    agent = signed_in(client, f"agent{number}@example.com", "agent", payload)
    desk = f"/desk/tickets/{number + 1}"
    for kind in ("note", "public"):
        written = {"nonce": new_nonce(client.app.state.secret_key, now()), "kind": kind, "body": payload, "version": _version(client, number + 1)}
        assert agent.post(f"{desk}/comments", data=written, files=[("files", (payload, b"GIF89a<script>"))]).status_code == 303
    wanted = {"version": _version(client, number + 1), "status": "open", "priority": "normal", "type": "question", "tags": payload}
    assert agent.post(f"{desk}/properties", data=wanted).status_code in (303, 422)


def _version(client: TestClient, number: int) -> str:
    with client.app.state.database.read() as session:
        ticket = session.get(Ticket, number)
    assert ticket is not None
    return str(ticket.version)


def _seeds(site: TestClient) -> list[str]:
    typed = [quote(payload, safe="") for payload in PAYLOADS]
    places = ("/search?q={}", "/search/instant?q={}", "/api/search?q={}", "/requests/suggestions?q={}", "/requests/new?subject={}", "/sign-in?next={}", "/{}")
    seeds = ["/", "/sitemap.xml", "/feed.xml", "/search?q=brakes", "/search/instant?q=brakes", "/requests/suggestions?q=brakes"]
    return seeds + [place.format(text) for place in places for text in typed]


def _wrong(pages: list[Visited]) -> dict[str, list[str]]:
    wrong = {}
    for page in pages:
        found = Suspicions()
        if page.content_type == "text/html":
            found.feed(page.text)
        elif "<script" in page.text and page.content_type not in ("application/json", "text/csv"):
            found.found.append(f"raw text as {page.content_type}")
        if page.status >= 500:
            found.found.append(f"status {page.status}")
        if found.found:
            wrong[page.address[:200]] = found.found[:3]
    return wrong


def test_a_customer_meets_no_script(site: TestClient) -> None:
    customer = signed_in(site, "customer@example.com", "customer", PAYLOADS[0])
    pages = crawl(customer, [*_seeds(site), *tracking_pages(site), "/requests", "/account"])
    assert _wrong(pages) == {}
    shown = {page.address.partition("-")[0] for page in pages if html.escape(PAYLOADS[2], quote=False) in page.text}
    assert {"/", "/requests/3", "/articles/article", "/search?q=brakes"} <= shown


def test_an_agent_meets_no_script(site: TestClient) -> None:
    admin = signed_in(site, "admin@example.com", "admin", PAYLOADS[1])
    typed = [quote(payload, safe="") for payload in PAYLOADS]
    desk = [place.format(text) for place in ("/desk/search?q={}", "/desk/articles?q={}", "/desk/reports/deflection?from={}") for text in typed]
    pages = crawl(admin, [*_seeds(site), *desk, "/desk", "/desk/views/all", "/desk/reports/deflection", "/desk/people", "/desk/api-keys", "/account"])
    assert _wrong(pages) == {}
    addresses = {page.address.partition("?")[0] for page in pages if page.status == 200}
    assert {f"/desk/tickets/{number}" for number in range(1, len(PAYLOADS) + 1)} <= addresses
    assert "/desk/reports/deflection/visits" in addresses


def tracking_pages(site: TestClient) -> list[str]:
    with site.app.state.database.read() as session:
        return [tracking_path(site.app.state.secret_key, ticket.id, ticket.salt) for ticket in session.scalars(select(Ticket))]
