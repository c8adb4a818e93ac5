"""Numbers with what they count."""

import pytest

from kb.text.counted import counted


@pytest.mark.parametrize(
    ("number", "things", "words"),
    [
        (0, "visits", "0 visits"),
        (1, "visits that opened the form", "1 visit that opened the form"),
        (1, "successful visits a week old", "1 successful visit a week old"),
        (1, "searches with hits", "1 search with hits"),
        (1200, "searches with hits", "1,200 searches with hits"),
    ],
)
def test_one_of_a_thing_is_written_as_one(number: int, things: str, words: str) -> None:
    assert counted(number, things) == words
