"""Words that mean nearly the same: questions find articles that say it in other words, also in another language, unless that is switched off."""

import pytest

from search.engine import Query
from search.engines.embedded import EmbeddedEngine
from tests.search.conftest import Pair, document

ARTICLES = [
    document("erase", "Delete a project", ("", "Select the project and choose Delete. It is removed for good.")),
    document("password", "Reset your password", ("", "Choose a new password on the page that the email leads to.")),
    document("supervisor", "Ask your manager for approval", ("", "Your manager gets an email and approves the timesheet.")),
    document("notebook", "Use it on another computer", ("", "Sign in on the other computer. Both keep their settings.")),
    document("opening", "Opening hours", ("", "Monday to Saturday, nine to six.")),
]


@pytest.mark.parametrize(
    ("question", "slug"),
    [
        ("how do I remove what we worked on?", "erase"),
        ("does my boss have to say yes?", "supervisor"),
        ("can I have it on my laptop, too?", "notebook"),
        ("wo gebe ich mein neues passwort ein?", "password"),
        ("rename laptop", "notebook"),
    ],
)
def test_a_question_finds_the_article_that_says_it_in_other_words(pair: Pair, question: str, slug: str) -> None:
    pair.fill(ARTICLES)
    assert pair.search(Query(question)).hits[0].slug == slug


def test_the_word_as_typed_counts_more_than_one_that_means_nearly_the_same(pair: Pair) -> None:
    pair.fill([*ARTICLES, document("laptops", "Lend a laptop", ("", "Choose a laptop and the days."))])
    assert [hit.slug for hit in pair.search(Query("how do I get a laptop?")).hits][:2] == ["laptops", "notebook"]


def test_a_misspelt_word_is_corrected_and_not_read_as_another(pair: Pair) -> None:
    pair.fill(ARTICLES)
    found = pair.search(Query("where do I reset my pasword?"))
    assert (found.hits[0].slug, found.corrected) == ("password", "where do I reset my password?")


def test_switched_off_words_count_as_they_are_spelt(pair: Pair) -> None:
    pair.embedded.answerer.vectors = None
    pair.fill(ARTICLES)
    assert not pair.search(Query("does my boss have to say yes?")).hits


def test_words_as_typed_are_searched_for_alone_where_that_is_asked(pair: Pair) -> None:
    pair.fill(ARTICLES)
    assert not pair.search(Query("boss laptop", is_verbatim=True)).hits


def test_the_nearer_a_word_is_in_meaning_the_more_it_counts(embedded: EmbeddedEngine) -> None:
    embedded.sync(ARTICLES)

    def weight(typed: str, meant: str) -> float:
        explanation = embedded.search(Query(typed, with_reasons=True)).explanation
        assert explanation
        return next(name.weight for term in explanation.words for name in term.names if name.text == meant)

    assert 0.25 < weight("boss", "manager") < 0.35
    assert 0.4 < weight("laptop", "computer") < 0.6
