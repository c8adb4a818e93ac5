"""Those an article is for find it like any other; to all others not even an answer's figures tell of it."""

from dataclasses import replace

import pytest

from search.engine import Query
from tests.search.conftest import SHOP, Pair, document, first

AGENTS = ("public", "signed-in", "agents")
PLAYBOOK = document("playbook", "Chargeback escalation playbook", ("", "Escalate the chargeback to the bank."), audience="agents")
OTHERS = [document(f"page-{at}", f"Page {at}", ("", "Paper and ink.")) for at in range(20)]


@pytest.mark.parametrize("text", ["charge", "chargeb", "chargebac", "playb", "chargeback esc", "escalaton", "chargbeack", "the chargback for a bank?"])
@pytest.mark.parametrize("is_typing", [False, True])
def test_what_is_for_agents_is_found_by_its_beginning_and_misspelt(pair: Pair, text: str, is_typing: bool) -> None:
    pair.fill([*OTHERS, PLAYBOOK])
    assert first(pair, text, is_typing=is_typing, audiences=AGENTS) == "playbook"
    found = pair.search(Query(text, is_typing=is_typing))
    assert (found.hits, found.corrected) == ((), None)


@pytest.mark.parametrize(
    "text", ["chargeback widget", "chargeback page", "chargback", "charge back", "the playbook for the chargeback of a page?", "playbooks", "page 3"]
)
def test_no_figure_tells_that_there_is_something_else(pair: Pair, text: str) -> None:
    queries = [Query(text, is_typing=is_typing, with_facets=True, with_reasons=True) for is_typing in (False, True)]
    pair.fill(OTHERS)
    without = [pair.search(query)._replace(took_ms=0) for query in queries]
    pair.fill([*OTHERS, PLAYBOOK, replace(PLAYBOOK, slug="other", path="help/other.md", audience="signed-in", digest="other")])
    assert [pair.search(query)._replace(took_ms=0) for query in queries] == without
    pair.fill([*OTHERS, replace(PLAYBOOK, audience="public", digest="opened")])
    opened = [pair.search(query)._replace(took_ms=0) for query in queries]
    assert opened != without
    pair.fill(OTHERS)
    assert [pair.search(query)._replace(took_ms=0) for query in queries] == without


def test_a_word_that_nobody_else_may_read_is_forgotten_with_its_article(pair: Pair) -> None:
    pair.fill([*SHOP, PLAYBOOK])
    pair.fill(SHOP)
    assert pair.search(Query("escalat", audiences=AGENTS)).total == 0
    tables = [pair.embedded.store.connection.execute(f"SELECT count(*) FROM {table} WHERE audience = 'agents'").fetchone()[0] for table in ("words", "hidden")]
    pair.fill([one for one in SHOP if one.audience == "public"])
    assert min(tables) > 0
    for table in ("words", "hidden"):
        assert pair.embedded.store.connection.execute(f"SELECT count(*) FROM {table} WHERE audience = 'agents'").fetchone()[0] == 0
