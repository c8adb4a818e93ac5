"""The bar: how well the embedded engine answers on the two corpora; the tables come from `make bench`."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from kb.articles.catalog.library import Library
from search.documents import documents
from search.engines.embedded import EmbeddedEngine
from tests.bench import quality
from tests.bench.answers import QUESTIONS, asking

pytestmark = pytest.mark.slow


def test_questions_on_the_course_faqs_find_their_entry(dtc_faq: Path, embedded: EmbeddedEngine) -> None:
    catalog = Library(dtc_faq / "content").catalog
    embedded.sync(documents(catalog, datetime.now(UTC)))
    asked = quality.read_questions(dtc_faq / "questions-dev.csv", catalog)
    (row,) = quality.scores(asking(embedded), [*asked, *quality.read_questions(QUESTIONS / "dtc-none.csv", catalog)])
    assert row.hit_at_5 >= 0.97
    assert row.mrr >= 0.91
    assert row.none_found == 0
    assert row.separation is not None
    assert row.separation >= 0.9


def test_questions_on_the_arduino_help_centre_find_their_article(arduino: Path, embedded: EmbeddedEngine) -> None:
    catalog = Library(arduino).catalog
    embedded.sync(documents(catalog, datetime.now(UTC)))
    rows = {row.kind: row for row in quality.scores(asking(embedded), quality.read_questions(QUESTIONS / "arduino-check.csv", catalog))}
    assert rows["question"].hit_at_5 >= 0.55
    assert rows["all"].hit_at_5 >= 0.66
    assert rows["all"].none_found == 0
    assert (rows["question"].separation or 0) >= 0.65
    fragments, misspelt = (quality.scores(asking(embedded), make(catalog))[0] for make in (quality.fragments, quality.misspelt))
    assert fragments.hit_at_5 >= 0.99
    assert misspelt.hit_at_5 >= 0.96
    typed = {row.kind: row for row in quality.scores(asking(embedded), quality.beginnings(catalog))}
    assert typed["title, 8 letters typed"].hit_at_5 >= 0.88
    assert typed["title, 12 letters typed"].hit_at_5 >= 0.95
    (slips,) = quality.scores(asking(embedded), quality.slips(catalog))
    assert slips.hit_at_5 >= 0.7
