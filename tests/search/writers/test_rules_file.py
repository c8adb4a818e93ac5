"""What writers decide in `_search.yml`, on both engines."""

import os
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from kb.config import Settings
from search.engine import Query
from search.query.field_weights import PLACES, FieldWeights
from search.searcher import Searcher
from search.writers.rules_file import BOUNDS, read_rules
from tests.search.conftest import SHOP, Pair, document, first

Steer = Callable[[str], None]


def write(root: Path, text: str, name: str = "_search.yml") -> Path:
    (root / name).write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def steer(pair: Pair, tmp_path: Path) -> Steer:
    """Puts a `_search.yml` in force on both engines."""

    def put(text: str) -> None:
        pair.embedded.answerer.rules, problems = read_rules(write(tmp_path, text))
        assert problems == []

    return put


def slugs(pair: Pair, text: str, **fields: Any) -> list[str]:
    return [hit.slug for hit in pair.search(Query(text, **fields)).hits]


def test_synonyms_stand_for_each_other(pair: Pair, steer: Steer) -> None:
    assert first(pair, "my stoppers squeak") == "adjust-the-brakes"
    assert slugs(pair, "stoppers") == []
    steer("synonyms:\n  - [stoppers, brakes, juice box]\n")
    assert first(pair, "stoppers") == "adjust-the-brakes"
    assert first(pair, "where is the juice box?") == "adjust-the-brakes"


def test_a_one_way_synonym_goes_one_way(pair: Pair, steer: Steer) -> None:
    steer("synonyms:\n  - shop -> calliper, rotor\n")
    assert "open-hours" not in slugs(pair, "calliper")
    assert "adjust-the-brakes" in slugs(pair, "shop")


@pytest.mark.parametrize("text", ["stopper", "Stoppers", "STÓPPER", "a stopper that rubs", "stopp"])
def test_a_synonym_is_known_in_every_form(pair: Pair, steer: Steer, text: str) -> None:
    steer("synonyms:\n  - stoppers -> brakes\n")
    assert first(pair, text, is_typing=True) == "adjust-the-brakes"


def test_a_synonym_counts_between_keystrokes_however_much_the_word_itself_finds(pair: Pair, steer: Steer) -> None:
    pumps = [document(f"pump-{number}", f"Tyres of size {number}", ("", "Take a pump.")) for number in range(15)]
    pair.fill([*pumps, document("inflator", "The inflator of our workshop", ("", "It is free."))])
    steer("synonyms:\n  - pump -> inflator\n")
    assert "inflator" in slugs(pair, "pump", is_typing=True, limit=30)


def test_a_name_of_several_words_counts_most_where_they_stand_together(pair: Pair, steer: Steer) -> None:
    apart = document("apart", "Cards of every kind", ("", "We print cards. The credit of each photograph is told."))
    pair.fill([*SHOP, apart])
    steer("synonyms:\n  - plastic -> credit card\n")
    assert slugs(pair, "plastic")[:2] == ["return-a-bicycle", "apart"]


def test_a_synonym_of_nothing_harms_nothing(pair: Pair, steer: Steer) -> None:
    steer("synonyms:\n  - brakes -> qwertzuiop\n")
    assert first(pair, "brakes that rub") == "adjust-the-brakes"
    assert slugs(pair, "brakes", is_verbatim=True)


def test_words_as_typed_know_no_synonyms(pair: Pair, steer: Steer) -> None:
    steer("synonyms:\n  - [stoppers, brakes]\n")
    assert slugs(pair, "stoppers", is_verbatim=True) == []


PINS = """pins:
  - {query: "Brakes!", article: open-hours}
  - {query: how do I get it home, article: help/open-hours.md}
  - {query: qqq, article: open-hours}
  - {query: prices, article: internal-prices}
  - {query: nothing, article: gone}
"""


def test_a_pin_comes_first_for_just_its_words(pair: Pair, steer: Steer) -> None:
    steer(PINS)
    assert slugs(pair, "brakes") == ["open-hours", "adjust-the-brakes"]
    assert first(pair, "brakes that rub") == "adjust-the-brakes"
    assert first(pair, "How do I get it home?") == "open-hours"
    assert pair.search(Query("brakes")).confidence == 1.0


def test_a_pin_answers_where_no_word_is_known(pair: Pair, steer: Steer) -> None:
    steer(PINS)
    assert slugs(pair, "QQQ") == ["open-hours"]


