"""Words as they are compared: in German also where umlauts are typed as two letters."""

import pytest

from search.text.normalizer import spellings


@pytest.mark.parametrize(
    ("word", "locale", "found"),
    [
        ("muehle", "de", ("muehle", "muhle")),
        ("loeschen", "de-AT", ("loeschen", "loschen")),
        ("geraete", "de", ("geraete", "gerate")),
        ("steuer", "de", ("steuer",)),
        ("frauen", "de", ("frauen",)),
        ("quelle", "de", ("quelle",)),
        ("muehle", "en", ("muehle",)),
    ],
)
def test_german_words_are_asked_with_and_without_the_typed_umlaut(word: str, locale: str, found: tuple[str, ...]) -> None:
    assert spellings(word, locale) == found
