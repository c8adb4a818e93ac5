"""Whatever a document holds, what is served of it is what the sanitiser returned last, and holds nothing that could run."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from kb.articles.article import Article
from kb.articles.markdown.complexity import TooComplex
from kb.articles.markdown.render import render
from kb.articles.markdown.sanitise import finish
from kb.articles.pages.faq import answer, embedded, structured_data
from kb.site.content_watcher import refresh
from tests.articles.html_documents import BROKEN, documents
from tests.articles.page_audit import faults, ids
from tests.generators import searches

HOSTS = ("www.youtube-nocookie.com", "player.vimeo.com")


def served(text: str) -> Iterator[str]:
    """Every form in which an article's HTML leaves the site."""
    try:
        html = render(text, iframe_hosts=HOSTS).html
    except TooComplex:
        return
    article = Article("a/b/one.md", "one", "One", html, "0", "a", "b")
    yield html
    yield answer(article)
    yield embedded(article)
    yield structured_data([article], "https://help.example")["mainEntity"][0]["acceptedAnswer"]["text"]


@pytest.mark.slow
@searches(examples=200)
@given(documents())
@example("<iframe><meta http-equiv=refresh content='0;url=http://other'></iframe>")
@example("<a id='mailto:a@b.example?bcc=c@d.example'></a>")
@example("<iframe><details open ontoggle=alert(1)></iframe>")
def test_no_document_brings_anything_that_could_run(text: str) -> None:
    for html in served(text):
        assert faults(html) == []


@pytest.mark.slow
@searches(examples=100)
@given(documents())
@example("<a><h1><a href=x><table><a href=javascript:1>y</h1></a>\n\nword\n- ")
def test_ids_stay_unique_and_what_is_finished_stays_as_it_is(text: str) -> None:
    for html in served(text):
        assert finish(html) == html
        assert len(set(ids(html))) == len(ids(html))


@searches(examples=100)
@given(st.lists(st.sampled_from(BROKEN), min_size=1, max_size=6).map("".join))
def test_the_last_step_alone_lets_nothing_through(html: str) -> None:
    assert faults(finish(html)) == []
    assert faults(finish(html, lambda _tag, _name, value: value + '"><script>1</script>')) == []


@pytest.mark.slow
@searches(examples=40)
@given(documents())
def test_pages_hold_the_finished_html_and_nothing_else_of_it(client: TestClient, text: str) -> None:
    for name, kind in (("one", "article"), ("two", "faq")):
        folder: Path = client.app.state.settings.content / "help" / kind
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.md").write_text(f"---\ntitle: Capacitor {name}\ntype: {kind}\n---\n\n{text}\n", "utf-8", "surrogatepass")
    refresh(client.app.state.library, client.app.state.searcher)
    articles = client.app.state.library.catalog.articles
    if "one" not in articles:
        return
    held = articles["one"]
    page = client.get("/articles/one").text
    assert held.html in page
    assert faults(page.partition("data-found-in>")[2].partition('<aside class="article-side"')[0].rpartition("</div>")[0]) == []
    assert embedded(held) in client.get("/requests/suggestions/one").text
    assert answer(articles["two"]) in client.get("/categories/help/faq").text
    for hit in client.get("/api/search", params={"q": "capacitor"}).json()["hits"]:
        assert faults(hit["snippet"]) == []
