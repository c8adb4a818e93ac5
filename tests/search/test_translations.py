"""Search in several languages: the reader's first, what is not translated after it, nothing twice."""

import re
from datetime import UTC, datetime

from starlette.testclient import TestClient

from kb.articles.catalog.library import Library, Options
from kb.config import Settings
from kb.site.app import create_app
from search.documents import documents
from search.engine import Query
from search.query.rules import SearchRules
from tests.search.conftest import Pair, document

FILES = {
    "billing/refund.md": "title: Get a PayPal refund\n---\nYour money comes back within ten days.",
    "billing/refund.es.md": "title: Obtener un reembolso de PayPal\n---\nEl dinero vuelve en diez días.",
    "billing/paypal.md": "title: PayPal\n---\nPay with PayPal. A refund is possible.",
    "billing/solo.es.md": "title: Facturas de PayPal en España\n---\nSolo para España.",
    "billing/secret.es.md": "title: PayPal draft\ndraft: true\n---\nMARKER",
    "billing/staff.md": "title: Staff prices\n---\nPayPal for everybody.",
    "billing/staff.es.md": "title: Precios internos\naudience: agents\n---\nPayPal interno.",
}


def write(settings: Settings) -> None:
    for path, text in FILES.items():
        file = settings.content / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"---\n{text}\n", encoding="utf-8")


def found(pair: Pair, locale: str | None, audiences: tuple[str, ...] = ("public",)) -> list[tuple[str, str]]:
    return [(hit.slug, hit.locale) for hit in pair.search(Query("paypal", locale=locale, audiences=audiences)).hits]


def test_the_readers_language_comes_first_and_no_article_twice(pair: Pair, settings: Settings) -> None:
    write(settings)
    pair.fill(documents(Library(settings.content, options=Options()).catalog, datetime.now(UTC)))
    spanish = found(pair, "es")
    assert [locale for _, locale in spanish] == ["es", "es", "en", "en"]
    assert {slug for slug, _ in spanish[:2]} == {"refund", "solo"}
    assert {slug for slug, _ in spanish[2:]} == {"paypal", "staff"}
    english = found(pair, "en")
    assert english[-1] == ("solo", "es")
    assert {slug for slug, locale in english if locale == "en"} == {"refund", "paypal", "staff"}
    assert len({slug for slug, _ in found(pair, None)}) == len(found(pair, None)) == 4
    assert ("staff", "es") in found(pair, "es", ("public", "agents"))


def test_a_search_is_taken_along_into_another_language(settings: Settings) -> None:
    write(settings)
    with TestClient(create_app(settings)) as client:
        page = client.get("/search?q=pay+pal%26&locale=es&category=billing&page=1").text
        switch = page[page.index('<nav class="languages"') :].partition("</nav>")[0]
        assert '<a href="/search?q=pay+pal%26&amp;category=billing" lang="en" hreflang="en">English</a>' in switch
        assert '<a href="/search?q=pay+pal%26&amp;category=billing&amp;locale=es" lang="es" hreflang="es" aria-current="true">Español</a>' in switch
        assert 'rel="alternate"' not in page.partition("</head>")[0].replace('rel="alternate" type', "")
        assert '<a href="/search?locale=es" lang="es"' in client.get("/search").text
        assert 'aria-current="true">Español</a>' in client.get("/search?q=paypal&locale=es-MX").text


def test_a_site_with_one_language_offers_no_other(settings: Settings) -> None:
    (settings.content / "help").mkdir(parents=True)
    (settings.content / "help/refund.md").write_text("---\ntitle: Refund\n---\nMoney.\n", encoding="utf-8")
    with TestClient(create_app(settings)) as client:
        page = client.get("/search?q=refund").text
        assert "Refund" in page
        assert "languages" not in page
        assert " lang=" not in page.partition("<body>")[2]