@pytest.mark.parametrize(("typed", "expected"), [("bra", "open-hours"), ("br", "adjust-the-brakes"), ("how do i get it hom", "open-hours")])
def test_a_pin_counts_while_its_last_word_is_typed(pair: Pair, steer: Steer, typed: str, expected: str) -> None:
    steer(PINS)
    assert first(pair, typed, is_typing=True) == expected


def test_a_settled_search_for_half_a_pin_is_no_pin(pair: Pair, steer: Steer) -> None:
    steer(PINS)
    assert first(pair, "brak") == "adjust-the-brakes"


def test_a_pin_shows_nobody_what_they_may_not_read(pair: Pair, steer: Steer) -> None:
    steer(PINS)
    assert "internal-prices" not in slugs(pair, "prices")
    assert first(pair, "prices", audiences=("public", "agents")) == "internal-prices"
    assert first(pair, "brakes", category="riding") == "adjust-the-brakes"
    assert "open-hours" not in slugs(pair, "brakes", locale="de")
    assert slugs(pair, "nothing") == []


def test_added_stop_words_do_not_count(pair: Pair, steer: Steer) -> None:
    question = "what do the opening hours on Monday say of a battery that is hot, or too hot?"
    steer("stop_words:\n  add: [opening, monday, hours]\n")
    assert first(pair, question) == "charge-the-battery"


def test_a_removed_stop_word_counts_again(pair: Pair, steer: Steer) -> None:
    pair.fill([*SHOP, document("switch", "Power on and off", ("", "Press the button."))])
    question = "what do I do when my bicycle is on and never off?"
    assert "switch" not in slugs(pair, question)
    steer("stop_words:\n  remove: [on, off]\n")
    assert "switch" in slugs(pair, question)


def test_weights_decide_between_title_and_text(pair: Pair, steer: Steer) -> None:
    pair.fill(
        [document("a", "Saddle", ("", "Leather.")), document("b", "Leather", ("", "A saddle is no bench. " + "Many other things stand on this page. " * 60))]
    )
    assert first(pair, "where is the saddle?") == "a"
    steer("weights:\n  title: 0\n  body: 20\n  length: 0\n")
    assert first(pair, "where is the saddle?") == "b"


def test_every_weight_is_bounded_and_its_usual_value_allowed() -> None:
    assert set(PLACES) < BOUNDS.keys() <= {one.name for one in fields(FieldWeights)}
    assert all(least <= getattr(FieldWeights(), name) <= most for name, (least, most) in BOUNDS.items())


SLIPS = {
    "synonims: []": (1, "unknown key `synonims`: did you mean `synonyms`?"),
    "pins: []\npins: []": (2, "`pins` stands here for the second time (first in line 1)"),
    "- a": (1, "must be lines `key:` with lists under them"),
    "synonyms:\n  - [one]": (2, "holds no two names"),
    "synonyms:\n  - [one, One!]": (2, "holds no two names"),
    "synonyms:\n  - [one, '?!']": (2, "“?!” holds no letter or digit"),
    "synonyms:\n  - [one, [two]]": (2, "must be a word or a short phrase, not a list"),
    "synonyms:\n  - one two three four five six seven -> x": (2, "has 7 words; at most 6"),
    "synonyms:\n  - one": (2, "“one” is no synonym: write"),
    "synonyms:\n  - one ->": (2, "“one ->” is no synonym: write"),
    "synonyms:\n  - one -> two -> three": (2, "with one arrow for one way only"),
    "synonyms:\n  - one -> ONE": (2, "leads to itself"),
    "synonyms:\n  - a: b": (2, "must be `[name, name]` or `name -> other name`, not lines of `key: value`"),
    "synonyms: word": (1, "must be a list of `[name, name]`"),
    "synonyms:": (1, "must be a list of `[name, name]` (each may stand for each) or `name -> other name` (one way), not nothing"),
    "pins:\n  - word": (2, "must be `{query: words, article: slug}`, not `word`"),
    "pins:\n  - {query: a}": (2, "a pin needs `query` and `article`, and has query"),
    "pins:\n  - {query: a, articel: b}": (2, "unknown key `articel`: did you mean `article`?"),
    "pins:\n  - {query: a, article: b}\n  - {query: A!, article: c}": (3, "these words are pinned already in line 2"),
    "stop_words: [a]": (1, "must be `add:` and `remove:` with lists of words under them, not a list"),
    "stop_words:\n  add: [two words]": (2, "has 2 words; at most 1"),
    "stop_words:\n  add: [on]\n  remove: [on]": (2, "`on` is both added and removed"),
    "weights:\n  titel: 3": (2, "unknown weight `titel`: did you mean `title`?"),
    "weights:\n  title: -3": (2, "must be a number from 0 to 20"),
    "weights:\n  title: .nan": (2, "must be a number from 0 to 20"),
    "weights:\n  length: nan": (2, "must be a number from 0 to 1"),
    "weights:\n  title: [x]": (2, "must be a number from 0 to 20"),
    "weights: 3": (1, "must be lines `name: number`"),
    "a: [": (2, "this is not valid YAML"),
    "a: &x [*x]": (1, "anchors and aliases"),
    "pins: !!python/object:os.system []": (1, "tags (`!…`) are not allowed"),
    "a: " + "[" * 5000: (1, "is nested too deep"),
    "synonyms:\n" + "  - [aa, bb]\n" * 6000: (1, "is larger than 64 KB"),
    "synonyms:\n" + "  - [aa, bb]\n" * 1100: (1002, "may hold 2000 synonyms"),
    "synonyms:\n  - [ab, \0]": (2, "holds a NUL character"),
}


