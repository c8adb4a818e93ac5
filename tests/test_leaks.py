"""What is not for the public reaches nobody of the public: not on a page, in a search, a feed, a header, a file or a mail."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from kb.app import create_app
from kb.config import Settings
from kb.db import now
from kb.worker import make_worker
from tests.cast import add_person, sign_in
from tests.crawl import crawl
from tests.services import MeilisearchServer
from tickets.attachments import store_file
from tickets.commenting import Message, add_note, reply_as_agent
from tickets.models import Attachment, Ticket
from tickets.opening import NewTicket, open_ticket
from tickets.tracking import tracking_path

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

MARK = "NOTE-7f3a"
HIDDEN = {
    "draft": "draft: true",
    "future": "publish_at: 2099-01-01",
    "for-agents": "audience: agents",
    "for-signed-in": "audience: signed-in",
    "for-somebody": "audience: acme",
}
WORDS = ("zanzibar", "dealer prices", "zanzibar dealer price", "zanzibr", "deal", "bicycle", "how much does a bicycle cost dealers in zanzibar?")


@dataclass(frozen=True, slots=True)
class Site:
    """The app, a customer's tracking page, and addresses that nobody links to."""

    client: TestClient
    page: str
    guesses: tuple[str, ...]


@pytest.fixture(params=["embedded", "meilisearch"])
def site(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Site]:
    """A site with one public article, hidden ones that hold the mark in every field, and a ticket with the mark in all that is internal."""
    for name, key in HIDDEN.items():
        _hide(settings, name, key)
    shelf = settings.content / "orders" / "prices"
    (shelf / "public.md").write_text(
        "---\ntitle: What does a bicycle cost?\ntype: tutorial\norder: 1\nrelated: [draft, for-agents]\n---\nThe bicycle has a price.\n"
    )
    chosen: dict[str, Any] = {}
    if request.param == "meilisearch":
        server: MeilisearchServer = request.getfixturevalue("meilisearch")
        chosen = {"meilisearch_url": server.url, "meilisearch_key": SecretStr(server.key), "meilisearch_index": request.getfixturevalue("meilisearch_index")}
    app = create_app(settings.model_copy(update=chosen | {"search_timeout_s": 10.0}))
    with TestClient(app, headers={"user-agent": "Mozilla/5.0 (test)"}, follow_redirects=False) as client:
        while client.get("/api/search?q=bicycle").json()["engine"] != request.param or not client.get("/api/search?q=price+of+a+bicycle").json()["hits"]:
            pass
        yield Site(client, *_file(client))


def _hide(settings: Settings, name: str, key: str) -> None:
    for folder in (settings.content / "orders" / "prices", settings.content / f"secret-{name}" / "alone"):
        folder.mkdir(parents=True, exist_ok=True)
        slug = name if folder.name == "prices" else f"{name}-alone"
        words = f"title: Dealer prices {MARK}\nsummary: zanzibar {MARK}\ntags: [{MARK}, zanzibar]\nkeywords: [{MARK}]"
        matter = f"{words}\npromoted: true\ntype: tutorial\norder: 2\nid: {_number(slug)}\naliases: [/old/{slug}]\n{key}"
        text = f"---\n{matter}\n---\nThe bicycle costs dealers in zanzibar less: {MARK}.\n\n## zanzibar {MARK}\n\nMore.\n"
        (folder / f"{slug}.md").write_text(text)
    (settings.content / f"secret-{name}" / "_index.md").write_text(f"---\ntitle: Zanzibar {MARK}\n---\n")


