"""Each language by real articles and questions, in `languages/`: stop words, word forms, accents, compounds, and text without spaces."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from search.engine import Document, Query
from search.engines.embedded import EmbeddedEngine
from search.text.tokenizer import words
from tests.search.conftest import Pair, document

LANGUAGES: dict[str, dict[str, Any]] = {
    path.stem: yaml.safe_load(path.read_text("utf-8")) for path in sorted((Path(__file__).parent / "languages").glob("*.yml"))
}


def articles(locale: str) -> list[Document]:
    return [document(f"{slug}-{locale}", held["title"], ("", held["text"]), locale=locale) for slug, held in LANGUAGES[locale]["articles"].items()]


def questions(locale: str) -> list[tuple[str, str]]:
    """What customers ask, and the slug of the article that answers."""
    return [(text, f"{slug}-{locale}") for slug, asked in LANGUAGES[locale]["questions"].items() for text in asked]


@pytest.fixture
def shelves(pair: Pair) -> Pair:
    """Both engines with every language beside every other."""
    pair.fill([one for locale in LANGUAGES for one in articles(locale)])
    return pair


def test_there_is_enough_of_each_language() -> None:
    assert set(LANGUAGES) == {"en", "es", "pt", "fr", "de", "it", "nl", "zh", "ja"}
    assert all(len(articles(locale)) >= 8 and len(questions(locale)) >= 16 for locale in LANGUAGES)


def test_questions_find_their_article_in_each_language(shelves: Pair) -> None:
    missed = []
    for locale in LANGUAGES:
        for text, slug in questions(locale):
            hits = {hit.slug: hit for hit in shelves.search(Query(text, locale=locale)).hits[:3]}
            if slug not in hits or "<mark>" not in hits[slug].snippet + hits[slug].title_marked:
                missed.append((locale, text, list(hits)))
    assert not missed


@pytest.mark.parametrize("locale", LANGUAGES)
def test_a_single_language_site_needs_no_locale(locale: str, embedded: EmbeddedEngine) -> None:
    embedded.sync(articles(locale))
    found = {text: [hit.slug for hit in embedded.search(Query(text)).hits[:3]] for text, _ in questions(locale)}
    assert not [(text, found[text]) for text, slug in questions(locale) if slug not in found[text]]


def test_titles_are_found_while_they_are_typed(shelves: Pair) -> None:
    missed = []
    for locale in LANGUAGES:
        least = 1 if locale in ("zh", "ja") else 3
        typed = [(one.title[:length], one.slug) for one in articles(locale) for length in range(least, len(one.title) + 1)]
        missed += [text for text, slug in typed if slug not in [hit.slug for hit in shelves.search(Query(text, locale=locale, is_typing=True)).hits]]
    assert not missed


def test_typing_errors_are_forgiven_in_other_languages(shelves: Pair) -> None:
    for locale, text, topic in (("de", "Pasword zurücksetzen", "password"), ("es", "canselar suscripcion", "cancel"), ("fr", "resilier abonement", "cancel")):
        assert shelves.search(Query(text, locale=locale)).hits[0].slug == f"{topic}-{locale}"


def test_a_word_is_not_corrected_to_one_of_another_language(shelves: Pair) -> None:
    found = shelves.search(Query("waar blijft mijn paket", locale="nl"))
    assert (found.hits[0].slug, found.corrected) == ("parcel-nl", "waar blijft mijn pakket")


@pytest.mark.parametrize(
    ("locale", "held", "asked"),
    [
        ("de", "klammer", "kammer"),
        ("fr", "poison", "poisson"),
        ("es", "camion", "camino"),
        ("it", "cavolo", "cavallo"),
        ("pt", "cabelo", "cavalo"),
        ("nl", "laars", "kaars"),
    ],
)
def test_a_well_spelt_word_is_not_corrected(pair: Pair, locale: str, held: str, asked: str) -> None:
    pair.fill([document("one", held, ("", f"{held} {held}."), locale=locale)])
    assert pair.search(Query(f"{asked}?")).corrected is None
    assert pair.search(Query(f"{held[:3]}{held[2:]}?")).corrected == f"{held}?"


def test_part_of_a_compound_finds_the_whole(pair: Pair) -> None:
    pair.fill([*articles("de"), *articles("nl"), document("software-de", "Programm laden", ("", "Software für alle"), locale="de")])
    for locale, text, topic in (
        ("de", "Adresse", "invoice-address"),
        ("de", "Frist", "return"),
        ("de", "Lieferung", "parcel"),
        ("de", "Rechnungsanschrift", "invoice-address"),
        ("nl", "adres", "invoice-address"),
        ("nl", "labels", "return"),
    ):
        assert pair.search(Query(text, locale=locale)).hits[0].slug == f"{topic}-{locale}", text
        assert pair.search(Query(text, locale=locale, is_typing=True)).hits[0].slug == f"{topic}-{locale}", text
    assert [hit.slug for hit in pair.search(Query("ware", locale="de")).hits] == ["return-de"]


def test_a_compound_stands_behind_the_word_itself(pair: Pair) -> None:
    pair.fill([*articles("de"), document("address", "Adresse ändern", ("", "Im Kundenkonto."), locale="de")])
    assert [hit.slug for hit in pair.search(Query("Adresse ändern", locale="de")).hits][:2] == ["address", "invoice-address-de"]


def test_hyphens_make_no_difference(pair: Pair) -> None:
    pair.fill(
        [
            document("one", "Wi-Fi and e-mail", ("", "Connect.")),
            document("two", "wifi router", ("", "Plug it in.")),
            document("away", "Something else", ("", "A way.")),
        ]
    )
    for text in ("wifi", "wi-fi", "Wi-Fi setup"):
        assert {hit.slug for hit in pair.search(Query(text)).hits} == {"one", "two"}, text
    found = pair.search(Query("email"))
    assert ([hit.slug for hit in found.hits], found.corrected) == (["one"], None)
    assert "<mark>" in found.hits[0].title_marked


def test_wide_and_narrow_letters_are_the_same(shelves: Pair) -> None:
    for locale, text, topic in (("ja", "ﾊﾟｽﾜｰﾄﾞ", "password"), ("ja", "ＱＲコード", "two-step"), ("zh", "２．４ＧＨｚ", "wifi")):
        found = shelves.search(Query(text, locale=locale))
        assert found.hits[0].slug == f"{topic}-{locale}", text
        assert "<mark>" in found.hits[0].snippet + found.hits[0].title_marked


def test_an_unknown_pair_of_characters_is_found_by_one_of_them(shelves: Pair) -> None:
    for locale, text, topic in (("zh", "鞋子怎么退", "return"), ("zh", "我要密", "password"), ("ja", "荷物が届かない", "parcel"), ("ja", "返", "return")):
        assert shelves.search(Query(text, locale=locale, is_typing=True)).hits[0].slug == f"{topic}-{locale}", text


def test_a_snippet_without_spaces_holds_the_sentence_that_matters(pair: Pair) -> None:
    before, after = "電源ボタンを三秒間押してください。" * 12, "ランプが緑色に変わるまで待ちます。" * 12
    pair.fill([document("long", "故障かなと思ったら", ("", f"{before}異音がするときは販売店にご連絡ください。{after}"), locale="ja")])
    snippet = pair.search(Query("異音がする", locale="ja")).hits[0].snippet
    assert snippet.startswith("… <mark>異音</mark>がするときは販売店にご連絡ください。ランプ")
    assert 80 < len(snippet) < 130


def test_text_is_cut_into_words() -> None:
    assert words("Crème brûlée, l'été") == ["creme", "brulee", "l", "ete"]
    assert words("don't C++ C# naïve") == ["dont", "cplusplus", "csharp", "naive"]
    assert words("密码重置 wifi設定") == ["密码", "码重", "重置", "wifi", "設定"]
    assert words("ﾊﾟｽ バス・パス 人々") == ["パス", "バス", "パス", "人々"]
    assert words("Straße snake_case 1.8.19") == ["strasse", "snake", "case", "1", "8", "19"]


def test_german_umlauts_may_be_typed_as_two_letters(pair: Pair) -> None:
    pair.fill([document("delete", "Passwort löschen", ("", "Passwörter"), locale="de"), document("quit", "Abo kündigen", ("", "Vertrag"), locale="de")])
    for text, slug in (("Passwoerter loeschen", "delete"), ("Wie kuendige ich das Abo?", "quit")):
        found = pair.search(Query(text, locale="de"))
        assert (found.hits[0].slug, found.corrected) == (slug, None), text
    assert pair.search(Query("kuend", locale="de", is_typing=True)).hits[0].slug == "quit"
