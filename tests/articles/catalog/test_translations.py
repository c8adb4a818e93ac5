"""Articles in several languages: their addresses, their fallback, what machines are told, and what writers are warned of."""

import os
import re
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from kb.articles.catalog.library import Library
from kb.articles.lint.linter import check
from kb.config import Settings
from kb.events.models import Event
from kb.site.app import create_app
from kb.web.locales import name_of, split_name
from tests.articles.conftest import Write

FILES = {
    "billing/_index.md": "title: Billing\norder: 1",
    "billing/_index.es.md": "title: Facturación\ndescription: Pagos y facturas",
    "billing/refunds/get-a-refund.md": "title: Get a refund\nid: 100\naliases: [/old/refunds]",
    "billing/refunds/get-a-refund.es.md": "title: Obtener un reembolso\nid: 100\naliases: [/viejo/reembolso]",
    "billing/refunds/get-a-refund.pt-BR.md": "title: Obter um reembolso",
    "billing/refunds/how-long.md": "title: How long a refund takes",
    "billing/refunds/solo.es.md": "title: Solo en castellano",
    "billing/refunds/hidden.md": "title: Hidden in Spanish",
    "billing/refunds/hidden.es.md": "title: MARKER\ndraft: true",
}
BODY = "Words. See [how long](how-long.md) and [billing](/categories/billing).\n"


@pytest.fixture
def client(settings: Settings) -> TestClient:
    for path, front in FILES.items():
        file = settings.content / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"---\n{front}\n---\n\n{'' if '_index' in path else BODY}", encoding="utf-8")
    with TestClient(create_app(settings), headers={"user-agent": "Mozilla/5.0 (test)"}, follow_redirects=False) as opened:
        yield opened  # type: ignore[misc]


def test_every_version_has_its_own_address_and_names_the_others(client: TestClient) -> None:
    english, spanish = client.get("/articles/get-a-refund").text, client.get("/es/articles/get-a-refund").text
    assert '<html lang="en">' in english
    assert "<h1>Get a refund</h1>" in english
    assert '<html lang="es">' in spanish
    assert "<h1>Obtener un reembolso</h1>" in spanish
    for page in (english, spanish):
        for locale, path in (("en", ""), ("es", "/es"), ("pt-br", "/pt-br"), ("x-default", "")):
            assert f'hreflang="{locale}" href="http://127.0.0.1:8000{path}/articles/get-a-refund"' in page
        assert 'lang="pt-br" hreflang="pt-br">Português (Brasil)</a>' in page
    assert '<link rel="canonical" href="http://127.0.0.1:8000/es/articles/get-a-refund">' in spanish


def test_what_is_not_translated_is_shown_in_the_sites_language_and_says_so(client: TestClient) -> None:
    page = client.get("/es/articles/how-long").text
    assert "<h1>How long a refund takes</h1>" in page
    assert "You are reading the English version" in page
    assert '<html lang="en">' in page
    assert '<link rel="canonical" href="http://127.0.0.1:8000/articles/how-long">' in page
    assert 'rel="alternate" hreflang' not in page
    assert "Only in" not in client.get("/articles/how-long").text


def test_an_article_only_in_another_language_is_found_and_marked(client: TestClient) -> None:
    page = client.get("/articles/solo").text
    assert "You are reading the Español version" in page
    assert '<link rel="canonical" href="http://127.0.0.1:8000/es/articles/solo">' in page
    assert "Only in" not in client.get("/es/articles/solo").text


def test_a_draft_translation_leaves_the_source_in_its_place(client: TestClient) -> None:
    page = client.get("/es/articles/hidden").text
    assert "Hidden in Spanish" in page
    assert "You are reading the English version" in page
    assert all("MARKER" not in client.get(path).text for path in ("/es/", "/es/categories/billing", "/sitemap.xml", "/search?q=marker&locale=es"))


def test_shelves_have_names_and_links_in_the_language_of_the_page(client: TestClient) -> None:
    assert "Facturación" in client.get("/es/").text
    assert 'href="/es/categories/billing"' in client.get("/es/").text
    page = client.get("/es/categories/billing").text
    assert "<h1>Facturación</h1>" in page
    assert 'href="/es/articles/get-a-refund">Obtener un reembolso</a>' in page
    assert 'How long a refund takes</a> <span class="other-language">English</span>' in page
    assert "<h1>Billing</h1>" in client.get("/categories/billing").text
    assert client.get("/es/categories/billing/refunds").status_code == 200


def test_links_in_a_translation_stay_in_its_language(client: TestClient) -> None:
    page = client.get("/es/articles/get-a-refund").text
    assert 'href="/es/articles/how-long"' in page
    assert 'href="/es/categories/billing">billing' in page
    assert 'name="locale" value="es"' in page


def test_languages_the_site_does_not_have_are_not_found(client: TestClient) -> None:
    for path in ("/fr/", "/fr/articles/get-a-refund", "/es/articles/none", "/es/categories/none", "/xx/articles/get-a-refund", "/en/articles/get-a-refund"):
        assert client.get(path).status_code == 404, path
    assert client.post("/fr/articles/get-a-refund/votes", data={"value": "yes"}, headers={"sec-fetch-site": "same-origin"}).status_code == 404


