"""What stands where beside the words' points, what is left out of an answer, and what is marked in it."""

from search.engine import Query
from tests.search.conftest import SHOP, Pair, document

SEEN = "The lamp is seen at night, and you see and find it on any display that shows it. " * 3


def test_a_title_asked_for_in_full_comes_before_one_that_holds_more(pair: Pair) -> None:
    pair.fill(
        [
            *SHOP,
            document("grease-the-chain", "Grease the chain", ("", "Wipe it first.")),
            document("grease-the-chain-hub-lever", "Grease the hub, the lever, the pedals and the chain of a tandem", ("", "Wipe the chain first. Grease it.")),
        ]
    )
    hits = pair.search(Query("what is the best way to grease my chain?")).hits
    assert [hit.slug for hit in hits[:2]] == ["grease-the-chain", "grease-the-chain-hub-lever"]


def test_hits_far_below_the_best_are_neither_shown_nor_counted(pair: Pair) -> None:
    notes = [document(f"note-{at}", f"Note {at}", ("", "Charge the bicycle to my account.")) for at in range(20)]
    pair.fill([*SHOP, *notes])
    found = pair.search(Query("how do I charge the battery of my electric bicycle with the charger?"))
    assert found.hits[0].slug == "charge-the-battery"
    assert found.total == 1
    assert pair.search(Query("where is my bicycle?")).total > 20


def test_an_article_far_down_is_told_with_the_section_that_answers(pair: Pair) -> None:
    notes = [document(f"note-{at}", f"Note {at}", ("", "Nothing."), ("In the hall", "The bicycle sleeps in the hall at night.")) for at in range(60)]
    pair.fill([*SHOP, *notes])
    found = pair.search(Query("where does my bicycle sleep in the hall at night?", offset=50))
    assert len(found.hits) == 10
    assert {hit.anchor for hit in found.hits} == {"in-the-hall"}


def test_words_that_only_mean_nearly_the_same_are_marked_where_nothing_else_is(pair: Pair) -> None:
    pair.fill([*SHOP, document("lamp", "Lamp not detected", ("", f"{SEEN} When no lamp is detected, clean it.")), document("bell", "Bell", ("", SEEN))])
    hits = {hit.slug: hit for hit in pair.search(Query("why is my lamp never detected by anybody?")).hits}
    assert "<mark>lamp</mark> is <mark>detected</mark>" in hits["lamp"].snippet
    assert "<mark>see" not in hits["lamp"].snippet
    assert hits["lamp"].title_marked == "<mark>Lamp</mark> not <mark>detected</mark>"
    other = pair.search(Query("is that thing not detected by the bell or what?"))
    assert "<mark>find</mark>" in next(hit for hit in other.hits if hit.slug == "bell").snippet


def test_a_word_in_a_tiny_text_counts_less_than_in_a_title(pair: Pair) -> None:
    others = [document(f"other-{number}", f"Ride route {number}", ("", "Up the hill, then down. " * 12)) for number in range(20)]
    titled = document("titled", "When the saddle is squeaky all day", ("", "Look at the clamp below it, and at the rails. " * 8))
    pair.fill([*others, titled, document("tiny", "Notes", ("", "Squeaky saddle."))])
    assert [hit.slug for hit in pair.search(Query("is your saddle squeaky?")).hits][:2] == ["titled", "tiny"]
