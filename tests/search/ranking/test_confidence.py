"""How far an answer is believed: not where no article holds the word that tells, nor where its words stand in different places."""

import pytest

from search.engine import Query
from tests.search.conftest import Pair, document

THRESHOLD = 0.6
FILLER = [
    document(f"note-{at}", f"Note {at} on the team and its people", ("", f"The team number {at} meets in room {at}. Users find their list there."))
    for at in range(20)
]
ARTICLES = [
    document("plans", "Choose a plan for your organization", ("", "Every plan has users, storage and support. Pay by card or by invoice.")),
    document("invoices", "Change the address on your invoice", ("", "Open Billing. Enter the street and the city."), keywords=("VAT number", "tax number")),
    document("bots", "Add a bot to a channel", ("", "A bot writes messages by itself."), ("Keys", "Each bot has a key. Keep it secret.")),
    document("disable", "Disable notifications at night", ("", "Choose the hours in which the phone stays silent.")),
    *FILLER,
]


def confidence(pair: Pair, text: str) -> float:
    return pair.search(Query(text)).confidence


@pytest.mark.parametrize(
    "text",
    ["is there a student discount on a plan?", "rename user", "disable bot", "how do I print the list of users on a dot matrix printer?", "bot discount"],
)
def test_what_no_article_answers_is_not_believed(pair: Pair, text: str) -> None:
    pair.fill(ARTICLES)
    assert confidence(pair, text) < THRESHOLD


@pytest.mark.parametrize(
    "text",
    [
        "where do I put my VAT number",
        "change the address on an invoice",
        "add a bot to a channel",
        "how do I keep the key of a bot secret?",
        "bot key",
        "disable notifications",
    ],
)
def test_what_an_article_answers_is_believed(pair: Pair, text: str) -> None:
    pair.fill(ARTICLES)
    assert confidence(pair, text) >= THRESHOLD


def test_words_in_two_sections_are_no_answer_to_a_fragment(pair: Pair) -> None:
    pair.fill([document("both", "Working hours", ("Lamps", "Each lamp is cleaned by hand."), ("Doors", "Each hinge is oiled in autumn.")), *FILLER])
    assert confidence(pair, "lamp hand") >= THRESHOLD
    assert confidence(pair, "lamp hinge") < THRESHOLD


def test_without_word_vectors_the_same_questions_are_believed(pair: Pair) -> None:
    pair.embedded.answerer.vectors = None
    pair.fill(ARTICLES)
    assert confidence(pair, "how do I keep the key of a bot secret?") >= THRESHOLD
    assert confidence(pair, "is there a student discount on a plan?") < THRESHOLD


def test_an_everyday_word_that_no_article_holds_matters_less_than_a_rare_one(pair: Pair) -> None:
    pair.fill(ARTICLES)
    assert confidence(pair, "where do I put the address on my invoice?") > confidence(pair, "where do I laminate the address on my invoice?")
