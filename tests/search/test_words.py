"""How text is cut into words, the same for articles and for questions."""

import pytest

from search.words import words


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
        ("\x00 \u200b_ ", []),
    ],
)
def test_a_text_is_cut_and_folded(text: str, expected: list[str]) -> None:
    assert words(text) == expected
