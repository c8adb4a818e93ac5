"""What both engines promise, asked of each in turn."""

from dataclasses import replace

import pytest

from search.engine import Query
from tests.search.conftest import SHOP, Pair, document, first


def slugs(pair: Pair, text: str, **fields: object) -> list[str]:
    return [hit.slug for hit in pair.search(Query(text, **fields)).hits]  # type: ignore[arg-type]


def test_a_whole_question_finds_the_article_that_lacks_some_of_its_words(pair: Pair) -> None:
    assert slugs(pair, "Hello, I am unhappy with my new bicycle, how do I get my money back please?")[0] == "return-a-bicycle"


def test_a_hit_lands_on_the_heading_that_answers_with_the_words_marked(pair: Pair) -> None:
    hit = pair.search(Query("when do you refund my credit card")).hits[0]
    assert (hit.slug, hit.anchor, hit.heading) == ("return-a-bicycle", "get-the-money-back", "Get the money back")
    assert hit.href == "/articles/return-a-bicycle#get-the-money-back"
    assert "<mark>refund</mark>" in hit.snippet
    assert pair.search(Query("when is my money back")).hits[0].heading_marked == "Get the <mark>money</mark> <mark>back</mark>"
    assert hit.breadcrumb == ("Orders",)


@pytest.mark.parametrize("fragment", ["brak", "adj", "adjust the br", "adjust brakes", "b", "calliper"])
def test_a_fragment_finds_the_title_it_begins(pair: Pair, fragment: str) -> None:
    assert "adjust-the-brakes" in slugs(pair, fragment, is_typing=True)[:3]


@pytest.mark.parametrize("text", ["batery chrager", "chareg the battrey", "how do i chargee my battary"])
def test_typing_errors_are_forgiven_in_any_word(pair: Pair, text: str) -> None:
    results = pair.search(Query(text))
    assert results.hits[0].slug == "charge-the-battery"
    assert results.corrected


def test_a_correction_is_told_and_can_be_undone(pair: Pair) -> None:
    assert pair.search(Query("Is the batery too hot?")).corrected == "Is the battery too hot?"
    assert pair.search(Query("batery", is_verbatim=True)).hits == ()


@pytest.mark.parametrize("text", ["red wheel", "wheel red", "red whe"])
def test_where_many_hold_all_of_a_fragment_those_with_a_part_are_left_out(pair: Pair, text: str) -> None:
    both = [document(f"both-{number}", f"Wheel number {number}", ("", "It is red.")) for number in range(12)]
    parts = [document(f"part-{number}", f"Red bell {number}", ("", "It rings.")) for number in range(12)]
    pair.fill([*both, *parts, *(document(f"other-{number}", f"Saddle {number}", ("", "It is soft.")) for number in range(60))])
    found = pair.search(Query(text, limit=50))
    assert {hit.slug for hit in found.hits} == {one.slug for one in both}
    assert found.total == 12


def test_where_few_hold_all_of_a_fragment_those_with_a_part_are_shown_too(pair: Pair) -> None:
    parts = [document(f"part-{number}", f"Part {number}", ("", f"It has a {('red bell', 'green wheel')[number % 2]}.")) for number in range(6)]
    pair.fill([*SHOP, document("both", "Spare parts", ("", "A red wheel.")), *parts])
    first, *others = slugs(pair, "red wheel")
    assert first == "both"
    assert {one.slug for one in parts} <= {*others}


def test_a_misspelt_word_is_told_in_the_form_that_was_typed(pair: Pair) -> None:
    pair.fill(
        [
            *SHOP,
            *(document(f"tables-{number}", f"Tables of kind {number}", ("", "Tables stand.")) for number in range(3)),
            document("one", "One table", ("", "x")),
        ]
    )
    assert pair.search(Query("wooden tabel")).corrected == "wooden table"


def test_everyday_words_in_any_form_and_short_ones_two_letters_apart_are_not_corrected(pair: Pair) -> None:
    pair.fill([*SHOP, document("queue", "Waiting for your bicycle", ("", "While you are waiting, the saddle is mounted."))])
    for text in ("How long is your washing machine guaranteed?", "May the bicycle stand in a puddle?"):
        assert pair.search(Query(text)).corrected is None, text
    assert pair.search(Query("How long am I wiating for the bicycle?")).corrected == "How long am I waiting for the bicycle?"


@pytest.mark.parametrize(
    ("text", "corrected"),
    [
        ("may I send it to slack?", None),
        ("is the order unfinished?", None),
        ("is the order in fritzing?", None),
        ("do they alck grip?", "do they lack grip?"),
        ("is it an ordr?", "is it an order?"),
        ("is it in rwiting?", "is it in writing?"),
    ],
)
def test_another_first_letter_or_a_negation_is_no_typing_error(pair: Pair, text: str, corrected: str | None) -> None:
    pair.fill([*SHOP, document("wet", "Finished orders", ("", "They may lack grip at first. Finished means paid. Order, send and pay. In writing."))])
    assert pair.search(Query(text)).corrected == corrected


