"""The measuring of answers, measured on a set whose figures are known."""

from pathlib import Path

import pytest

from kb.articles.article import Article, Catalog
from search.engine import Query
from tests.bench import quality


def article(slug: str, title: str) -> Article:
    return Article(path=f"help/{slug}.md", slug=slug, title=title, html="", digest="", category="help", section="")


CATALOG = Catalog(1, (), {"a": article("a", "Charge the battery pack"), "b": article("b", "Adjust squeaking brakes")}, {"17": "a"})


def test_rates_follow_from_the_ranks() -> None:
    answers = {"one": ["a"], "two": ["x", "a"], "three": [], "none": ["a"]}
    asked = [quality.Question(text, None, frozenset("a" if text != "none" else ""), "question" if text != "none" else "none") for text in answers]
    (row,) = quality.scores(lambda query: (answers[query.text], 0.0 if query.text in ("none", "three") else 0.9), asked)
    assert (row.count, row.hit_at_1, row.hit_at_5, row.mrr, row.none_found) == (3, 1 / 3, 2 / 3, 0.5, 1 / 3)


def test_separation_counts_ties_half() -> None:
    assert quality.separation([0.9, 0.5], [0.5, 0.1]) == (1 + 1 + 0.5 + 1) / 4


def test_a_question_file_names_articles_by_id_or_file(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_text("question,folder,article_id\nhow,help,17\nwhy,,b|17\nwho,,\n", encoding="utf-8")
    read = quality.read_questions(path, CATALOG)
    assert [(one.category, one.slugs, one.kind) for one in read] == [
        ("help", frozenset("a"), "question"),
        (None, frozenset("ab"), "question"),
        (None, frozenset(), "none"),
    ]
    path.write_text("question,folder,article_id\nhow,,nowhere\n", encoding="utf-8")
    with pytest.raises(ValueError, match="no article nowhere"):
        quality.read_questions(path, CATALOG)


def test_rows_that_ask_the_same_are_one_question_that_any_of_their_articles_answers(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_text("question,folder,article_id\nHow  so?,help,17\nwhy,help,17\nhow so?,help,b\nhow so?,other,b\n", encoding="utf-8")
    read = quality.read_questions(path, CATALOG)
    assert [(one.category, one.slugs) for one in read] == [("help", frozenset("ab")), ("help", frozenset("a")), ("other", frozenset("b"))]


def test_generated_questions_are_the_same_each_time() -> None:
    assert quality.fragments(CATALOG) == quality.fragments(CATALOG)
    assert quality.misspelt(CATALOG) == quality.misspelt(CATALOG)
    assert quality.beginnings(CATALOG) == quality.beginnings(CATALOG)
    assert quality.slips(CATALOG) == quality.slips(CATALOG)
    assert {one.text for one in quality.slips(CATALOG)}.isdisjoint(one.text for one in quality.beginnings(CATALOG))
    assert {"cha", "charge t"} <= {one.text for one in quality.beginnings(CATALOG)}
    assert all(one.text not in ("Charge the battery pack", "Adjust squeaking brakes") for one in quality.misspelt(CATALOG))


def test_the_plain_call_wants_every_word() -> None:
    from tests.search.conftest import SHOP

    with quality.plain_fts5(SHOP) as ask:
        assert ask(Query("tracking number"))[0] == ["track-an-order"]
        assert ask(Query("where is my tracking number"))[0] == []


def test_the_curve_tells_what_each_threshold_would_call_answered() -> None:
    confidences = {"good": 0.9, "fair": 0.5, "poor": 0.3, "worse": 0.1}
    questions = [quality.Question(text, None, frozenset({"x"} if text in ("good", "fair") else ()), "question") for text in confidences]
    shown = quality.curve(lambda query: ([], confidences[query.text]), questions)
    assert "| questions with an answer | 1.00 | 1.00 | 1.00 | 1.00 | 0.50 | 0.50 | 0.50 |" in shown
    assert "| questions with none | 0.50 | 0.50 | 0.00 | 0.00 | 0.00 | 0.00 | 0.00 |" in shown
    assert quality.curve(lambda query: ([], 1.0), questions[:2]) == ""
