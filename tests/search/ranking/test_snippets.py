"""Where snippets are cut and what is marked in them."""

from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.ranking.snippets import SNIPPET_CHARS, Marker
from search.text.stemmer import stem
from search.text.tokenizer import spans, words

WORDS = (
    "board",
    "Boards",
    "boarding",
    "abroad",
    "Bücher",
    "Buch",
    "été",
    "Éteindre",
    "naïve",
    "C++",
    "running",
    "run",
    "runs",
    "on",
    "ons",
    "one",
    "x",
    "2nd",
    "Straße",
)
BETWEEN = (" ", ", ", "-", "\n", " (", "“", "… ")


def marked(text: str, *asked: str, prefix: str = "", locale: str = "en") -> str:
    return Marker({stem(word, locale) for one in asked for word in words(one)}, [prefix] if prefix else [], (locale,)).marked(text)


@given(st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(BETWEEN)), max_size=12), st.sampled_from(WORDS), st.sampled_from(["en", "de", "fr", "nl"]))
def test_just_the_words_asked_for_are_marked_in_every_form(parts: list[tuple[str, str]], asked: str, locale: str) -> None:
    text = "".join(word + between for word, between in parts)
    (sought,) = {stem(word, locale) for word in words(asked)}
    expected = [text[start:end] for word, start, end in spans(text) if stem(word, locale) == sought]
    shown = marked(text, asked, locale=locale)
    assert [unescape(piece.partition("</mark>")[0]) for piece in shown.split("<mark>")[1:]] == expected
    assert unescape(shown.replace("<mark>", "").replace("</mark>", "")) == text


@pytest.mark.parametrize("text", ["Die Städte und die Straße", "L’été à la plage", "Mañana, el sueño", "Die Größe ändern"])
def test_a_beginning_is_marked_with_the_rest_of_its_word_accents_or_not(text: str) -> None:
    for word, start, end in spans(text):
        if len(word) > 2:
            assert f"<mark>{text[start:end]}</mark>" in marked(text, prefix=word[:3])


def test_a_snippet_is_cut_where_the_most_different_words_stand() -> None:
    text = "Choose a port. " * 30 + "The board is on another port than the printer. " + "Nothing here. " * 30
    snippet = Marker({"board", "port", "printer"}, [], ("en",)).snippet(text)
    assert "The <mark>board</mark> is on another <mark>port</mark> than the <mark>printer</mark>." in snippet


def test_every_word_in_the_stretch_is_marked_however_often_it_stands_before() -> None:
    text = "The port. " * 100
    snippet = Marker({"port"}, [], ("en",)).snippet(text)
    assert snippet.count("<mark>port</mark>") == snippet.count("port")
    assert len(unescape(snippet).replace("<mark>", "").replace("</mark>", "")) <= SNIPPET_CHARS + 4
