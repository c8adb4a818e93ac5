"""The pages of the help centre, through the front door."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from kb.config import Settings
from kb.events.models import Event
from kb.migrations import migrate
from kb.site.app import create_app

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x03\0\0\0\x02"
SAME_SITE = {"sec-fetch-site": "same-origin"}
FILES = {
    "Billing/Refunds/Get-a-refund.md": "title: Get a refund\nid: 100\nsummary: How money comes back\npromoted: true\naliases: [/old/refunds]\ntags: [money]",
    "Billing/Refunds/How-long-it-takes.md": "title: How long a refund takes",
    "Billing/Invoices/Where-is-my-invoice.md": "title: Where is my invoice?\ntype: faq",
    "Billing/Invoices/Change-the-address.md": "title: Can I change the address?\ntype: faq",
    "Start/Tutorials/One.md": "title: First steps\ntype: tutorial\nminutes: 15\norder: 1",
    "Start/Tutorials/Two.md": "title: Second steps\ntype: tutorial\norder: 2",
    "Start/Tutorials/Secret.md": "title: MARKER-draft\ndraft: true",
    "Start/Tutorials/Later.md": "title: MARKER-later\npublish_at: 2999-01-01",
    "Start/Tutorials/Internal.md": "title: MARKER-internal\naudience: agents",
}
BODY = "MARK words.\n\n## Before you begin\n\nText with `code`.\n\n### Deeper\n\nMore.\n\n## Then\n\n![A dot](img/dot.png)\n\n```python\nprint(1)\n```\n"


@pytest.fixture
def client(settings: Settings) -> TestClient:
    for path, front in FILES.items():
        file = settings.content / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"---\n{front}\n---\n\n{BODY}", encoding="utf-8")
    (settings.content / "Billing/Refunds/img").mkdir()
    (settings.content / "Billing/Refunds/img/dot.png").write_bytes(PNG)
    (settings.content / "Billing/Refunds/img/x.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>")
    (settings.content / "Billing/Refunds/img/page.html").write_text("<script>1</script>")
    app = create_app(settings)
    migrate(app.state.database)
    with TestClient(app, headers={"user-agent": "Mozilla/5.0 (test)"}, follow_redirects=False) as opened:
        yield opened  # type: ignore[misc]


def events(client: TestClient, kind: str) -> list[Event]:
    client.app.state.recorder.flush()  # type: ignore[attr-defined]
    with client.app.state.database.read() as session:  # type: ignore[attr-defined]
        return list(session.scalars(select(Event).where(Event.kind == kind).order_by(Event.id)))


def test_home_shows_the_search_what_is_promoted_and_every_category(client: TestClient) -> None:
    page = client.get("/").text
    assert 'action="/search"' in page
    assert page.index("Get a refund") < page.index("Browse by topic") < page.index('href="/categories/billing"') < page.index('href="/categories/start"')
    assert "4 articles" in page


def test_home_of_an_empty_help_centre_says_what_to_do(settings: Settings) -> None:
    app = create_app(settings)
    migrate(app.state.database)
    with TestClient(app) as empty:
        assert "No articles yet" in empty.get("/").text


def test_a_category_lists_its_sections_and_their_articles(client: TestClient) -> None:
    page = client.get("/categories/billing").text
    assert 'href="/categories/billing/refunds"' in page
    assert 'href="/articles/get-a-refund"' in page
    assert client.get("/categories/nothing").status_code == 404
    assert client.get("/categories/billing/nothing").status_code == 404


def test_a_section_of_questions_reads_as_one_page(client: TestClient) -> None:
    page = client.get("/categories/billing/invoices").text
    assert page.count('<details class="question"') == 2
    assert 'id="q-where-is-my-invoice"' in page
    data = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)[1])  # type: ignore[index]
    assert data["@type"] == "FAQPage"
    assert [entity["name"] for entity in data["mainEntity"]] == ["Can I change the address?", "Where is my invoice?"]


def test_answers_on_one_page_have_no_id_twice_and_machines_get_whole_addresses(client: TestClient, settings: Settings) -> None:
    for name in ("Where-is-my-invoice", "Change-the-address"):
        text = f'---\ntitle: {name}\ntype: faq\n---\n\n## Then {{#then}}\n\nAgain [then](#then), [refunds](../Refunds/Get-a-refund.md), id="then".'
        (settings.content / f"Billing/Invoices/{name}.md").write_text(text)
    client.app.state.library.refresh()  # type: ignore[attr-defined]
    page = client.get("/categories/billing/invoices").text
    ids = re.findall(r'<[^>]* id="([^"]*)"', page)
    assert len(ids) == len(set(ids))
    assert {"where-is-my-invoice--then", "change-the-address--then"} <= set(ids)
    assert page.count('href="#where-is-my-invoice--then"') == 2
    assert page.count('id="then".') == 2
    data = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)[1])  # type: ignore[index]
    text = data["mainEntity"][1]["acceptedAnswer"]["text"]
    assert 'href="http://127.0.0.1:8000/articles/get-a-refund"' in text
    assert 'href="http://127.0.0.1:8000/articles/where-is-my-invoice#then"' in text
    assert "permalink" not in text


def test_an_article_page_has_what_a_reader_expects(client: TestClient) -> None:
    page = client.get("/articles/get-a-refund").text
    assert '<link rel="canonical" href="http://127.0.0.1:8000/articles/get-a-refund">' in page
    assert re.search(r'aria-label="Breadcrumbs".*Billing.*Refunds', page, re.DOTALL)
    assert 'href="#before-you-begin"' in page
    assert "data-copy-link" in page
    assert re.search(r'Updated <time datetime="\d{4}-\d\d-\d\dT', page)
    assert re.search(r'Related articles.*href="/articles/how-long-it-takes"', page, re.DOTALL)
    assert 'action="/articles/get-a-refund/votes"' in page
    assert 'href="/requests/new?article=get-a-refund"' in page
    assert 'width="3" height="2"' in page
    assert "##" not in page
    assert "```" not in page


def test_tutorials_show_steps_time_and_their_neighbours(client: TestClient) -> None:
    first, second = client.get("/articles/one").text, client.get("/articles/two").text
    assert "2 steps" in first
    assert "About 15 minutes" in first
    assert '<a rel="next" href="/articles/two">' in first
    assert 'rel="prev"' not in first
    assert '<a rel="prev" href="/articles/one">' in second


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/old/refunds", "/articles/get-a-refund"),
        ("/old/refunds/", "/articles/get-a-refund"),
        ("/hc/en-us/articles/100", "/articles/get-a-refund"),
        ("/hc/de/articles/100-Any-words", "/articles/get-a-refund"),
        ("/hc/articles/100", "/articles/get-a-refund"),
        ("/hc/en-us/articles/100/", "/articles/get-a-refund"),
        ("/hc/en-us/articles/100-Any-words/", "/articles/get-a-refund"),
        ("/hc/en-us/articles/100-Any-words/comments/7", "/articles/get-a-refund"),
        ("/articles/Get-a-Refund", "/articles/get-a-refund"),
        ("/hc/en-us", "/"),
        ("/hc/en-us/search?query=lost+money", "/search?q=lost+money"),
        ("/hc/en-us/requests/new", "/requests/new"),
    ],
)
def test_old_addresses_lead_to_the_new_ones(client: TestClient, old: str, new: str) -> None:
    answer = client.get(old)
    assert (answer.status_code, answer.headers["location"]) == (301, new)


@pytest.mark.parametrize(
    "path",
    ["/articles/nothing", "/articles/secret", "/articles/later", "/articles/internal", "/hc/en-us/articles/999", "/hc/en-us/articles/x",
     "/hc/a/b/c", "/nothing", "/old/none",
     "/articles/a%00b", "/articles/..%2f..%2fetc%2fpasswd", "/assets/x/../../etc/passwd", "/articles/" + "a" * 3000],
)  # fmt: skip
def test_what_is_not_there_or_not_public_is_not_found_in_plain_words(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "Page not found" in answer.text
    assert 'action="/search"' in answer.text
    assert 'href="/requests/new"' in answer.text


def test_drafts_later_and_restricted_articles_appear_nowhere(client: TestClient) -> None:
    for path in ("/", "/categories/start", "/categories/start/tutorials", "/sitemap.xml", "/feed.xml", "/articles/one", "/articles/two"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "MARKER" not in answer.text
        assert not re.search(r"/articles/(secret|later|internal)", answer.text)


def test_sitemap_feed_and_robots_list_every_public_page(client: TestClient) -> None:
    places = [element.text for element in ElementTree.fromstring(client.get("/sitemap.xml").text).findall(".//{*}loc")]
    paths = [place.removeprefix("http://127.0.0.1:8000") for place in places if place]
    assert len(paths) == len(set(paths)) == 1 + 2 + 3 + 6
    assert all(client.get(path).status_code == 200 for path in paths)
    feed = ElementTree.fromstring(client.get("/feed.xml").text)
    assert len(feed.findall("{http://www.w3.org/2005/Atom}entry")) == 6
    assert "Sitemap: http://127.0.0.1:8000/sitemap.xml" in client.get("/robots.txt").text


def test_a_page_seen_before_is_not_sent_again(client: TestClient) -> None:
    first = client.get("/articles/one")
    again = client.get("/articles/one", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_view_is_recorded_the_first_time_and_every_time_but_not_for_machines(client: TestClient) -> None:
    client.head("/articles/one")
    client.get("/articles/one", headers={"user-agent": "Examplebot/1.0"})
    client.get("/articles/one", headers={"sec-purpose": "prefetch"})
    assert events(client, "article_view") == []
    client.get("/articles/two")
    client.get("/articles/two")
    seen = events(client, "article_view")
    assert [event.slug for event in seen] == ["two", "two"]
    assert seen[0].digest
    assert seen[0].visit == seen[1].visit


def test_a_vote_is_recorded_and_a_no_asks_why(client: TestClient) -> None:
    yes = client.post("/articles/one/votes", data={"value": "yes"}, headers=SAME_SITE)
    assert (yes.status_code, yes.headers["location"]) == (303, "/articles/one/votes/yes")
    assert "Thank you" in client.get("/articles/one/votes/yes").text
    no = client.post("/articles/one/votes", data={"value": "no"}, headers=SAME_SITE)
    page = client.get(no.headers["location"]).text
    assert 'name="reason"' in page
    assert 'href="/requests/new?article=one"' in page
    done = client.post(
        "/articles/one/votes", data={"value": "no", "reason": "Too short, write to me@example.com", "choice": "Something else"}, headers=SAME_SITE
    )
    assert done.headers["location"] == "/articles/one/votes/done"
    assert [event.value for event in events(client, "vote")] == ["yes", "no"]
    assert events(client, "vote_reason")[0].value == "Something else: Too short, write to [email]"


def test_a_vote_by_script_answers_with_the_fragment_alone(client: TestClient) -> None:
    answer = client.post("/articles/one/votes", data={"value": "no", "fragment": "1"}, headers=SAME_SITE)
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert 'name="reason"' in answer.text


def test_votes_are_refused_when_they_make_no_sense(client: TestClient) -> None:
    assert client.post("/articles/one/votes", data={"value": "maybe"}, headers=SAME_SITE).status_code == 400
    assert client.post("/articles/one/votes", headers=SAME_SITE).status_code == 400
    assert client.post("/articles/secret/votes", data={"value": "yes"}, headers=SAME_SITE).status_code == 404
    assert client.post("/articles/one/votes", data={"value": "yes"}, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert client.get("/articles/one/votes").status_code == 405
    assert client.get("/articles/one/votes/maybe").status_code == 404
    assert events(client, "vote") == []


def asset_url(client: TestClient) -> str:
    return re.search(r'src="(/assets/[^"]*)"', client.get("/articles/get-a-refund").text)[1]  # type: ignore[index]


def test_images_may_be_kept_for_a_year_and_move_when_they_change(client: TestClient, settings: Settings) -> None:
    url = asset_url(client)
    answer = client.get(url)
    assert answer.content == PNG
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "image/png"
    (settings.content / "Billing/Refunds/img/dot.png").write_bytes(PNG + b"more")
    client.app.state.library.refresh()  # type: ignore[attr-defined]
    moved = client.get(url)
    assert moved.status_code == 301
    assert asset_url(client) == moved.headers["location"] != url


def test_a_drawing_is_sandboxed_and_downloaded_and_other_files_are_not_served(client: TestClient) -> None:
    found = client.get("/assets/x/Billing/Refunds/img/x.svg")
    drawing = client.get(found.headers["location"])
    assert drawing.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in drawing.headers["content-security-policy"]
    assert drawing.headers["x-content-type-options"] == "nosniff"
    for path in ("Billing/Refunds/img/page.html", "Billing/Refunds/Get-a-refund.md", ".git/config", "%2e%2e/conftest.py"):
        assert client.get(f"/assets/x/{path}").status_code == 404


def test_a_change_shows_on_the_running_site(client: TestClient, settings: Settings, tmp_path: Path) -> None:
    (settings.content / "Start/Tutorials/One.md").write_text("---\ntitle: Renamed\n---\n\nFresh words\n")
    client.app.state.library.refresh()  # type: ignore[attr-defined]
    assert "Fresh words" in client.get("/articles/one").text
    (settings.content / "Start/Tutorials/One.md").unlink()
    client.app.state.library.refresh()  # type: ignore[attr-defined]
    assert client.get("/articles/one").status_code == 404
    assert "/articles/one" not in client.get("/sitemap.xml").text
