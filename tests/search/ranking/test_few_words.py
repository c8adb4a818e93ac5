"""Two or three words that no article writes so still find the article that says it in other words, while they are typed and when sent."""

import pytest

from search.engine import Query
from tests.search.conftest import Pair, document

ARTICLES = [
    document("leave", "Deactivate a person who left", ("", "Open the team and deactivate the account of the person.")),
    document("logo", "Upload a logo", ("", "Your logo is shown on each page. Pictures in PNG format are accepted.")),
    *(
        document(f"person-{at}", f"Person {at} of the team", ("", f"This person works in room {at}. The account of a person is shown in the list of the team."))
        for at in range(12)
    ),
    *(document(f"page-{at}", f"Page {at}", ("", f"Page {at} is shown in the list. Open it to disable comments.")) for at in range(12)),
]


@pytest.mark.parametrize("is_typing", [False, True])
@pytest.mark.parametrize(("text", "slug"), [("disable person", "leave"), ("upload image", "logo")])
def test_a_few_words_are_found_in_other_words(pair: Pair, text: str, slug: str, is_typing: bool) -> None:
    pair.fill(ARTICLES)
    assert slug in [hit.slug for hit in pair.search(Query(text, limit=3, is_typing=is_typing)).hits]


def test_a_single_word_stands_for_itself(pair: Pair) -> None:
    pair.fill(ARTICLES)
    assert {hit.slug for hit in pair.search(Query("disable", limit=20)).hits} == {f"page-{at}" for at in range(12)}