@pytest.mark.parametrize(
    "text", ["my son is eleven", "can it be bigger?", "a gift card", "what was the colour in december?", "why was I banned?", "is it misrouted or relabelled?"]
)
def test_a_well_spelt_word_is_not_corrected_to_one_that_articles_hold(pair: Pair, text: str) -> None:
    pair.fill([*SHOP, document("like", "An element with a trigger", ("", "Remember the git banner. A collar, a label, a route and the giant."))])
    assert pair.search(Query(text)).corrected is None
    assert pair.search(Query("where is the elemnt with the triger?")).corrected == "where is the element with the trigger?"


def test_a_well_spelt_word_finds_its_parts_and_its_kin_and_stays_as_it_was_typed(pair: Pair) -> None:
    pair.fill([*SHOP, document("hall", "The mail and its box", ("", "An alarm detects whoever opens the box that mail lies in."))])
    for text in ("where is my mailbox?", "is there a detector?"):
        found = pair.search(Query(text))
        assert (found.hits[0].slug, found.corrected) == ("hall", None), text


def test_of_a_long_paste_the_end_is_read_too_and_no_line_twice(pair: Pair) -> None:
    pair.fill(SHOP)
    noise = [f"step {at}: quite fine, and the bicycle is very good indeed" for at in range(60)]
    assert first(pair, "\n".join([*noise, "the light blinks red"])) == "charge-the-battery"
    assert first(pair, "\n".join(["the light blinks red", *noise])) == "charge-the-battery"
    short = [f"it is {at} a b c d e f" for at in range(90)]
    assert first(pair, "\n".join([*short, "the light blinks red"])) == "charge-the-battery"
    assert first(pair, "\n".join([*noise[:5], *noise[5:8] * 40, "the light blinks red", *noise[8:30]])) == "charge-the-battery"


@pytest.mark.parametrize("text", ["brakes\n" + " " * 4000 + "\nbrakes", "brakes" + "\n" * 5000 + "x", "brakes " + "x" * 5000, "brakes\n" * 2000])
def test_a_long_text_of_next_to_nothing_is_read_as_what_it_holds(pair: Pair, text: str) -> None:
    pair.fill(SHOP)
    assert first(pair, text) == "adjust-the-brakes"


def test_addresses_and_signatures_are_not_told_as_corrected(pair: Pair) -> None:
    mail = "Hello,\n\nthe ligth of brakkes@example.com is red.\n\nKind regards\nBrakkes"
    assert pair.search(Query(mail)).corrected == "the light of is red. brakes"


@pytest.mark.parametrize("text", ["hello", "thank you", "the and of to", "how are you", "please help"])
def test_what_says_nothing_is_not_answered(pair: Pair, text: str) -> None:
    pair.fill([*SHOP, document("talk", "Talk to us", ("", "Say hello, and thank you. How are you? Please help the and of to."))])
    assert pair.search(Query(text)).confidence < 0.1


def test_stop_words_that_are_a_title_are_answered_by_it(pair: Pair) -> None:
    pair.fill([*SHOP, document("us", "About us", ("", "Two people and a dog."))])
    found = pair.search(Query("about us"))
    assert (found.hits[0].slug, found.confidence) == ("us", 1.0)


def test_a_question_without_its_mark_is_no_part_of_a_title(pair: Pair) -> None:
    said = "In order to order, put the order in order. " * 3
    notes = [document(f"note-{at}", f"Note {at}", ("", f"{said} This is where it is: whereis {at}.")) for at in range(12)]
    pair.fill([*SHOP, *notes, document("what", "Where is my saddle", ("", "At home."))])
    assert first(pair, "where is my order") == "track-an-order"
    assert first(pair, "where is my") == "what"
    assert first(pair, "where is my sad", is_typing=True) == "what"


def test_a_word_of_another_language_is_no_typing_error(pair: Pair) -> None:
    pair.fill([*SHOP, document("ice", "Ice on the wire", ("", "Ice, wire and dice."))])
    assert pair.search(Query("wie fahre ich die bicycle?")).corrected in (None, "wie fare ich die bicycle?")


def test_one_error_comes_before_two_words(pair: Pair) -> None:
    pair.fill([*SHOP, document("pas", "A pas of words", ("", "One word, and a pas.")), document("reset", "Reset your password", ("", "Press it."))])
    found = pair.search(Query("pasword"))
    assert (found.corrected, found.hits[0].slug) == ("password", "reset")