def test_what_hardly_matches_does_not_bury_the_answer_in_another_language(pair: Pair) -> None:
    """Pins apart: a hit in the reader's language comes first from 0.6 of the score of the best other on."""
    both = ("es", "en")
    pair.fill(
        [
            document("error", "Error 4102 while installing", ("", "Error 4102 means that the disk is full."), readers=both),
            document("install", "Instalar la aplicación", ("", "La instalación dura cinco minutos y no da ningún error."), locale="es", readers=("es",)),
            document("codes", "Error 4102", ("", "Disco lleno: error 4102."), locale="es", readers=()),
        ]
    )
    answer, *rest = pair.search(Query("error 4102 al instalar", locale="es")).hits
    assert (answer.slug, answer.locale) == ("codes", "es")
    assert [hit.slug for hit in rest] == ["error", "install"]


def test_words_of_another_language_find_the_readers_version(pair: Pair, settings: Settings) -> None:
    write(settings)
    (settings.content / "billing/paypal.es.md").write_text("---\ntitle: Pagar con PayPal\n---\nPague.\n", encoding="utf-8")
    (settings.content / "billing/staff.md").unlink()
    pair.fill(documents(Library(settings.content, options=Options()).catalog, datetime.now(UTC)))
    answer = pair.search(Query("your money comes back", locale="es"))
    hit = answer.hits[0]
    assert (hit.slug, hit.locale, hit.title) == ("refund", "es", "Obtener un reembolso de PayPal")
    assert hit.snippet.replace("<mark>", "").replace("</mark>", "") == "El dinero vuelve en diez días."
    assert pair.search(Query("zzyzx", locale="es")).total == 0
    assert not pair.search(Query("everybody interno", locale="en")).hits


def test_a_pin_leads_to_the_version_in_the_readers_language(pair: Pair, settings: Settings) -> None:
    write(settings)
    pair.fill(documents(Library(settings.content, options=Options()).catalog, datetime.now(UTC)))
    for name in ("refund", "billing/refund.md", "billing/refund.es.md"):
        pair.embedded.answerer.rules = SearchRules(pins={("paypal",): name})
        for locale, expected in (("es", "es"), ("en", "en")):
            assert found(pair, locale)[0] == ("refund", expected), (name, locale)
        assert len({slug for slug, _ in found(pair, "es")}) == len(found(pair, "es")) == 4
    pair.embedded.answerer.rules = SearchRules(pins={("paypal",): "solo"})
    assert found(pair, "en")[0] == ("solo", "es")


def test_a_new_translation_takes_the_place_of_its_source(pair: Pair, settings: Settings) -> None:
    write(settings)
    library = Library(settings.content, options=Options())
    pair.fill(documents(library.catalog, datetime.now(UTC)))
    (settings.content / "billing/paypal.es.md").write_text("---\ntitle: Pagar con PayPal\n---\nPague.\n", encoding="utf-8")
    library.refresh()
    pair.fill(documents(library.catalog, datetime.now(UTC)))
    assert [slug for slug, locale in found(pair, "es") if locale == "en"] == ["staff"]
    assert ("paypal", "en") in found(pair, "en")


def test_the_pages_of_search_keep_the_readers_language(settings: Settings) -> None:
    write(settings)
    with TestClient(create_app(settings)) as client:
        hits = client.get("/api/search?q=paypal&locale=es").json()["hits"]
        assert {hit["url"] for hit in hits} == {f"/es/articles/{slug}" for slug in ("refund", "solo", "paypal", "staff")}
        assert all(client.get(hit["url"]).status_code == 200 for hit in hits)
        for path in ("/search?q=paypal&locale=es", "/search/instant?q=payp&locale=es"):
            page = client.get(path).text
            assert '<span class="other-language">English</span>' in page
            assert "/es/articles/refund" in page
            assert re.findall(r'<li class="(?:hit|search-result)"[^>]* lang="(\w+)"', page) == ["es", "es", "en", "en"]
        assert 'name="locale" value="es"' in client.get("/search?q=paypal&locale=es").text
        assert client.get("/search?q=paypal&locale=xx").status_code == 200
        unknown = client.get("/api/search?q=paypal&locale=xx").json()["hits"]
        assert {hit["url"] for hit in unknown if hit["locale"] == "en"} == {"/articles/refund", "/articles/paypal", "/articles/staff"}