@pytest.mark.parametrize("text", SLIPS, ids=lambda text: text[:40])
def test_every_slip_is_told_with_its_line(tmp_path: Path, text: str) -> None:
    line, says = SLIPS[text]
    problems = read_rules(write(tmp_path, text + "\n"))[1]
    assert (problems[0].path, problems[0].line, problems[0].is_error) == ("_search.yml", line, True)
    assert says in problems[0].message


def test_what_is_no_file_of_text_is_told(tmp_path: Path) -> None:
    file = tmp_path / "_search.yml"
    file.write_bytes(b"synonyms:\n  - [\xff, b]\n")
    assert str(read_rules(tmp_path)[1][0]) == "_search.yml:2: this line is not UTF-8: save the file as UTF-8"
    file.unlink()
    file.mkdir()
    assert "not a regular file" in read_rules(tmp_path)[1][0].message
    file.rmdir()
    file.symlink_to("/etc/passwd")
    assert "cannot be read" in read_rules(tmp_path)[1][0].message


def test_no_file_and_an_empty_file_say_nothing(tmp_path: Path) -> None:
    assert read_rules(tmp_path)[1] == []
    assert read_rules(write(tmp_path, "# later\n"))[1] == []


@pytest.fixture
def searcher(tmp_path: Path) -> Searcher:
    searcher = Searcher(Settings(data=tmp_path / "var", content=tmp_path))
    searcher.embedded.sync(SHOP)
    return searcher


def hits(searcher: Searcher, text: str) -> list[str]:
    return [hit.slug for hit in searcher.search(Query(text)).hits]


def test_a_change_counts_at_the_next_look_without_a_restart(searcher: Searcher, tmp_path: Path) -> None:
    assert hits(searcher, "stoppers") == []
    write(tmp_path, "synonyms:\n  - [stoppers, brakes]\n")
    assert searcher.steer() is True
    assert hits(searcher, "stoppers") == ["adjust-the-brakes"]
    assert searcher.steer() is False
    (tmp_path / "_search.yml").unlink()
    assert searcher.steer() is True
    assert hits(searcher, "stoppers") == []


def test_a_broken_file_leaves_the_last_good_one_in_force(searcher: Searcher, tmp_path: Path) -> None:
    write(tmp_path, "synonyms:\n  - [stoppers, brakes]\n")
    searcher.steer()
    write(tmp_path, "synonyms:\n  - [stoppers, brakes\n")
    assert searcher.steer() is False
    assert hits(searcher, "stoppers") == ["adjust-the-brakes"]


def test_a_change_of_equal_length_within_the_same_second_is_noticed(searcher: Searcher, tmp_path: Path) -> None:
    write(tmp_path, "synonyms:\n  - [stoppers, brakes]\n")
    searcher.steer()
    os.replace(write(tmp_path, "synonyms:\n  - [stoppers, pedals]\n", "new.yml") / "new.yml", tmp_path / "_search.yml")
    assert searcher.steer() is True
    assert hits(searcher, "stoppers") == ["return-a-bicycle"]
