"""Words and meaning together: what stands out in meaning overtakes a better hit by words, what is hardly nearer does not."""

from types import SimpleNamespace
from typing import Any

import pytest

from search.ranking.bm25 import Ranked
from search.ranking.embedding_lookup import NearestArticles
from search.ranking.fusion import add_similarity, fuse

PLACES = {f"article-{place}": 0.0 for place in range(12)}


def ranked(**scores: float) -> list[Ranked]:
    stored: Any = {slug: SimpleNamespace(slug=slug) for slug in scores}
    return [Ranked(stored[slug], score, 1.0, None, 0.0) for slug, score in scores.items()]


def order(near: NearestArticles, *, is_fragment: bool = False, **scores: float) -> list[str]:
    return [one.stored.slug for one in fuse(ranked(**scores), near, is_fragment=is_fragment)]


@pytest.mark.parametrize(("lead", "first"), [(0.9, "meant"), (0.1, "worded")])
def test_the_further_an_article_stands_out_the_more_its_meaning_counts(lead: float, first: str) -> None:
    near = NearestArticles({"meant": 0.8, **PLACES}, {"meant": lead, **PLACES})
    assert order(near, worded=10.0, meant=5.0)[0] == first


def test_an_article_below_what_is_usual_loses_nothing() -> None:
    near = NearestArticles({**PLACES, "meant": 0.1}, {**PLACES, "meant": -3.0})
    assert order(near, meant=5.0, worded=4.9) == ["meant", "worded"]


def test_where_too_few_are_near_to_tell_the_place_alone_counts() -> None:
    near = NearestArticles({"meant": 0.8, "worded": 0.7})
    assert order(near, worded=10.0, meant=9.8) == ["meant", "worded"]
    assert order(near, worded=10.0, meant=9.0) == ["worded", "meant"]


def test_a_fragment_goes_by_its_words_first() -> None:
    near = NearestArticles({"meant": 0.8, **PLACES}, {"meant": 2.0, **PLACES})
    assert order(near, worded=10.0, meant=7.0, is_fragment=True) == ["worded", "meant"]


def test_what_words_alone_gave_is_kept() -> None:
    (one,) = fuse(ranked(meant=5.0), NearestArticles({"meant": 0.8}), is_fragment=False)
    assert (one.parts["by words"], one.parts["meaning"]) == (5.0, 0.8)
    assert one.score == pytest.approx(5.0 * 1.45)


def test_the_less_words_find_of_a_question_the_more_the_word_vectors_count() -> None:
    similar = NearestArticles({"meant": 0.8, "worded": 0.3}, {"meant": 0.5, "worded": 0.0})
    first = [add_similarity(ranked(worded=10.0, meant=8.0), similar, weight, is_fragment=False)[0].stored.slug for weight in (2.0, 20.0)]
    assert first == ["worded", "meant"]
