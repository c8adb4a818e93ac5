"""What is offered where a search has nothing to show."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from kb.config import Settings
from kb.events.models import Kind
from kb.events.recorder import CurrentVisit
from kb.site.app import create_app

EMPTY = ("/search?q=zqxwvut", "/search/instant?q=zqxwvut")


@pytest.fixture
def site(settings: Settings) -> Iterator[TestClient]:
    """Three articles of one category and a draft."""
    write(settings.content, "axle")
    write(settings.content, "brakes")
    write(settings.content, "chain")
    write(settings.content, "draft", "draft: true\n")
    with TestClient(create_app(settings), headers={"user-agent": "Mozilla/5.0 (test)"}) as client:
        yield client


def write(content: Path, slug: str, more: str = "") -> None:
    path = content / "riding" / f"{slug}.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"---\ntitle: About the {slug}\n{more}---\nWords.\n", encoding="utf-8")


def read(site: TestClient, slug: str, visits: int) -> None:
    """So many visits read the article."""
    log = site.app.state.recorder  # type: ignore[attr-defined]
    for number in range(visits):
        log.add(CurrentVisit(f"{slug}{number}", f"{slug}{number}", False), Kind.ARTICLE_ENGAGED, slug=slug)
    log.flush()


def offered(site: TestClient, path: str) -> list[str]:
    return re.findall(r'<a href="/articles/(\w+)">About', site.get(path).text)


@pytest.mark.parametrize("path", EMPTY)
def test_the_most_read_articles_are_offered(site: TestClient, path: str) -> None:
    read(site, "axle", 1)
    read(site, "chain", 3)
    read(site, "draft", 5)
    assert offered(site, path) == ["chain", "axle"]


def test_one_reader_who_reads_often_is_one(site: TestClient) -> None:
    read(site, "axle", 2)
    for _ in range(5):
        read(site, "chain", 1)
    assert offered(site, "/search") == ["axle", "chain"]


@pytest.mark.parametrize("path", EMPTY)
def test_before_anybody_has_read_the_categories_are_offered(site: TestClient, path: str) -> None:
    assert '<li><a href="/categories/riding">' in site.get(path).text
    assert offered(site, path) == []


@pytest.mark.parametrize("path", EMPTY)
def test_what_is_kept_out_of_search_is_not_offered(site: TestClient, settings: Settings, path: str) -> None:
    write(settings.content, "brakes", "promoted: true\nsearch: false\n")
    with TestClient(create_app(settings), headers={"user-agent": "Mozilla/5.0 (test)"}) as again:
        read(again, "brakes", 2)
        read(again, "chain", 1)
        assert offered(again, path) == ["chain"]


def test_a_promoted_article_comes_before_the_most_read(site: TestClient, settings: Settings) -> None:
    write(settings.content, "brakes", "promoted: true\n")
    with TestClient(create_app(settings), headers={"user-agent": "Mozilla/5.0 (test)"}) as again:
        read(again, "chain", 2)
        assert offered(again, "/search") == ["brakes", "chain"]


def test_nothing_is_offered_beside_hits(site: TestClient) -> None:
    assert "data-popular" not in site.get("/search/instant?q=chain").text
    assert "Good places to start" not in site.get("/search?q=chain").text
