"""Golden queries, and the check that asks them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kb.articles.article import Article, Catalog, Category, Passage
from kb.config import Settings
from kb.site.cli import main
from search.writers.check import SearchCheck, check
from search.writers.targets import Targets
from tests.search.writers.test_rules_file import write
from tests.services import MeilisearchServer

NOW = datetime(2026, 5, 1, tzinfo=UTC)
ARTICLES = [
    Article(f"a/{slug}.md", slug, title, "", slug, "a", "", passages=(Passage("", (), text),))
    for slug, title, text in (("brakes", "Adjust the brakes", "Turn the bolt."), ("bell", "Mount the bell", "Turn the screw."))
]
CATALOG = Catalog(1, (Category("a", "A"),), {one.slug: one for one in ARTICLES})


def report(root: Path, golden: str = "", rules: str = "") -> SearchCheck:
    if rules:
        write(root, rules)
    if golden:
        write(root, golden, "_golden.yml")
    return check(Settings(content=root), CATALOG, NOW)


def told(found: SearchCheck) -> list[str]:
    return [str(problem) for problem in found.problems]


def test_golden_queries_that_hold_say_nothing(tmp_path: Path) -> None:
    found = report(
        tmp_path, "- {query: how do I adjust a brake?, article: brakes}\n- query: mount it\n  article: a/bell.md\n  top: 1\n  category: a\n  locale: en\n"
    )
    assert (told(found), found.asked) == ([], {"embedded": (2, 2)})


def test_one_that_does_not_hold_tells_where_it_stands_and_what_stands_before_it(tmp_path: Path) -> None:
    found = report(tmp_path, "- {query: brakes, article: brakes}\n- {query: mudguard, article: bell}\n- {query: turn the bolt, article: bell, top: 1}\n")
    assert found.asked == {"embedded": (3, 1)}
    assert told(found)[0].startswith("_golden.yml:2: `bell` is not found for “mudguard” on the embedded engine: add")
    assert told(found)[1].startswith("_golden.yml:3: `bell` is number 2, not among the first 1, for “turn the bolt” on the embedded engine; before it: brakes:")


def test_a_pin_or_a_synonym_makes_one_hold(tmp_path: Path) -> None:
    assert report(tmp_path, "- {query: mudguard, article: bell}\n").problems
    assert told(report(tmp_path, rules="pins:\n  - {query: mudguard, article: bell}\n")) == []
    assert told(report(tmp_path, rules="synonyms:\n  - mudguard -> bell\n")) == []


SLIPS = {
    "query: x": (1, "must be a list of `{query: words, article: slug}`"),
    "- word": (1, "must be `{query: words, article: slug}`, not `word`"),
    "- {query: x}": (1, "needs `query` and `article`"),
    "- {query: bell, article: bel}": (1, "there is no article `bel`: did you mean `bell`?"),
    "- {query: bell, article: a/bel.md}": (1, "did you mean `a/bell.md`?"),
    "- {query: bell, article: bell, top: 0}": (1, "`top` must be a whole number from 1 to 10"),
    "- {query: bell, article: bell, top: ９}": (1, "`top` must be a whole number from 1 to 10"),
    "- {query: bell, article: bell, tpo: 1}": (1, "unknown key `tpo`: did you mean `top`?"),
    "- {query: [bell], article: bell}": (1, "must be text, not a list"),
    "- {query: bell, article: bell, locale: }": (1, "must be text, not nothing"),
    "- {query: bell, article: bell, category: as}": (1, "there is no category `as`"),
    "- {query: bell, article: bell, locale: de}": (1, "no articles are in `de`: known are en"),
    "- {query: bell, article": (2, "this is not valid YAML"),
}


@pytest.mark.parametrize("text", SLIPS)
def test_every_slip_is_told_with_its_line(tmp_path: Path, text: str) -> None:
    line, says = SLIPS[text]
    problem = report(tmp_path, text + "\n").problems[0]
    assert (problem.path, problem.line, problem.is_error) == ("_golden.yml", line, True)
    assert says in problem.message


def test_pins_and_synonyms_that_lead_nowhere_are_told(tmp_path: Path) -> None:
    found = report(tmp_path, rules="pins:\n  - {query: x, article: bels}\nsynonyms:\n  - brakes -> velocipede\n")
    assert told(found) == [
        "_search.yml:2: there is no article `bels`: did you mean `bell`?",
        "_search.yml:4: no article holds any of the other names, so this finds nothing: use words of your articles",
    ]
    assert [problem.is_error for problem in found.problems] == [True, False]


def test_an_article_that_readers_do_not_find_is_no_target(tmp_path: Path) -> None:
    made = {"draft": {"draft": True}, "later": {"publish_at": NOW + timedelta(days=1)}, "hidden": {"is_searchable": False}, "staff": {"audience": "agents"}}
    articles = {name: Article(f"a/{name}.md", name, name, "", name, "a", "", **fields) for name, fields in made.items()}  # type: ignore[arg-type]
    targets = Targets(Catalog(1, (), articles), NOW)
    faults = {name: targets.fault(name) for name in articles}
    assert {name: fault.is_error for name, fault in faults.items() if fault} == {"draft": False, "later": False, "hidden": True, "staff": True}


def deskbook(root: Path, *arguments: str, **settings: str) -> Result:
    return CliRunner().invoke(main, ["check", str(root), *arguments], env={f"DESKBOOK_{name}": value for name, value in settings.items()})


@pytest.fixture
def content(tmp_path: Path) -> Path:
    folder = tmp_path / "content" / "a"
    folder.mkdir(parents=True)
    (folder / "brakes.md").write_text("---\ntitle: Adjust the brakes\n---\nTurn the bolt.\n", encoding="utf-8")
    (folder / "bell.md").write_text("---\ntitle: Mount the bell\n---\nTurn the screw.\n", encoding="utf-8")
    return write(folder.parent, "- {query: adjust a brake, article: brakes}\n", "_golden.yml")


@pytest.mark.slow
def test_the_command_asks_them_and_fails_where_one_does_not_hold(content: Path) -> None:
    good = deskbook(content)
    assert (good.exit_code, good.stdout) == (0, "")
    assert "embedded: 1 of 1 golden query held" in good.stderr
    write(content, "- {query: adjust a brake, article: bell}\n", "_golden.yml")
    bad = deskbook(content)
    assert bad.exit_code == 1
    assert bad.stdout.startswith("_golden.yml:1: `bell` is not found for “adjust a brake” on the embedded engine; before it: brakes")
    assert json.loads(deskbook(content, "--json").stdout)[0] | {"message": ""} == {"path": "_golden.yml", "line": 1, "level": "error", "message": ""}
    assert deskbook(content, "--format", "github").stdout.startswith("::error file=_golden.yml,line=1::`bell` is not found")


def test_the_check_leaves_the_sites_own_index_alone(content: Path, tmp_path: Path) -> None:
    deskbook(content, DATA=str(tmp_path / "var"))
    assert not (tmp_path / "var").exists()


def test_a_server_that_cannot_be_asked_is_an_error(content: Path) -> None:
    answer = deskbook(content, MEILISEARCH_URL="http://127.0.0.1:1")
    assert answer.exit_code == 1
    assert "_golden.yml:1: Meilisearch was not asked" in answer.stdout


@pytest.mark.slow
def test_the_check_asks_meilisearch_too_and_leaves_no_index_behind(content: Path, meilisearch: MeilisearchServer) -> None:
    from search.engines.meilisearch.client import Clients

    server = {"MEILISEARCH_URL": meilisearch.url, "MEILISEARCH_KEY": meilisearch.key, "MEILISEARCH_INDEX": "site"}
    answer = deskbook(content, **server)
    assert (answer.exit_code, answer.stdout) == (0, "")
    assert "meilisearch: 1 of 1 golden query held" in answer.stderr
    assert not [index.uid for index in Clients(meilisearch.url, "", meilisearch.key, 120.0).indexing.get_indexes()["results"] if index.uid.startswith("site__")]
