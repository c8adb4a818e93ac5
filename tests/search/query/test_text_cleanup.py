"""What is left of a question that was pasted with its line ends, control characters and repetitions."""

import pytest

from search.query.text_cleanup import MAX_QUERY_CHARS, clean_query


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("reset\tthe\rboard", "reset the board"),
        ("reset\x07the board", "reset the board"),
        ("reset\nthe board", "reset\nthe board"),
        ("  reset\n", "reset"),
        ("reset\ud800", "reset"),
        ("\u200b\n\t", ""),
    ],
)
def test_control_characters_part_words_and_lines_stay(typed: str, kept: str) -> None:
    assert clean_query(typed) == kept


def test_a_line_that_is_repeated_counts_once_in_a_long_question() -> None:
    line = "error: no device found\n"
    assert clean_query("It fails.\n" + line * MAX_QUERY_CHARS) == "It fails.\nerror: no device found"


def test_of_a_question_that_is_too_long_whole_words_from_both_ends_stay() -> None:
    words = [f"word{number}" for number in range(MAX_QUERY_CHARS)]
    kept = clean_query(" ".join(words)).split()
    assert (kept[0], kept[-1]) == (words[0], words[-1])
    assert len(" ".join(kept)) <= MAX_QUERY_CHARS
    assert set(kept) < set(words)
