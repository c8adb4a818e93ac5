"""The table of word vectors that ships: words of many languages that mean the same lie close together."""

import pytest

from search.text.word_vectors import NUMBERS, TABLE, WordVectors, word_vectors


def likeness(one: str, other: str) -> float:
    table = word_vectors()
    first, second = table.vectors(table.rows([one, other]))
    return float(first @ second)


@pytest.mark.parametrize(
    ("one", "near", "far"), [("boss", "manager", "garden"), ("delete", "remove", "open"), ("fahrrad", "bicycle", "invoice"), ("wipe", "erase", "weep")]
)
def test_words_that_mean_the_same_are_nearer_than_others(one: str, near: str, far: str) -> None:
    assert likeness(one, near) > likeness(one, far) + 0.15


def test_a_word_that_the_table_lacks_has_no_row() -> None:
    table = word_vectors()
    assert table.rows(["xyzzyplugh", "computer", "4711"])[0::2] == [-1, -1]
    assert table.of_text(["xyzzyplugh"]) is None


def test_vectors_are_the_same_after_they_were_packed() -> None:
    table = word_vectors()
    text = table.of_text(["reset", "password"], ["account"])
    unpacked = table.unpacked(table.packed([text, None]))
    assert unpacked.shape == (2, NUMBERS)
    assert float(unpacked[0] @ text) > 0.99
    assert not unpacked[1].any()


def test_a_language_of_which_little_is_known_can_be_told() -> None:
    table = word_vectors()
    assert table.share_known(["reset", "the", "password", "of", "my", "account", "4711"]) == 1.0
    assert table.share_known(["zzyzx", "qwrtp"]) == 0.0


def test_the_table_is_small_and_opened_once() -> None:
    assert TABLE.stat().st_size < 16_000_000
    assert word_vectors() is word_vectors()
    assert isinstance(word_vectors(), WordVectors)