@pytest.mark.parametrize("text", ["handle bar", "handlebar", "trackingnumber", "tracking number"])
def test_split_and_joined_words_are_found(pair: Pair, text: str) -> None:
    assert slugs(pair, text)[0] in ("return-a-bicycle", "track-an-order")


@pytest.mark.parametrize("text", ["refunds", "refunded", "charging batteries", "adjusting a brake"])
def test_plurals_and_verb_forms_are_found(pair: Pair, text: str) -> None:
    assert slugs(pair, text)


@pytest.mark.parametrize("is_typing", [False, True])
@pytest.mark.parametrize("text", ["", "   ", "?", "？", "?? !", "?!", "\x00", "\ud800", "xyzzyplugh", "🚲", "🚲?"])
def test_nothing_is_found_where_there_is_nothing_to_find(pair: Pair, text: str, is_typing: bool) -> None:
    results = pair.search(Query(text, is_typing=is_typing))
    assert (results.hits, results.answered) == ((), False)


@pytest.mark.parametrize("text", ['" OR title:*', "NEAR(a b)", "bicycle* AND (", "'; DROP TABLE documents; --", 'a" OR audience = "agents'])
def test_what_looks_like_query_language_is_only_words(pair: Pair, text: str) -> None:
    assert "internal-prices" not in slugs(pair, text)
    assert slugs(pair, "bicycle")


def test_a_long_paste_still_finds(pair: Pair) -> None:
    paste = "Order #4711-ABC-99812\n" + "2026-11-23 12:00:01 DEBUG frobnicate 0xdeadbeef\n" * 30 + "the light blinks red and the charger is hot\n"
    assert slugs(pair, paste)[0] == "charge-the-battery"


def test_greeting_signature_and_quoted_mail_do_not_count(pair: Pair) -> None:
    mail = "Dear opening hours team,\n\nmy brakes rub, what now?\n\nBest regards\nTom\n> The shop is open from Monday to Saturday.\n> opening hours"
    assert slugs(pair, mail)[0] == "adjust-the-brakes"


def test_articles_for_another_audience_never_appear(pair: Pair) -> None:
    assert "internal-prices" not in slugs(pair, "zanzibar dealers")
    assert slugs(pair, "zanzibar") == []
    assert slugs(pair, "zanzibar dealers", audiences=("public", "agents"))[0] == "internal-prices"
    assert pair.search(Query("zanzibra")).corrected is None


def test_filters_admit_only_what_they_name(pair: Pair) -> None:
    assert set(slugs(pair, "bicycle", category="riding")) == {"charge-the-battery"}
    assert set(slugs(pair, "the bicycle", type="troubleshooting")) == {"charge-the-battery"}
    assert set(slugs(pair, "bicycle", tag="refund")) == {"return-a-bicycle"}
    assert slugs(pair, "bicycle", category='riding" OR audience = "agents') == []


def test_a_page_begins_where_the_last_one_ended(pair: Pair) -> None:
    everything = slugs(pair, "bicycle order")
    assert [*slugs(pair, "bicycle order", limit=1), *slugs(pair, "bicycle order", limit=1, offset=1)] == everything[:2]


def test_no_article_becomes_markup(pair: Pair) -> None:
    headed = document("headed", "Parts", ("", "Wheels."), ("<b>saddle</b>", "Of leather."))
    pair.fill([*SHOP, document("xss", "<img src=x onerror=1> saddle", ("", "<script>alert('saddle')</script>")), headed])
    hit, other = pair.search(Query("saddle")).hits
    assert other.heading_marked == "&lt;b&gt;<mark>saddle</mark>&lt;/b&gt;"
    assert hit.title_marked == "&lt;img src=x onerror=1&gt; <mark>saddle</mark>"
    assert hit.snippet == "&lt;script&gt;alert(&#x27;<mark>saddle</mark>&#x27;)&lt;/script&gt;"


def test_a_sync_changes_adds_and_removes(pair: Pair) -> None:
    changed = replace(SHOP[1], title="Follow your parcel", digest="other")
    pair.fill([*SHOP[:1], changed, *SHOP[3:], document("rent", "Rent a tandem", ("", "By the day."))])
    assert slugs(pair, "parcel")[0] == "track-an-order"
    assert pair.search(Query("parcel")).hits[0].title == "Follow your parcel"
    assert slugs(pair, "tandem") == ["rent"]
    assert "charge-the-battery" not in slugs(pair, "battery")
    assert pair.engine.sync([*SHOP[:1], changed, *SHOP[3:], document("rent", "Rent a tandem", ("", "By the day."))]).is_empty


def test_an_empty_index_says_so(pair: Pair) -> None:
    assert pair.engine.problem() is None
    pair.fill([])
    assert "empty" in (pair.engine.problem() or "")