def _file(client: TestClient) -> tuple[str, tuple[str, ...]]:
    settings, database = client.app.state.settings, client.app.state.database
    add_person(client, "manager@example.com", "admin", f"{MARK} Manager")
    agent = add_person(client, f"{MARK.lower()}@example.com", "agent", "Ada")
    stored = store_file(settings.data / "attachments", f"{MARK}.txt", io.BytesIO(f"{MARK} in the file".encode()))
    with database.write() as session:
        opened = open_ticket(session, NewTicket(email="alice@example.com", subject="Prices", body="What does it cost?", tags=(MARK.lower(),)), now=now())
        add_note(session, opened.id, Message(f"Ask the {MARK} manager", (stored,)), author_id=agent.id, now=now())
        reply_as_agent(session, opened.id, Message("It costs what it says."), author_id=agent.id, changes={"status": "pending"}, now=now())
        add_note(session, opened.id, Message(f"Once more {MARK}"), author_id=agent.id, now=now() + timedelta(seconds=1))
    with database.read() as session:
        ticket, file = session.get(Ticket, opened.id), session.query(Attachment).one()
        assert ticket is not None
        page = tracking_path(client.app.state.secret_key, ticket.id, ticket.salt)
    name = "x.txt"
    return page, (f"{page}/attachments/{file.token}/{name}", f"/attachments/{file.token}/{name}", f"/desk/tickets/1/attachments/{file.token}/{name}")


def _seeds(site: Site) -> list[str]:
    seeds = ["/", "/sitemap.xml", "/feed.xml", "/robots.txt", "/healthz", "/requests", "/desk", "/desk/tickets/1", "/api/tickets/1", *site.guesses]
    for words in WORDS:
        typed = words.replace(" ", "+")
        places = (
            "/search?q={}",
            "/search?q={}&type=tutorial",
            "/search/instant?q={}",
            "/api/search?q={}&limit=20",
            "/requests/suggestions?q={}",
            "/requests/new?subject={}",
        )
        seeds += [place.format(typed) for place in places]
    for slug in [*HIDDEN, *(f"{name}-alone" for name in HIDDEN)]:
        places = ("/articles/{}", "/old/{}", "/articles/{}/votes/yes", "/requests/suggestions/{}", "/requests/new?article={}")
        seeds += [place.format(slug) for place in places]
        seeds += [f"/hc/en-us/articles/{_number(slug)}"]
    for name in HIDDEN:
        seeds += [
            f"/categories/secret-{name}",
            f"/categories/secret-{name}/alone",
            f"/api/search?q=bicycle&category=secret-{name}",
            f"/search?q=bicycle&category=secret-{name}",
        ]
    return seeds


def _number(slug: str) -> int:
    return 1000 + [slug for name in HIDDEN for slug in (name, f"{name}-alone")].index(slug)


def _leaks(browser: TestClient, seeds: list[str]) -> dict[str, str]:
    leaks = {}
    for page in crawl(browser, seeds):
        assert page.status < 500, page.address
        place = page.said.lower().find(MARK.lower())
        if place >= 0:
            leaks[page.address] = page.said[max(0, place - 100) : place + 60]
    return leaks


def test_the_public_meets_nothing_internal(site: Site) -> None:
    assert _leaks(site.client, _seeds(site)) == {}


def test_a_customer_meets_nothing_internal(site: Site) -> None:
    browser = TestClient(site.client.app, headers={"user-agent": "Mozilla/5.0 (test)"}, follow_redirects=False)
    with browser.app.state.database.read() as session:
        ticket = session.get(Ticket, 1)
        assert ticket is not None
        alice = ticket.requester
    sign_in(browser, alice)
    seeds = [*_seeds(site), site.page, f"{site.page}?sent=1", "/account"]
    assert _leaks(browser, seeds) == {}
    assert "It costs what it says." in browser.get(site.page).text


def test_no_mail_tells_anything_internal(site: Site) -> None:
    app = site.client.app
    worker = make_worker(app.state.settings, app.state.database, app.state.templates)
    while worker.run_once(now()):
        pass
    mails = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in (app.state.settings.data / "mail").glob("*.eml")]
    assert len(mails) == 2
    assert [mail for mail in mails if MARK.lower() in (str(mail) + str(mail.get_content())).lower()] == []


def test_an_agent_does_meet_it(site: Site) -> None:
    browser = TestClient(site.client.app, headers={"user-agent": "Mozilla/5.0 (test)"}, follow_redirects=False)
    sign_in(browser, add_person(site.client, "eve@example.com", "agent"))
    assert f"Ask the {MARK} manager" in browser.get("/desk/tickets/1").text
