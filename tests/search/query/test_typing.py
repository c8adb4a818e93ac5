"""Between keystrokes: a list at once, whatever the number of articles, and never of two states of the index."""

import threading

import pytest

from search.engine import Query
from search.engines.embedded import EmbeddedEngine
from tests.search.conftest import SHOP, Pair, document


def typed(engine: EmbeddedEngine, text: str) -> list[str]:
    return [hit.slug for hit in engine.search(Query(text, limit=6, is_typing=True)).hits]


def test_the_shortest_title_comes_first_among_more_than_are_looked_at(embedded: EmbeddedEngine) -> None:
    many = [document(f"long-{number}", f"Saddle bags, racks and other things number {number}", ("", "Mount them.")) for number in range(600)]
    embedded.sync([*many[:300], document("a-saddle", "Saddle height", ("", "How high?")), *many[300:]])
    assert typed(embedded, "sadd")[0] == "a-saddle"
    assert len(typed(embedded, "sadd")) == 6


def test_titles_that_do_not_fill_the_list_are_followed_by_texts(embedded: EmbeddedEngine) -> None:
    embedded.sync(SHOP)
    assert typed(embedded, "charg")[0] == "charge-the-battery"
    assert typed(embedded, "refu") == ["return-a-bicycle"]
    assert set(typed(embedded, "brakes warehou")) == {"adjust-the-brakes", "return-a-bicycle"}


def test_a_rare_word_that_begins_so_does_not_stand_before_the_one_that_is_meant(embedded: EmbeddedEngine) -> None:
    boards = [document(f"board-{number}", f"Your board is not detected by the program number {number}", ("", "Look at the cable.")) for number in range(3)]
    others = [document(f"other-{number}", f"Use sensor {number}", ("", "It may not be detected by some board.")) for number in range(40)]
    embedded.sync([*SHOP, *boards, *others, document("detach", "Can I detach the saddle?", ("", "Do not detach it from the board."))])
    assert typed(embedded, "board not det")[0].startswith("board-")
    assert typed(embedded, "detac") == ["detach"]


def test_the_title_that_begins_as_typed_is_shown_however_common_its_words(pair: Pair) -> None:
    named = [document(f"named-{number}", f"About the part number {number} of AR", ("", "AR is what it is of. The AR part.")) for number in range(30)]
    pair.fill(
        [*SHOP, *named, document("aref", "About the AREF pin", ("", "It is for a voltage.")), document("what", "What is a pre-order?", ("", "You pay now."))]
    )
    for text, slug in {"about the ar": "aref", "what is a pr": "what", "What is a p": "what", "what is": "what"}.items():
        assert pair.search(Query(text, limit=6, is_typing=True)).hits[0].slug == slug, text
    assert pair.search(Query("What is a pre-order?")).hits[0].slug == "what"


def test_a_title_that_holds_the_whole_fragment_means_the_article_not_one_section(pair: Pair) -> None:
    pair.fill([*SHOP, document("lamp", "Repair the lamp", ("", "Two ways."), ("Repair the lamp yourself", "Repair the lamp with a new bulb."))])
    for text in ("repair the lam", "repair the lamp"):
        assert (pair.search(Query(text, limit=6, is_typing=True)).hits[0].slug, pair.search(Query(text)).hits[0].anchor) == ("lamp", "")
    assert pair.search(Query("new bulb")).hits[0].anchor == "repair-the-lamp-yourself"


def test_an_error_in_an_unfinished_word_is_seen_through(pair: Pair) -> None:
    pair.fill(SHOP)
    for text, slug in {
        "batetr": "charge-the-battery",
        "sqeuak": "adjust-the-brakes",
        "warhou": "return-a-bicycle",
        "adjust the bark": "adjust-the-brakes",
    }.items():
        assert pair.search(Query(text, limit=6, is_typing=True)).hits[0].slug == slug, text
    pair.fill([*SHOP, *(document(f"more-{at}", f"The battery: charge it {at}", ("", "Here.")) for at in range(20))])
    assert pair.search(Query("charge the bateyr", limit=6, is_typing=True)).hits[0].slug == "charge-the-battery"
    assert pair.search(Query("charge the batetr", is_typing=True)).corrected == "charge the battery"
    assert pair.search(Query("charge the batetr", is_typing=True, is_verbatim=True)).corrected is None


def test_what_is_typed_follows_every_change_of_the_articles(embedded: EmbeddedEngine) -> None:
    embedded.sync(SHOP)
    assert typed(embedded, "track an ord")[0] == "track-an-order"
    embedded.sync([*SHOP[:1], document("rent", "Track a tandem", ("", "By the day.")), *SHOP[3:]])
    assert typed(embedded, "track an ord")[0] == "rent"
    assert "track-an-order" not in typed(embedded, "track")


def test_an_answer_reads_one_state_of_the_index(embedded: EmbeddedEngine) -> None:
    embedded.sync(SHOP)
    store = embedded.store
    with store.snapshot():
        before = store.generation()
        changing = threading.Thread(target=embedded.sync, args=(SHOP[:1],))
        changing.start()
        changing.join()
        assert (store.generation(), store.size()) == (before, len(SHOP))
    assert (store.generation(), store.size()) == (before + 1, 1)


def test_a_title_with_every_word_stands_before_one_that_only_says_them_often(pair: Pair) -> None:
    often = " ".join(["The bicycle lamp does not light up: the lamp is broken, the lamp is loose."] * 6)
    titles = [document("all", "What to do when the bicycle is without light", ("", "Look at the cable."))]
    titles += [document("most", "Light of the lamp", ("Bicycle", often), ("Bicycle without light", f"Bicycle without light. {often}"))]
    others = [document(f"other-{number}", f"Bicycle {number} with a bell", ("", "It may be without light.")) for number in range(20)]
    pair.fill([*titles, *others])
    for query in (Query("bicycle without lig", limit=6, is_typing=True), Query("bicycle without light")):
        assert pair.search(query).hits[0].slug == "all"


@pytest.mark.parametrize(
    "text",
    [
        "why is my order still not here",
        "can I send it back when I don't like it any more",
        "how do I know that the battery is not too hot?",
        "the brakes make a noise when I stop, what is that",
        "Where is it?",
        "is there a way to charge it with the charger I have",
    ],
)
def test_a_whole_question_lists_what_is_found_when_it_is_sent(pair: Pair, text: str) -> None:
    more = [
        document(f"more-{word}", f"{word.title()} of the things", ("", f"All about {word}: moreover, hereafter, stopwatch."))
        for word in ("moreover", "thatch", "itself")
    ]
    pair.fill([*SHOP, *more])
    settled = [hit.slug for hit in pair.search(Query(text, limit=6)).hits]
    assert [hit.slug for hit in pair.search(Query(text, limit=6, is_typing=True)).hits][:3] == settled[:3]
