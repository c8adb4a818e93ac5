"""What is marked in a hit does not depend on what was asked before."""

from itertools import chain

from search.engine import Hit, Query
from search.engines.embedded import EmbeddedEngine
from search.index.store import Store
from search.ranking.snippets import make_marker
from tests.search.conftest import SHOP, document

PHRASES = ("adjust the brakes", "brakes that rub", "charger too hot", "bicycle back", "money for a bike", "red light", "squeaking disc")
TYPED = list(chain.from_iterable([phrase[:length] for length in range(1, len(phrase) + 1)] for phrase in PHRASES))
QUESTIONS = ("How do I get my money back for a bike?", "The brake squeals and rubs, why?", "Is the accumulator overheated?")
ASKED = [*(Query(text, is_typing=True) for text in TYPED), *map(Query, QUESTIONS)]


def hits(engine: EmbeddedEngine) -> list[tuple[Hit, ...]]:
    return [engine.search(query).hits for query in ASKED]


def asked_first(engine: EmbeddedEngine, query: Query) -> tuple[Hit, ...]:
    make_marker.cache_clear()
    return EmbeddedEngine(Store(engine.store.path)).search(query).hits


def test_hits_are_the_same_whatever_was_asked_before(embedded: EmbeddedEngine) -> None:
    embedded.sync(SHOP)
    alone = [asked_first(embedded, query) for query in ASKED]
    assert hits(embedded) == alone
    assert hits(embedded) == alone
    assert any("<mark>" in hit.snippet for found in alone for hit in found)


def test_hits_follow_an_article_that_changed(embedded: EmbeddedEngine) -> None:
    embedded.sync(SHOP)
    assert "Squeaking" in embedded.search(Query("brakes")).hits[0].snippet
    embedded.sync([*SHOP[:3], document("adjust-the-brakes", "Adjust the brakes", ("", "The disc brakes squeal.")), *SHOP[4:]])
    assert embedded.search(Query("brakes")).hits[0].snippet == "The disc <mark>brakes</mark> squeal."


def test_words_that_begin_as_typed_are_marked_and_no_others(embedded: EmbeddedEngine) -> None:
    embedded.sync(SHOP)
    for typed in ("b", "br", "bra", "b"):
        found = {hit.title: hit.title_marked for hit in embedded.search(Query(typed, is_typing=True)).hits}
        assert found["Adjust the brakes"] == "Adjust the <mark>brakes</mark>", typed
