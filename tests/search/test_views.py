"""The search pages through the front door."""

import re
from dataclasses import replace
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.testclient import TestClient

from kb.articles.article import Article, Catalog, Category, Passage

pytestmark = pytest.mark.usefixtures("shop")


def article(slug: str, title: str, text: str, category: str, **fields: Any) -> Article:
    return Article(
        path=f"{category}/{slug}.md", slug=slug, title=title, html="", digest=text, category=category, section="", passages=(Passage("", (), text),), **fields
    )


ARTICLES = [
    article("adjust-the-brakes", "Adjust the brakes", "Clean the rotor of a squeaking brake with <alcohol>.", "riding", tags=("brakes",)),
    article("charge-the-battery", "Charge the battery", "Charge at room temperature, then check the brakes.", "riding", tags=("battery",)),
    article("track-an-order", "Track an order", "The number is in the mail we sent.", "orders"),
    article("secret", "Secret plans", "MARKER7 brakes", "orders", draft=True),
]


@pytest.fixture
def shop(client: TestClient) -> None:
    fill(client, ARTICLES)


def fill(client: TestClient, articles: list[Article]) -> None:
    """Makes these the articles of the site."""
    shelves = {name: tuple(one for one in articles if one.category == name) for name in ("riding", "orders")}
    categories = tuple(Category(name, name.capitalize(), articles=shelf) for name, shelf in shelves.items())
    catalog = Catalog(1, categories, {one.slug: one for one in articles})
    client.app.state.searcher.sync(catalog)
    client.app.state.library = SimpleNamespace(catalog=catalog)


def ask(client: TestClient, **params: str) -> dict[str, Any]:
    answer = client.get("/api/search", params=params)
    assert answer.status_code == 200
    return answer.json()


def test_a_program_reads_hits_with_their_paths(client: TestClient) -> None:
    told = ask(client, q="how do I stop my brakes from squeaking?")
    assert told.keys() >= {"query", "hits", "total", "answered", "engine", "degraded", "took_ms"}
    assert told["hits"][0].items() >= {"path": "riding/adjust-the-brakes.md", "url": "/articles/adjust-the-brakes", "anchor": ""}.items()
    assert (told["engine"], told["degraded"]) == ("embedded", False)


def test_a_category_narrows_and_an_unknown_one_is_refused(client: TestClient) -> None:
    assert [hit["slug"] for hit in ask(client, q="brakes mail order", category="orders")["hits"]] == ["track-an-order"]
    refused = client.get("/api/search", params={"q": "brakes", "category": 'a" OR audience = "agents'})
    assert (refused.status_code, refused.json()["error"]["status"]) == (400, 400)


@pytest.mark.parametrize("path", ["/api/search?q=", "/search/instant?q=", "/search?q="])
def test_no_query_ends_in_an_error_of_ours(client: TestClient, path: str) -> None:
    for query in ["", "%00", "%ff", "%ed%a0%80", "a" * 20_000, "%20", "%F0%9F%9A%B2", "brakes" * 3000]:
        assert client.get(path + query).status_code in (200, 400, 414)


def test_an_impossible_page_is_the_first_or_the_last(client: TestClient) -> None:
    for number in ["-1", "0", "1e9", "NaN", "9" * 5000, "²", ""]:
        assert client.get("/search", params={"q": "brakes", "page": number}).status_code == 200


@pytest.mark.parametrize("number", ["-1", "0", "51", "1e9", "1.5", "abc", "NaN", "9" * 5000, "²", " ", "%d9%a1"])
def test_a_limit_that_is_none_is_refused_with_those_that_are(client: TestClient, number: str) -> None:
    refused = client.get("/api/search", params={"q": "brakes", "limit": number})
    assert (refused.status_code, refused.json()["error"]["detail"]) == (400, "The limit is a whole number from 1 to 50.")


def test_as_many_hits_come_as_the_limit_says(client: TestClient) -> None:
    counts = [len(client.get("/api/search", params={"q": "brakes battery order refund", "limit": number}).json()["hits"]) for number in ("1", "2", "50", "")]
    assert counts[:2] == [1, 2]
    assert counts[2] == counts[3] > 1


def test_the_box_gets_a_small_list_of_marked_hits(client: TestClient) -> None:
    answer = client.get("/search/instant", params={"q": "adjust br"})
    assert '<li class="hit" role="option" data-href="/articles/adjust-the-brakes"' in answer.text
    assert "<mark>Adjust</mark> the <mark>brakes</mark>" in answer.text
    assert 'data-answered="true"' in answer.text
    assert len(answer.content) < 8000


def test_a_list_asked_for_again_is_the_same_until_the_articles_change(client: TestClient) -> None:
    first = client.get("/search/instant", params={"q": "adjust"})
    assert client.get("/search/instant", params={"q": "adjust"}).content == first.content
    renamed = replace(ARTICLES[0], title="Adjust both brakes", digest="another")
    client.app.state.searcher.sync(Catalog(2, (), {renamed.slug: renamed}))
    assert "both" in client.get("/search/instant", params={"q": "adjust"}).text


