"""The question files that search is judged by: complete, split fairly, and labelled with articles that exist."""

import csv
import os
import re
from collections import Counter
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "questions"
KINDS = {"question", "plain", "real", "wordy", "pasted", "typos", "fragment", "none"}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("path", sorted(HERE.glob("*.csv")), ids=lambda path: path.name)
def test_every_row_is_complete_and_only_unanswerable_questions_lack_an_article(path: Path) -> None:
    found = rows(path)
    assert found
    for row in found:
        assert list(row) == ["question", "folder", "article_id", "kind"]
        assert row["question"].strip()
        assert row["kind"] in KINDS
        assert (row["article_id"] == "") == (row["kind"] == "none"), row


@pytest.mark.parametrize("name", ["arduino", "arduino-everyday"])
def test_both_halves_have_the_same_mixture_and_share_no_question(name: str) -> None:
    tuned, held = rows(HERE / f"{name}-dev.csv"), rows(HERE / f"{name}-check.csv")
    assert Counter(row["kind"] for row in tuned) == Counter(row["kind"] for row in held)
    assert not {row["question"] for row in tuned} & {row["question"] for row in held}


def test_every_label_names_a_published_article_of_the_corpus() -> None:
    corpora = os.environ.get("DESKBOOK_CORPORA")
    if not corpora:
        pytest.skip("not installed: the corpora that answers are measured on: set DESKBOOK_CORPORA to their folder")
    published = set()
    for path in Path(corpora, "arduino", "content").rglob("*.md"):
        head = path.read_text(encoding="utf-8", errors="replace").split("\n---", 1)[0]
        if (found := re.search(r"^id: *(\d+)", head, re.M)) and not re.search(r"^draft: *true", head, re.M):
            published.add(found[1])
    asked = {part for path in HERE.glob("arduino-*.csv") for row in rows(path) if row["article_id"] for part in row["article_id"].split("|")}
    assert asked <= published, asked - published


@pytest.mark.parametrize(("content", "name"), [(HERE.parents[2] / "content", "manual"), (HERE.parent / "invoicing", "invoicing")], ids=["manual", "invoicing"])
def test_every_label_names_an_article_of_its_content(content: Path, name: str) -> None:
    written = {path.stem for path in content.rglob("*.md")}
    asked = {part for row in rows(HERE / f"{name}.csv") if row["article_id"] for part in row["article_id"].split("|")}
    assert asked <= written, asked - written
