"""Numbers that people put into addresses, forms and headers."""

import pytest

from kb.text.whole_number import LARGEST, parse_whole_number


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("7", 7), (str(LARGEST), LARGEST)])
def test_digits_are_a_number(text: str, number: int) -> None:
    assert parse_whole_number(text) == number


@pytest.mark.parametrize("text", ["", " 7", "007", "-1", "+1", "1.0", "1_000", "1e3", "0x1f", "²", "٣", "７", "x", "7\n", str(LARGEST + 1), "9" * 5000])
def test_anything_else_is_none(text: str) -> None:
    assert parse_whole_number(text) is None


def test_a_number_above_the_most_is_none() -> None:
    assert parse_whole_number("20", most=20) == 20
    assert parse_whole_number("21", most=20) is None
