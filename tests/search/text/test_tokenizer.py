"""How text is cut into words, the same for articles and for questions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.text.tokenizer import MARK, indexed_words, words, words_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It doesn't: the board’s LED_BUILTIN", ["it", "doesnt", "the", "boards", "led", "builtin"]),
        ("'quoted' rock 'n roll", ["quoted", "rock", "n", "roll"]),
        ("C++, C# and a++b, #1 in c#x", ["cplusplus", "csharp", "and", "aplusplus", "b", "1", "in", "c", "x"]),
        ("Crème Brûlée – Straße • Łódź ﬁnd", ["creme", "brulee", "strasse", "lodz", "find"]),
        ("über-laut “wie…”", ["uber", "laut", "wie"]),
        ("返品する", ["返品", "品す", "する"]),
        ("x" * 60, ["x" * 40]),
        ("Nano™ 33 at 5 ℃", ["nano", "33", "at", "5", "c"]),
        ("\x00 \u200b_ ", []),
        ("So\u00adft, zero\u200bwidth \u200f\ufeff \u26a0\ufe0f", ["soft", "zerowidth"]),
        ("किताब ہے ক্ষ நீர்", ["किताब", "ہے", "ক্ষ", "நீர்"]),
        ("น้ำ ม้า", ["น้ำ", "ม้า"]),
        ("كـتـاب ٤٢ ۴۲ ४२", ["كتاب", "42", "42", "42"]),
        ("שָׁלוֹם", ["שלום"]),
        ("getUserById", ["getuserbyid"]),
    ],
)
def test_a_text_is_cut_and_folded(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@given(st.lists(st.text(st.one_of(st.sampled_from("aAb_'’s+#é™…½\u0301\x01\xad\u093f返品ม้ "), st.characters()), max_size=60), min_size=1, max_size=6))
def test_several_texts_are_cut_as_each_alone(texts: list[str]) -> None:
    found, each = words_of(texts)
    assert found == [word for text in texts for word in (MARK, *indexed_words(text))][1:]
    assert each == {*found} - {MARK}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("getUserById()", "getuserbyid get user by id"),
        ("get_user_by_id", "getuserbyid get user by id"),
        ("XMLHttpRequest", "xmlhttprequest xml http request"),
        ("MAX_CHARS", "maxchars max chars"),
        ("größeÄndern", "grosseandern grosse andern"),
        ("SHA256Init", "sha256init sha256 init"),
        ("__init__ URLs ESP32-C3 WiFi IoT", "init urls esp32 c3 wifi iot"),
    ],
)
def test_an_index_holds_names_whole_and_in_parts(text: str, expected: str) -> None:
    assert indexed_words(text) == expected.split()
