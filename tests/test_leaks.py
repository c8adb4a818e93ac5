"""What is not for the public reaches nobody of the public: not on a page, in a search, a feed, a header, a file or a mail."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from kb.config import Settings
from kb.db import now
from kb.site.app import create_app
from kb.site.worker_setup import make_worker
from search.documents import documents
from tests.cast import add_person, agent_writes, sign_in
from tests.crawl import crawl
from tests.services import MeilisearchServer
from tickets.attachments import store_file
from tickets.creation import NewTicket, create
from tickets.models import Attachment, Ticket
from tickets.tracking import tracking_path

pytestmark = pytest.mark.slow

MARK = "NOTE-7f3a"
HIDDEN = {
    "draft": "draft: true",
    "future": "publish_at: 2099-01-01",
    "for-agents": "audience: agents",
    "for-signed-in": "audience: signed-in",
    "for-somebody": "audience: acme",
}
MARKS = re.compile(f"{MARK}(?:-(?:{'|'.join(HIDDEN)}))?".lower())
OPEN_TO = {"anonymous": (), "customer": ("for-signed-in",), "agent": ("for-agents", "for-signed-in", "for-somebody")}
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
    app = create_app(settings.model_copy(update=chosen | {"search_timeout_s": 30}))
    app.state.searcher.engine.sync(documents(app.state.library.catalog, now()))
    with TestClient(app, headers={"user-agent": "Mozilla/5.0 (test)"}, follow_redirects=False) as client:
        while client.get("/api/search?q=bicycle").json()["engine"] != request.param or not client.get("/api/search?q=price+of+a+bicycle").json()["hits"]:
            pass
        yield Site(client, *_file(client))


def mark_of(name: str) -> str:
    """The mark in everything of one hidden article; all begin alike."""
    return f"{MARK}-{name}"


def _hide(settings: Settings, name: str, key: str) -> None:
    mark = mark_of(name)
    for folder in (settings.content / "orders" / "prices", settings.content / f"secret-{name}" / "alone"):
        folder.mkdir(parents=True, exist_ok=True)
        slug = name if folder.name == "prices" else f"{name}-alone"
        words = f"title: Dealer prices {mark}\nsummary: zanzibar {mark}\ntags: [{mark}, zanzibar]\nkeywords: [{mark}]"
        matter = f"{words}\npromoted: true\ntype: tutorial\norder: 2\nid: {_number(slug)}\naliases: [/old/{slug}]\n{key}"
        text = f"---\n{matter}\n---\nThe bicycle costs dealers in zanzibar less: {mark}.\n\n## zanzibar {mark}\n\nMore.\n"
        (folder / f"{slug}.md").write_text(text)
    (settings.content / f"secret-{name}" / "_index.md").write_text(f"---\ntitle: Zanzibar {mark}\n---\n")


def _file(client: TestClient) -> tuple[str, tuple[str, ...]]:
    settings, database = client.app.state.settings, client.app.state.database
    add_person(client, "manager@example.com", "admin", f"{MARK} Manager")
    agent = add_person(client, f"{MARK.lower()}@example.com", "agent", "Ada")
    stored = store_file(settings.data / "attachments", f"{MARK}.txt", io.BytesIO(f"{MARK} in the file".encode()))
    with database.write() as session:
        opened = create(session, NewTicket(email="alice@example.com", subject="Prices", body="What does it cost?", tags=(MARK.lower(),)), now=now())
        agent_writes(session, opened.id, f"Ask the {MARK} manager", agent, is_public=False, files=(stored,))
        agent_writes(session, opened.id, "It costs what it says.", agent, changes={"status": "pending"})
        agent_writes(session, opened.id, f"Once more {MARK}", agent, is_public=False, at=now() + timedelta(seconds=1))
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


def _met(browser: TestClient, seeds: list[str]) -> dict[str, dict[str, str]]:
    """Mark → the addresses it was met at, with the words around it. The mark alone stands for what agents keep among themselves."""
    met: dict[str, dict[str, str]] = {}
    for page in crawl(browser, seeds):
        assert page.status < 500, page.address
        for found in re.finditer(MARKS, page.said.lower()):
            met.setdefault(found[0], {})[page.address] = page.said[max(0, found.start() - 100) : found.end() + 20]
    return met


def _browser(site: Site) -> TestClient:
    return TestClient(site.client.app, headers={"user-agent": "Mozilla/5.0 (test)"}, follow_redirects=False)


def test_the_public_meets_nothing_internal(site: Site) -> None:
    assert _met(site.client, _seeds(site)) == {}


def test_a_customer_meets_what_is_for_people_who_are_signed_in_and_nothing_else(site: Site) -> None:
    browser = _browser(site)
    with browser.app.state.database.read() as session:
        ticket = session.get(Ticket, 1)
        assert ticket is not None
        alice = ticket.requester
    assert _met(site.client, _seeds(site)) == {}  # what is finished for everybody stays so, whoever comes next
    sign_in(browser, alice)
    met = _met(browser, [*_seeds(site), site.page, f"{site.page}?sent=1", "/account"])
    assert sorted(met) == [mark_of("for-signed-in").lower()]
    _require_everywhere(met[mark_of("for-signed-in").lower()])
    assert "It costs what it says." in browser.get(site.page).text
    assert _met(site.client, _seeds(site)) == {}


def test_an_agent_meets_all_that_is_published(site: Site) -> None:
    browser = _browser(site)
    sign_in(browser, add_person(site.client, "eve@example.com", "agent"))
    met = _met(browser, [*_seeds(site), "/desk/articles?q=zanzibar", "/desk/articles?q=dealer+prices"])
    assert {mark: met[mark] for mark in met if mark.endswith(("draft", "future"))} == {}
    assert sorted(met) == sorted([MARK.lower(), *(mark_of(name).lower() for name in OPEN_TO["agent"])])
    for name in OPEN_TO["agent"]:
        _require_everywhere(met[mark_of(name).lower()])
    assert "/desk/articles?q=zanzibar" in met[mark_of("for-agents").lower()]
    assert f"Ask the {MARK} manager" in browser.get("/desk/tickets/1").text
    assert _met(site.client, _seeds(site)) == {}


def _require_everywhere(met: dict[str, str]) -> None:
    """Those who may read an article meet it on the pages, in hits, suggestions, counts and the list under the search box."""
    places = ("/", "/categories/orders", "/categories/orders/prices", "/search?q=dealer+prices", "/search/instant?q=dealer+prices")
    others = ("/api/search?q=zanzibar&limit=20", "/requests/suggestions?q=dealer+prices", "/articles/public")
    assert [place for place in (*places, *others) if place not in met] == []
    assert [place for place in met if place in ("/sitemap.xml", "/feed.xml")] == []


@pytest.mark.parametrize("role", list(OPEN_TO))
def test_an_article_answers_those_it_is_for_and_is_unknown_to_all_others(site: Site, role: str) -> None:
    browser = _browser(site)
    if role != "anonymous":
        sign_in(browser, add_person(site.client, f"{role}@example.com", role))
    unknown = browser.get("/articles/there-is-none")
    for name in HIDDEN:
        page, moved = browser.get(f"/articles/{name}"), browser.get(f"/articles/{name.upper()}")
        if name in OPEN_TO[role]:
            assert (page.status_code, page.headers["cache-control"]) == (200, "private, no-store")
            assert "Only " in page.text
            assert "can read this" in page.text
            assert moved.headers["location"] == f"/articles/{name}"
            assert browser.get(f"/old/{name}").headers["location"] == f"/articles/{name}"
        else:
            assert (page.status_code, page.text) == (404, unknown.text)
            assert (moved.status_code, browser.get(f"/old/{name}").status_code) == (404, 404)
            assert browser.post(f"/articles/{name}/votes", data={"value": "yes"}).status_code == 404


def test_counts_are_of_what_one_may_read(site: Site) -> None:
    agent = _browser(site)
    sign_in(agent, add_person(site.client, "eve@example.com", "agent"))
    totals = [browser.get("/api/search?q=dealer+prices&limit=50").json()["total"] for browser in (site.client, agent)]
    assert totals == [1, 7]
    assert "7 articles" in agent.get("/search?q=dealer+prices").text


def test_no_mail_tells_anything_internal(site: Site) -> None:
    app = site.client.app
    worker = make_worker(app.state.settings, app.state.database, app.state.templates)
    while worker.run_once(now()):
        pass
    mails = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in (app.state.settings.data / "mail").glob("*.eml")]
    assert len(mails) == 4, "to the requester and to the staff"
    for mail in mails:
        del mail["To"]  # the agents' own addresses hold the mark
        assert MARK.lower() not in (str(mail) + str(mail.get_content())).lower()
