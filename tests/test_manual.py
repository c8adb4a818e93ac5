"""The manual in `content/` is true of the product it describes, as far as a machine can tell."""

import re
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest

from kb.articles.article import ArticleType
from kb.articles.catalog.library import Library
from kb.articles.lint.linter import check
from kb.config import Settings
from kb.config_sources import NOT_SETTINGS, PREFIX
from kb.site.cli import main
from kb.site.cli.search import WordsOrCommand
from search.query.field_weights import PLACES, FieldWeights
from search.writers.check import check as check_search

ROOT = Path(__file__).parent.parent
CONTENT = ROOT / "content"
MOST_IMAGE_BYTES = 120_000


@pytest.fixture(scope="module")
def manual() -> Library:
    return Library(CONTENT)


@pytest.fixture(scope="module")
def text() -> str:
    return "\n".join(path.read_text() for path in sorted(CONTENT.rglob("*.md")))


def test_the_manual_has_articles_for_everybody(manual: Library) -> None:
    assert len(manual.public_articles()) >= 25
    assert {category.slug for category in manual.catalog.categories} == {"customers", "writers", "agents", "install"}
    assert all(category.description and section.description for category in manual.catalog.categories for section in category.sections)


def test_every_type_of_article_is_used(manual: Library) -> None:
    types = [article.type for article in manual.public_articles()]
    assert set(types) == set(ArticleType)
    assert types.count(ArticleType.FAQ) >= 8
    assert all(article.minutes for article in manual.public_articles() if article.type is ArticleType.TUTORIAL)


def test_the_check_finds_nothing_to_mend_in_the_manual(manual: Library) -> None:
    assert [str(problem) for problem in check(manual)] == []


def test_every_article_says_what_it_is_about(manual: Library) -> None:
    for article in manual.public_articles():
        assert article.keywords or article.tags, article.path
        assert article.summary or article.type is ArticleType.FAQ, article.path


def test_every_setting_stands_in_the_manual(text: str) -> None:
    assert [name for name in Settings.model_fields if f"{PREFIX}{name.upper()}" not in text] == []


def test_the_manual_names_no_setting_that_does_not_exist(text: str) -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | set(NOT_SETTINGS)
    named = set(re.findall(rf"\b{PREFIX}[A-Z_]*[A-Z]\b", text))
    assert {name for name in named if name.removesuffix("_FILE") not in known} == set()


def test_the_manual_tells_the_weights_of_search() -> None:
    rows = re.findall(r"^\| `(\w+)`.* \| ([\d.]+) \|$", (CONTENT / "writers/publish/help-search-find-it.md").read_text(), re.MULTILINE)
    assert {name: float(weight) for name, weight in rows} == {name: getattr(FieldWeights(), name) for name in PLACES}


def test_the_golden_queries_of_the_manual_are_answered(manual: Library) -> None:
    report = check_search(Settings(content=CONTENT), manual.catalog, datetime.now(UTC))
    assert [str(problem) for problem in report.problems] == []
    assert report.asked["embedded"][0] >= 25


def test_every_command_the_manual_names_exists_with_its_options(text: str) -> None:
    readme = (ROOT / "README.md").read_text()
    told = re.findall(r"(?:^ *|/bin/|exec |[A-Z_]=\S+ )deskbook (.*)", _code(text + readme), re.MULTILINE)
    commands = [re.sub(r'"[^"]*"', "quoted", words).split() for words in told]
    assert len(commands) > 20
    assert [" ".join(words) for words in commands if not _exists(words)] == []


def test_every_link_of_the_readme_leads_to_a_file() -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / "README.md").read_text())
    assert len(targets) > 15
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_the_output_shown_counts_as_many_packages_as_are_installed(text: str) -> None:
    told = re.findall(r"Installing (\d+) packages from (\S+)", (ROOT / "README.md").read_text() + text)
    assert len(told) == 3
    locked = {lock: sum("==" in line for line in (ROOT / lock).read_text().splitlines()) for _, lock in told}
    assert [(count, lock) for count, lock in told if locked[lock] != int(count)] == []


def test_the_images_of_the_manual_are_light_and_in_use(text: str) -> None:
    images = list(CONTENT.rglob("*.png"))
    assert images
    assert [str(image) for image in images if image.stat().st_size > MOST_IMAGE_BYTES or f"img/{image.name}" not in text] == []


def _code(text: str) -> str:
    """Code blocks, and code spans one a line."""
    blocks = re.findall(r"^ *```\w*.*?\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    spans = re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text)
    return "\n".join([*blocks, *spans])


def _exists(words: list[str]) -> bool:
    command: click.Command = main
    for word in words:
        if isinstance(command, click.Group) and word in command.commands:
            command = command.commands[word]
            continue
        if isinstance(command, WordsOrCommand):
            command = command.commands[command.default]
        if word.startswith("-"):
            if not any(word.partition("=")[0] in parameter.opts for parameter in command.params) and word not in ("-h", "--help", "--version"):
                return False
        elif isinstance(command, click.Group):
            return False
    return command is not main or words[0].startswith("-")