def test_public_pages_do_not_depend_on_the_readers_browser(client: TestClient) -> None:
    plain = client.get("/articles/get-a-refund").content
    assert client.get("/articles/get-a-refund", headers={"accept-language": "es"}).content == plain


def test_old_addresses_lead_to_the_language_they_name(client: TestClient) -> None:
    for old, new in (
        ("/hc/es/articles/100-x", "/es/articles/get-a-refund"),
        ("/hc/es-419/articles/100", "/es/articles/get-a-refund"),
        ("/hc/en-us/articles/100", "/articles/get-a-refund"),
        ("/old/refunds", "/articles/get-a-refund"),
        ("/viejo/reembolso", "/es/articles/get-a-refund"),
    ):
        answer = client.get(old)
        assert (answer.status_code, answer.headers["location"]) == (301, new)


def test_the_sitemap_names_every_version_with_its_alternates(client: TestClient) -> None:
    sitemap = client.get("/sitemap.xml").text
    assert sitemap.count('hreflang="es" href="http://127.0.0.1:8000/es/articles/get-a-refund"') == 3
    assert "<loc>http://127.0.0.1:8000/es/articles/solo</loc>" in sitemap
    pages = re.findall(r"<loc>http://127.0.0.1:8000([^<]*)</loc>", sitemap)
    assert {"/", "/es/", "/pt-br/", "/categories/billing", "/es/categories/billing"} <= {*pages}
    assert len(pages) == len({*pages})
    assert all(client.get(page).status_code == 200 for page in pages)
    assert "/es/articles/how-long" not in sitemap


def test_votes_and_views_are_recorded_with_their_language(client: TestClient) -> None:
    client.get("/es/articles/get-a-refund")
    answer = client.post("/es/articles/get-a-refund/votes", data={"value": "yes"}, headers={"sec-fetch-site": "same-origin"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/es/articles/get-a-refund/votes/yes")
    assert client.get(answer.headers["location"]).status_code == 200
    client.app.state.recorder.flush()  # type: ignore[attr-defined]
    with client.app.state.database.read() as session:  # type: ignore[attr-defined]
        assert {(event.slug, event.locale) for event in session.query(Event)} == {("get-a-refund", "es")}


def test_an_article_may_name_its_language_in_the_front_matter(write: Write, library: Callable[..., Library]) -> None:
    write("a/x.md")
    write("b/x.md", locale="fr")
    write("b/y.md", locale="en")
    catalog = library().catalog
    assert {article.url for article in catalog.versions} == {"/articles/x", "/fr/articles/x", "/articles/y"}
    assert catalog.problems == ()


def test_two_files_of_one_language_may_not_share_an_address(write: Write, library: Callable[..., Library]) -> None:
    write("a/x.es.md")
    write("b/x.md", locale="es")
    assert [problem.message for problem in library().catalog.problems] == ["has the same address /es/articles/x as a/x.es.md: rename one of the two"]


def test_missing_translations_are_warned_of(write: Write, library: Callable[..., Library]) -> None:
    write("a/x.md")
    write("a/y.md")
    write("a/x.es.md")
    found = check(library())
    assert [(problem.path, problem.message, problem.is_error) for problem in found] == [
        ("a/y.md", "is not translated into Español yet: add y.es.md", False),
    ]


def test_a_translation_older_than_its_source_is_warned_of(root: Path, write: Write, library: Callable[..., Library]) -> None:
    def git(*words: str, day: int = 1) -> None:
        moment = datetime(2026, 3, day, tzinfo=UTC).isoformat()
        names = {"GIT_AUTHOR_NAME": "W", "GIT_AUTHOR_EMAIL": "w@example.com", "GIT_COMMITTER_NAME": "W", "GIT_COMMITTER_EMAIL": "w@example.com"}
        dates = {"GIT_AUTHOR_DATE": moment, "GIT_COMMITTER_DATE": moment}
        subprocess.run(["git", "-C", str(root), *words], check=True, capture_output=True, env=os.environ | names | dates)

    write("a/x.md")
    write("a/x.es.md")
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "both", day=1)
    assert check(library()) == []
    write("a/x.md", "New text.")
    git("commit", "-qam", "changed", day=9)
    assert [(problem.path, problem.message) for problem in check(library())] == [
        ("a/x.es.md", "was translated before a/x.md changed on 2026-03-09: bring it up to date")
    ]


def test_file_names_and_languages_are_told_apart() -> None:
    assert split_name("reset.es") == ("reset", "es")
    assert split_name("reset.pt-BR") == ("reset", "pt-br")
    assert split_name("blink.ino") == ("blink.ino", "")
    assert split_name("node.js") == ("node.js", "")
    assert split_name("v1.2") == ("v1.2", "")
    assert (name_of("de"), name_of("pt-br"), name_of("en-gb"), name_of("tlh")) == ("Deutsch", "Português (Brasil)", "English (GB)", "tlh")
