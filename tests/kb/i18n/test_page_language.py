"""The language of a page: its address, the reader's choice, their browser, the site; and what else the answer says of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from kb.config import Settings
from kb.site.app import create_app

GERMAN = {"accept-language": "de-AT,de;q=0.9,en;q=0.5"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A site with one article in English and in German."""
    folder = settings.content / "orders"
    folder.mkdir()
    (folder / "refund.md").write_text("---\ntitle: Refunds\n---\nWe pay you back.\n", encoding="utf-8")
    (folder / "refund.de.md").write_text("---\ntitle: Erstattung\n---\nWir zahlen zurück.\n", encoding="utf-8")
    (folder / "parcel.md").write_text("---\ntitle: Parcels\n---\nOn their way.\n", encoding="utf-8")
    return settings


@pytest.fixture
def without_german_articles(settings: Settings) -> None:
    """Before the app starts: the site has English articles only."""
    (settings.content / "orders" / "refund.de.md").unlink()


@pytest.fixture
def german_site(settings: Settings, tmp_path: Path) -> Iterator[TestClient]:
    content = tmp_path / "deutsch"
    (content / "bestellungen").mkdir(parents=True)
    (content / "bestellungen" / "erstattung.md").write_text("---\ntitle: Erstattung\n---\nWir zahlen zurück.\n", encoding="utf-8")
    with TestClient(create_app(settings.model_copy(update={"locale": "de", "content": content})), follow_redirects=False) as client:
        yield client


def test_an_article_is_in_the_language_of_its_address(client: TestClient) -> None:
    for headers in ({}, GERMAN, {"cookie": "deskbook_language=de"}):
        english, german = client.get("/articles/refund", headers=headers), client.get("/de/articles/refund", headers=headers)
        assert "Was this helpful?" in english.text
        assert "War das hilfreich?" in german.text
        assert 'lang="de"' in german.text
        assert (english.headers["content-language"], german.headers["content-language"]) == ("en", "de")
        assert "cookie" not in (english.headers["vary"] + german.headers["vary"]).lower(), "one finished page serves every reader"


def test_the_home_page_speaks_the_chosen_language_where_no_article_does(without_german_articles: None, client: TestClient) -> None:
    english = client.get("/")
    assert "How can we help?" in english.text
    assert "How can we help?" in client.get("/", headers=GERMAN).text, "one finished page serves every reader that chose nothing"
    client.get("/sign-in?locale=de")
    for _again in range(2):
        german = client.get("/")
        assert "Wie können wir helfen?" in german.text
        assert '<html lang="de"' in german.text
        assert '<h3><a href="/categories/orders" dir="auto" lang="en">Orders</a></h3>' in german.text
        assert (german.headers["content-language"], german.headers["cache-control"]) == ("de", "private, no-cache")
        assert client.get("/", headers={"cookie": "deskbook_language=en"}).text == english.text
        assert client.get("/", headers={"cookie": "deskbook_language=xx"}).text == english.text
    assert client.get("/", headers={"if-none-match": english.headers["etag"]}).status_code == 200, "a page kept from before is not the German one"


def test_the_home_page_of_a_language_with_articles_has_its_own_address(client: TestClient) -> None:
    client.get("/sign-in?locale=de")
    assert "How can we help?" in client.get("/").text
    assert "Wie können wir helfen?" in client.get("/de/").text


def test_the_form_goes_on_in_the_language_of_the_page_that_led_there(client: TestClient) -> None:
    page = client.get("/de/articles/refund").text
    assert 'href="/requests/new?article=refund&amp;locale=de"' in page
    assert 'href="/requests?locale=de"' in page
    assert client.get("/requests/new?article=refund&locale=de", headers={"accept-language": "en"}).headers["content-language"] == "de"
    assert "locale=" not in client.get("/articles/parcel").text


def test_a_page_that_lacks_a_translation_says_so_in_its_own_language(client: TestClient) -> None:
    page = client.get("/de/articles/parcel").text
    assert "Diesen Artikel gibt es noch nicht auf Deutsch. Sie lesen die Fassung auf English." in page


def test_search_is_in_the_language_of_its_address(client: TestClient) -> None:
    assert "Ergebnisse für „<bdi>zahlen</bdi>“" in client.get("/search?q=zahlen&locale=de").text
    assert "Results for “<bdi>pay</bdi>”" in client.get("/search?q=pay", headers=GERMAN).text
    assert 'aria-label="Artikel"' in client.get("/search/instant?q=zahlen&locale=de").text


