"""Why a hit stands where it stands: told in full, truly, and in words a writer understands."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kb.site.cli import main
from search.engine import Query
from search.explanation import Explanation
from search.ranking.explanation_text import confidence_sentences, hit_sentences, query_sentences
from search.writers.rules_file import read_rules
from tests.search.conftest import SHOP, Pair, document
from tests.search.writers.test_rules_file import write


def explained(pair: Pair, text: str, **fields: object) -> Explanation:
    told = pair.search(Query(text, with_reasons=True, **fields)).explanation  # type: ignore[arg-type]
    assert told is not None
    return told


def query_told(pair: Pair, text: str) -> str:
    return "\n".join(query_sentences(explained(pair, text)))


def hit_told(pair: Pair, text: str) -> str:
    return "\n".join(hit_sentences(explained(pair, text).hits[0]))


def test_nothing_is_explained_unasked(pair: Pair) -> None:
    assert pair.search(Query("battery")).explanation is None


def test_the_words_left_out_and_those_that_count_are_told(pair: Pair) -> None:
    told = query_told(pair, "why is the light of my battery red, and how do I refund it?")
    assert "Read as a question" in told
    assert "Left out, as they tell too little: why, is, the, of, my, and, how, do, i, it." in told
    assert "battery: in 1 of 5 articles" in told
    assert "Read as a few words of a title." in query_told(pair, "adjust brakes")


@pytest.mark.parametrize("text", ["", " ", "😀", "?!", "—"])
def test_a_query_without_a_word_says_so(pair: Pair, text: str) -> None:
    assert query_told(pair, text) == "No word was read: there is no letter or digit to search for."


def test_corrections_splits_joins_and_beginnings_are_told(pair: Pair) -> None:
    assert "batery: in no article; read as “battery”; found as battery (spelt so)" in query_told(pair, "is my batery too hot?")
    assert "read as “tracking number”; found as track, number (taken apart)" in query_told(pair, "where is my trackingnumber?")
    assert "found as handlebar (joined with the next word)" in query_told(pair, "handle bar")
    assert "brak: in no article as typed; found as brakes (begins so)" in query_told(pair, "brak")
    assert "xyzzyplugh: in no article, and nothing like it is." in query_told(pair, "charge xyzzyplugh")


def test_the_thesaurus_and_the_writers_own_synonyms_are_told_apart(pair: Pair, tmp_path: Path) -> None:
    pair.embedded.answerer.rules = read_rules(write(tmp_path, "synonyms:\n  - stoppers -> brakes\n"))[0]
    told = query_told(pair, "do the stoppers come in my package or not?")
    assert "stoppers: in no article as typed; found as brakes (synonym in _search.yml)" in told
    assert "(means nearly the same)" in told
    assert "stoppers as “brakes” (synonym in _search.yml), in title, heading, 1 × text" in hit_told(pair, "the stoppers?")


def test_each_hit_tells_where_its_words_stand_and_what_it_lacks(pair: Pair) -> None:
    told = hit_told(pair, "why is the light of my battery red, and when do you refund it?")
    assert "light, in heading, 1 × text" in told
    assert "battery, in title, tags or folder, 1 × text" in told
    assert "Not in it: refund." in told
    assert "Leads to the section “The light blinks red”, which holds" in told


def test_shares_and_points_add_up_to_the_score(pair: Pair) -> None:
    for text in ("tracking number of a bicycle in the mail?", "adjust the brakes", "how do I charge an electric bicycle?"):
        for hit in explained(pair, text).hits:
            assert sum(one.share for one in hit.found) == pytest.approx(1.0)
            assert sum(hit.points.values()) == pytest.approx(hit.score, abs=0.01)
    assert "a title as typed or with every word" in explained(pair, "adjust the brakes").hits[0].points


def test_hits_and_their_reasons_stand_in_the_same_order(pair: Pair) -> None:
    found = pair.search(Query("bicycle order", limit=1, offset=1, with_reasons=True))
    assert found.explanation is not None
    assert [hit.slug for hit in found.explanation.hits] == [hit.slug for hit in found.hits]
    assert json.loads(json.dumps(asdict(found.explanation)))["hits"][0]["slug"] == found.hits[0].slug


def test_a_place_that_meaning_had_a_part_in_is_told_as_such(pair: Pair) -> None:
    pair.embedded.answerer.vectors = None
    hit = explained(pair, "when do you refund it?").hits[0]
    assert "meaning" not in "\n".join(hit_sentences(hit))
    assert [*hit_sentences(replace(hit, similarity=0.83))][-1] == "Placed by its words and its meaning together: similarity 0.83."
    assert "others are nearer" in [*hit_sentences(replace(hit, similarity=0.0))][-1]


def test_a_pin_is_told_and_makes_the_confidence_full(pair: Pair, tmp_path: Path) -> None:
    pair.embedded.answerer.rules = read_rules(write(tmp_path, "pins:\n  - {query: qqq, article: open-hours}\n"))[0]
    told = explained(pair, "qqq")
    assert next(hit_sentences(told.hits[0])) == "Pinned to these words in _search.yml, so it comes first."
    assert "full because the first hit is pinned" in "\n".join(confidence_sentences(told.signs, 1.0, 0.5))


@pytest.mark.parametrize("text", ["charge battery", "how do I charge the battery of my electric bicycle?", "does a zebra juggle batteries on a bicycle?"])
def test_the_confidence_follows_from_the_signs_told(pair: Pair, text: str) -> None:
    found = pair.search(Query(text, with_reasons=True))
    assert found.explanation is not None
    signs = found.explanation.signs
    told = "\n".join(confidence_sentences(signs, found.confidence, 0.5))
    assert told.startswith(f"Confidence {found.confidence:.2f}; from 0.50 on")
    assert f"{signs.coverage:.0%}" in told
    assert ("offers the request form first" in told) is (found.confidence < 0.5)
    if signs.is_fragment:
        assert found.confidence == pytest.approx(signs.coverage**2, abs=0.001)


def test_a_word_for_which_only_others_stand_makes_it_less_sure(pair: Pair) -> None:
    """No article says enable; `switch` means nearly the same."""
    pair.fill([*SHOP, document("light", "Switch the light", ("", "Switch the front light on with the handle bar button."))])
    told = {text: pair.search(Query(text, with_reasons=True)).explanation for text in ("may I switch the front light?", "may I enable the front light?")}
    as_written, stood_for = told.values()
    assert as_written is not None
    assert stood_for is not None
    assert any(name.how == "alike" for word in stood_for.words for name in word.names)
    assert stood_for.signs.coverage < as_written.signs.coverage == 1.0


@pytest.mark.parametrize("text", ["", "?!", "xyzzyplugh", "\x00", "🚲", "的", "a" * 2000])
def test_an_answer_without_hits_is_explained_too(pair: Pair, text: str) -> None:
    told = explained(pair, text)
    assert told.hits == ()
    assert list(query_sentences(told))
    assert list(confidence_sentences(told.signs, 0.0, 0.5))


@pytest.fixture
def content(tmp_path: Path) -> Path:
    folder = tmp_path / "content" / "help"
    folder.mkdir(parents=True)
    (folder / "reset.md").write_text("---\ntitle: Reset the board\n---\nPress the button twice.\n\n## When it is stuck\n\nHold it down.\n", encoding="utf-8")
    return write(folder.parent, "synonyms:\n  - reboot -> reset\n")


def deskbook(content: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["search", *arguments], env={"DESKBOOK_CONTENT": str(content), "DESKBOOK_DATA": str(content.parent / "var")})


def test_the_command_explains_in_plain_words(content: Path) -> None:
    told = deskbook(content, "--explain", "how do i reboot a stuck board?").stdout
    assert "Left out, as they tell too little: how, do, i, a." in told
    assert "reboot as “reset” (synonym in _search.yml), in title" in told
    assert "Leads to the section “When it is stuck”" in told
    assert "Confidence " in told
    assert "Left out" not in deskbook(content, "how do i reboot a stuck board?").stdout


def test_the_command_explains_in_json_and_with_no_hit(content: Path) -> None:
    told = json.loads(deskbook(content, "--explain", "--json", "reboot").stdout)["explanation"]
    assert told["words"][0]["names"][0] == {"text": "reset", "how": "synonym", "articles": 1, "weight": 0.9}
    assert told["hits"][0]["found"][0]["places"] == {"title": 1}
    assert "explanation" not in json.loads(deskbook(content, "--json", "reboot").stdout)
    nothing = deskbook(content, "--explain", "xylophone")
    assert nothing.exit_code == 1
    assert "xylophone: in no article, and nothing like it is." in nothing.stdout
