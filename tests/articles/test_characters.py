"""Characters that turn text around or that XML forbids do no harm, wherever a writer puts them."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from kb.articles.lint.linter import check
from kb.site.content_watcher import refresh
from kb.text.characters import settled, without_forbidden
from tests.generators import searches

FORBIDDEN = [chr(code) for code in (*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF)]
TURNS = "\u202a\u202b\u202c\u202d\u202e"
PATHS = ("/", "/categories/help", "/categories/help/parts", "/articles/one", "/search?q=capacitor", "/feed.xml", "/sitemap.xml")


def publish(client: TestClient, body: str = "Text.", folder: str = "help/parts", **front: str) -> None:
    path: Path = client.app.state.settings.content / folder / "one.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f'{key}: "{_escaped(value)}"' for key, value in ({"title": "Capacitor"} | front).items()]
    path.write_text("---\n" + "\n".join(lines) + f"\n---\n\n{body}\n", encoding="utf-8")
    refresh(client.app.state.library, client.app.state.searcher)
    assert "one" in client.app.state.library.catalog.articles, client.app.state.library.catalog.problems


def _escaped(text: str) -> str:
    return "".join(f"\\u{ord(character):04X}" if not character.isprintable() and ord(character) < 0x10000 else character for character in text)


@pytest.mark.parametrize("character", FORBIDDEN, ids=lambda character: f"U+{ord(character):04X}")
def test_feed_and_sitemap_are_well_formed_whatever_a_title_holds(client: TestClient, character: str) -> None:
    publish(client, title=f"Cap{character}acitor", summary=f"{character}Small", tags=f"x{character}y")
    for path in ("/feed.xml", "/sitemap.xml"):
        assert ElementTree.fromstring(client.get(path).text).tag
    assert character not in client.get("/articles/one").text.replace("\t", "").replace("\n", "")


def test_the_feed_is_well_formed_whatever_the_site_is_called(client: TestClient) -> None:
    publish(client)
    site = client.app.state.settings.model_copy(update={"site_name": "Help\uffff\x01"})
    client.app.state.templates.globals["site"] = site
    assert ElementTree.fromstring(client.get("/feed.xml").text).tag


@searches(examples=100)
@given(st.text())
def test_what_is_kept_is_what_xml_allows(text: str) -> None:
    kept = without_forbidden(text)
    assert ElementTree.fromstring("<x>" + kept.replace("&", "&amp;").replace("<", "&lt;") + "</x>") is not None
    assert len(text) - len(kept) == len(re.findall("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", text))


@pytest.mark.parametrize("turn", TURNS + "\u2066\u2067\u2068\u2069", ids=lambda turn: f"U+{ord(turn):04X}")
def test_no_text_is_turned_around(client: TestClient, turn: str) -> None:
    publish(
        client,
        f'# Head{turn}ing\n\nWords {turn}exe.gpj &#{ord(turn)}; `co{turn}de` [li{turn}nk](/ "ti{turn}tle") ![a{turn}lt](none.png)\n\n```\nif {turn}admin\n```',
        folder=f"he{turn}lp/parts",
        title=f"Capacitor {turn}gpj.exe",
        summary=f"A {turn}summary",
        tags=f"t{turn}ag",
    )
    for path in PATHS:
        answer = client.get(path.replace("/help", "/he-lp") if turn in TURNS + "\u2066\u2067\u2068\u2069" else path)
        assert turn not in answer.text, path
    assert "gpj.exe" in client.get("/articles/one").text
    found = [str(problem) for problem in check(client.app.state.library)]
    assert any(f"turns the text around (U+{ord(turn):04X})" in problem for problem in found)


def test_names_that_are_isolated_stay_as_they_are_written(client: TestClient) -> None:
    isolated = "Ask \u2067\u05d3\u05d5\u05d3\u2069 first"
    publish(client, f"{isolated}.\u200f", title=isolated)
    page = client.get("/articles/one").text
    assert page.count(isolated) >= 2
    assert "\u200f" in page
    assert not [problem for problem in check(client.app.state.library) if "turns" in problem.message]


@searches(examples=200)
@given(st.text(st.sampled_from("ab\u2066\u2067\u2068\u2069\u202e\u202c"), max_size=20))
def test_isolates_are_closed_and_nothing_else_is_left(text: str) -> None:
    kept, depth = settled(text), 0
    for character in kept:
        depth += {"\u2069": -1}.get(character, 1 if "\u2066" <= character <= "\u2068" else 0)
        assert depth >= 0
    assert depth == 0
    assert not set(kept) & set(TURNS)
    assert re.sub("[\u2066-\u2069\u202a-\u202e]", "", text) == re.sub("[\u2066-\u2069]", "", kept)
    assert settled(kept) == kept