def test_the_list_while_typing_is_not_kept_for_readers_of_another_language(client: TestClient) -> None:
    for locale, label in (("de", "Artikel"), ("en", "Articles"), ("de", "Artikel")):
        assert f'aria-label="{label}"' in client.get(f"/search/instant?q=parcel&locale={locale}").text


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-CH", "de"),
        ("DE;q=0.8, en;q=0.2", "de"),
        ("en-GB,en;q=0.9,de;q=0.8", "en"),
        ("fr, de;q=0.5", "de"),
        ("fr, pt-BR", "en"),
        ("*", "en"),
        ("de;q=0, en", "en"),
        ("de;q=nonsense", "en"),
        (",;;q=,*;q=0.1;", "en"),
        ("xx," * 300 + "de", "en"),
    ],
)
def test_other_pages_speak_the_language_that_the_browser_asks_for(client: TestClient, accepted: str, language: str) -> None:
    answer = client.get("/sign-in", headers={"accept-language": accepted})
    assert answer.headers["content-language"] == language
    assert f'<html lang="{language}"' in answer.text
    assert {"cookie", "accept-language"} <= {name.strip().lower() for name in answer.headers["vary"].split(",")}


def test_the_readers_choice_is_remembered_and_beats_the_browser(client: TestClient) -> None:
    chosen = client.get("/sign-in?next=/account&locale=de")
    assert chosen.headers["content-language"] == "de"
    assert "HttpOnly" in chosen.headers["set-cookie"]
    assert "no-store" in chosen.headers["cache-control"]
    again = client.get("/sign-in", headers={"accept-language": "en"})
    assert again.headers["content-language"] == "de"
    assert "set-cookie" not in again.headers
    client.get("/sign-in?locale=en")
    assert client.get("/sign-in", headers=GERMAN).headers["content-language"] == "en"


@pytest.mark.parametrize("value", ["xx", "de/../../etc", "", "de%0d%0aSet-Cookie:x=1", "fr"])
def test_a_choice_that_does_not_exist_changes_nothing(client: TestClient, value: str) -> None:
    answer = client.get(f"/sign-in?locale={value}")
    assert answer.headers["content-language"] == "en"
    assert "deskbook_language" not in answer.headers.get("set-cookie", "")
    assert client.get("/sign-in", headers={"cookie": f"deskbook_language={value}"}).status_code == 200


def test_the_page_offers_its_other_languages_and_keeps_what_else_its_address_says(client: TestClient) -> None:
    page = client.get("/requests/new?subject=Where+is+it%3F&locale=en").text
    assert 'href="?subject=Where+is+it%3F&amp;locale=de" lang="de"' in page
    assert "?locale=" not in client.get("/articles/refund").text, "help-centre pages have addresses of their own"


def test_a_form_that_came_back_offers_no_language_that_would_lose_it(client: TestClient) -> None:
    assert "locale=de" not in client.post("/requests", data={"subject": "Where is it?"}).text


def test_the_site_decides_where_nobody_asks(german_site: TestClient) -> None:
    assert "War das hilfreich?" in german_site.get("/articles/erstattung").text
    assert german_site.get("/sign-in").headers["content-language"] == "de"
    assert german_site.get("/sign-in", headers={"accept-language": "fr"}).headers["content-language"] == "de"
    assert german_site.get("/sign-in", headers={"accept-language": "en"}).headers["content-language"] == "en"
    assert "Seite nicht gefunden" in german_site.get("/articles/none").text


def test_a_language_without_a_catalog_falls_back_to_english(settings: Settings) -> None:
    with TestClient(create_app(settings.model_copy(update={"locale": "es"}))) as client:
        article = client.get("/articles/refund").text
        assert '<html lang="es"' in article
        assert "Was this helpful?" in article
        assert client.get("/sign-in", headers={"accept-language": "es"}).headers["content-language"] == "en"


def test_an_error_is_in_the_language_of_the_address_that_was_asked(client: TestClient) -> None:
    assert "Seite nicht gefunden" in client.get("/de/articles/none").text
    assert "Page not found" in client.get("/articles/none", headers=GERMAN).text
    assert "Seite nicht gefunden" in client.get("/nothing/here", headers=GERMAN).text
    assert client.get("/api/search?q=x&category=none", headers=GERMAN).json()["error"]["detail"].startswith("There is no such category.")


def test_a_program_hears_english(client: TestClient) -> None:
    answer = client.get("/api/tickets/1", headers=GERMAN)
    assert answer.json()["error"]["title"] == "You need to sign in"


def test_the_account_menu_speaks_as_the_page_around_it(client: TestClient) -> None:
    from tests.cast import signed_in

    agent = signed_in(client, "agent@example.com")
    assert "Abmelden" in agent.get("/account/menu?language=de").text
    assert "Sign out" in agent.get("/account/menu?language=en", headers=GERMAN).text
    assert "Sign out" in agent.get("/account/menu?language=qq").text