def test_the_page_shows_filters_with_counts_and_marks_the_chosen_one(client: TestClient) -> None:
    page = client.get("/search", params={"q": "brakes order"}).text
    assert 'href="/search?q=brakes+order&amp;category=riding">Riding <span class="count">2</span>' in page
    chosen = client.get("/search", params={"q": "brakes order", "category": "riding"}).text
    assert 'aria-current="true">Riding <span class="count">2</span>' in chosen
    assert '<a href="/search?q=brakes+order"><span>Riding<span class="visually-hidden">: remove this filter' in chosen
    assert "Track an order" not in chosen


def test_all_filters_are_removed_at_once_and_the_rest_stays(client: TestClient) -> None:
    page = client.get("/search", params={"q": "brakes order", "category": "riding", "tag": "brakes", "verbatim": "1"}).text
    assert '<a href="/search?q=brakes+order&amp;verbatim=1">Remove all filters</a>' in page


def test_the_page_escapes_what_was_typed_and_what_was_written(client: TestClient) -> None:
    page = client.get("/search", params={"q": "<script>alert(1)</script> alcohol"}).text
    assert "<script>alert(1)" not in page
    assert "&lt;<mark>alcohol</mark>&gt;" in page


def test_a_correction_is_shown_and_can_be_undone(client: TestClient) -> None:
    page = client.get("/search", params={"q": "battry"}).text
    assert 'Showing results for <strong dir="auto">battery</strong>' in page
    assert "/search?q=battry&amp;verbatim=1" in page
    assert "No results for" in client.get("/search", params={"q": "battry", "verbatim": "1"}).text


def test_no_answer_leads_to_the_request_form_with_the_words(client: TestClient) -> None:
    page = client.get("/search", params={"q": "xyzzyplugh & co"}).text
    assert "No results for" in page
    assert "/requests/new?subject=xyzzyplugh%20%26%20co" in page
    assert "Good places to start" in page


def heading(page: str) -> str:
    return unescape(re.sub("<[^>]*>", "", page[page.index("<h1>") : page.index("</h1>")]))


@pytest.mark.parametrize("text", ["?", "？", "??? !!", "…", "🚲"])
def test_signs_alone_are_no_question(client: TestClient, text: str) -> None:
    page = client.get("/search", params={"q": text}).text
    assert heading(page) == "Search"
    assert "Enter a few words" in page
    assert client.get("/search/instant", params={"q": text}).status_code == 200


def test_a_page_beyond_the_last_says_so_and_nothing_else(client: TestClient) -> None:
    page = client.get("/search", params={"q": "brakes", "page": "2"}).text
    assert heading(page) == "Results for “brakes”, page 2"
    assert "There is no page 2" in page
    assert "We may not have an article" not in page
    assert "Page 2 · Search" in page


def test_filters_that_leave_nothing_offer_to_be_removed(client: TestClient) -> None:
    page = client.get("/search", params={"q": "brakes", "type": "faq", "category": "riding"}).text
    assert heading(page) == "No results for “brakes”"
    assert "No results with these filters." in page
    assert '<a class="button" href="/search?q=brakes">Search everything</a>' in page
    assert "Check the spelling" not in page


def test_a_search_that_cannot_search_does_not_say_that_there_is_nothing(client: TestClient) -> None:
    path = client.app.state.searcher.embedded.store.path  # type: ignore[attr-defined]
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    path.mkdir()
    page = client.get("/search", params={"q": "brakes"}).text
    assert heading(page) == "Search is not working right now"
    assert '<a href="/search?q=brakes&amp;">Search again' in page
    assert "/requests/new?subject=brakes" in page
    assert "Check the spelling" not in page
    assert 'data-down="true"' in client.get("/search/instant", params={"q": "brakes"}).text
    path.rmdir()


def test_a_category_is_offered_again_to_the_next_search(client: TestClient) -> None:
    page = client.get("/search", params={"q": "brakes", "category": "riding"}).text
    assert 'data-category="riding" data-category-name="Riding"' in page
    assert '<input type="checkbox" form="search" name="category" value="riding" checked> Search only in Riding' in page
    assert "data-category=" not in client.get("/search", params={"q": "brakes"}).text


def test_a_draft_is_never_found(client: TestClient) -> None:
    for path in ("/api/search?q=MARKER7", "/search/instant?q=MARKER7", "/search?q=secret+plans"):
        assert "MARKER7 brakes" not in client.get(path).text.replace("<mark>", "").replace("</mark>", "")
        assert "/articles/secret" not in client.get(path).text


def test_other_methods_are_refused(client: TestClient) -> None:
    for path in ("/api/search", "/search/instant", "/search"):
        assert client.post(path).status_code == 405


def test_every_hit_is_reached_page_by_page(client: TestClient) -> None:
    fill(client, [article(f"tyre-{number}", f"Change tyre {number}", "Tyres wear out.", "riding") for number in range(123)])
    seen: list[str] = []
    path = "/search?q=tyre"
    while path:
        page = client.get(path).text
        seen += re.findall(r'data-slug="(tyre-\d+)"', page)
        found = re.search(r'<a href="([^"]+)" rel="next"', page)
        path = unescape(found[1]) if found else ""
    assert len(seen) == len(set(seen)) == 123
    assert "There is no page 14" in client.get("/search?q=tyre&page=14").text
