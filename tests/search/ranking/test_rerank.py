"""What stands where beside the words' points, what is left out of an answer, and what is marked in it."""

from dataclasses import replace

import pytest

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


def test_what_a_writer_lets_count_twice_comes_before_what_fits_a_little_better_and_nothing_more(pair: Pair) -> None:
    long = "What you need before you charge the battery of our newest and finest electric bicycle"
    notes = [document(f"charge-{at}", f"Charge the battery {at}", ("", "Plug it in.")) for at in range(30)]
    others = [document(f"note-{at}", f"Note {at}", ("", "A bell rings.")) for at in range(30)]
    plain, boosted = document("newest", long, ("", "Plug it in.")), document("newest", long, ("", "Plug it in."), boost=4.0)
    for said, is_first in ((plain, False), (boosted, True)):
        pair.fill([*notes, *others, said])
        for query in (Query("charge the batt", is_typing=True), Query("charge the battery"), Query("how do I charge the battery if I may ask?")):
            found = pair.search(query)
            assert (found.hits[0].slug == "newest") == is_first, query
        unrelated = pair.search(Query("who rings the bell of note 7?"))
        assert unrelated.hits[0].slug == "note-7"
        assert "newest" not in {hit.slug for hit in unrelated.hits}
    weak = document("charge-0", "Charge the battery 0", ("", "Plug it in."), boost=0.2)
    pair.fill([*notes[1:], weak])
    found = pair.search(Query("how do I charge the battery?", limit=50))
    assert found.total == 30
    assert found.hits[-1].slug == "charge-0"


def test_what_counts_more_is_told_and_is_believed_no_more(pair: Pair) -> None:
    pair.fill(SHOP)
    query = Query("where is the carton for my bicycle and the pedals?", with_reasons=True)
    before = pair.search(query)
    pair.fill([replace(one, boost=3.0, digest="boosted") if one.slug == "return-a-bicycle" else one for one in SHOP])
    after = pair.search(query)
    assert before.hits[0].slug == after.hits[0].slug == "return-a-bicycle"
    assert after.confidence == before.confidence
    assert after.total == before.total
    assert before.explanation
    assert after.explanation
    assert after.explanation.hits[0].points == before.explanation.hits[0].points | {
        "the number in its front matter": pytest.approx(2 * before.explanation.hits[0].score, abs=0.01)
    }
    words = Query("bicycle carton")
    before = pair.search(words)
    pair.fill([replace(one, boost=9.0, digest="boosted") if one.slug == "charge-the-battery" else one for one in SHOP])
    after = pair.search(words)
    assert [found.hits[0].slug for found in (before, after)] == ["return-a-bicycle", "charge-the-battery"]
    assert after.confidence == before.confidence


@pytest.mark.parametrize("text", ["lamp not charged", "why is the lamp of my bicycle not charged?", "lamp", "lamp charge bicycle"])
@pytest.mark.parametrize("locale", [None, "de"])
def test_a_filter_leaves_as_many_as_its_count_says(pair: Pair, text: str, locale: str | None) -> None:
    readers = {"locale": "en", "readers": ("en", "de")}
    many = [document(f"lit-{at}", f"Lamp {at} is not charged", ("", "The lamp of a bicycle is not charged."), category="lamps", **readers) for at in range(14)]
    few = [document(f"dim-{at}", f"Lamp {at} not charged", ("", "See above."), category="riding", tags=("dim",), **readers) for at in range(2)]
    weak = [document(f"weak-{at}", f"Lamp holder {at}", ("", "A lamp is held."), category="riding", tags=("weak",), **readers) for at in range(20)]
    own = [document("de/lit-0", "Lamp 0 wird nicht geladen", ("", "Lamp of a bicycle, not charged."), category="lamps", locale="de", readers=("de",))]
    pair.fill([*many, *few, *weak, *(own if locale else ())])
    found = pair.search(Query(text, with_facets=True, locale=locale, limit=50))
    counts = [(name, value, count) for name, values in found.facets.items() for value, count in values.items()]
    assert {value for _, value, _ in counts} >= {"lamps"}
    for name, value, count in counts:
        left = pair.search(Query(text, with_facets=True, locale=locale, limit=50, **{name: value}))  # type: ignore[arg-type]
        assert (left.total, left.facets[name][value]) == (count, count), (name, value)
        assert {hit.slug for hit in left.hits} <= {hit.slug for hit in found.hits}


def test_a_filter_finds_what_is_worth_showing_only_where_nothing_else_is(pair: Pair) -> None:
    pair.fill(SHOP)
    text = "how do I charge the battery of my electric bicycle with the charger?"
    assert pair.search(Query(text, with_facets=True)).facets["category"] == {"riding": 1}
    left = pair.search(Query(text, category="orders", with_facets=True))
    assert [hit.slug for hit in left.hits] == ["return-a-bicycle"]
    assert left.facets["category"] == {"riding": 1, "orders": 1}


def test_an_article_far_down_is_told_with_the_section_that_answers(pair: Pair) -> None:
    notes = [document(f"note-{at}", f"Note {at}", ("", "Nothing."), ("In the hall", "The bicycle sleeps in the hall at night.")) for at in range(60)]
    pair.fill([*SHOP, *notes])
    found = pair.search(Query("where does my bicycle sleep in the hall at night?", offset=40))
    assert len(found.hits) == 10
    assert {hit.anchor for hit in found.hits} == {"in-the-hall"}


def test_words_that_only_mean_nearly_the_same_are_marked_where_nothing_else_is(pair: Pair) -> None:
    pair.fill([*SHOP, document("lamp", "Lamp not detected", ("", f"{SEEN} When no lamp is detected, clean it.")), document("bell", "Bell", ("", SEEN))])
    hits = {hit.slug: hit for hit in pair.search(Query("why is my lamp never detected by anybody?")).hits}
    assert "<mark>lamp</mark> is <mark>detected</mark>" in hits["lamp"].snippet
    assert "<mark>see" not in hits["lamp"].snippet
    assert hits["lamp"].title_marked == "<mark>Lamp</mark> not <mark>detected</mark>"
    other = pair.search(Query("is there a way to discover the bell or what?"))
    assert "<mark>find</mark>" in next(hit for hit in other.hits if hit.slug == "bell").snippet


def test_a_word_in_a_tiny_text_counts_less_than_in_a_title(pair: Pair) -> None:
    others = [document(f"other-{number}", f"Ride route {number}", ("", "Up the hill, then down. " * 12)) for number in range(20)]
    titled = document("titled", "When the saddle is squeaky all day", ("", "Look at the clamp below it, and at the rails. " * 8))
    pair.fill([*others, titled, document("tiny", "Notes", ("", "Squeaky saddle."))])
    assert [hit.slug for hit in pair.search(Query("is your saddle squeaky?")).hits][:2] == ["titled", "tiny"]
