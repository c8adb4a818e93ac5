"""Golden queries: searches that must find an article, listed in `_golden.yml`."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

from kb.articles.article import Problem
from kb.text.whole_number import parse_whole_number
from search.engine import Engine, Query
from search.writers.targets import Targets
from search.writers.yaml_file import YamlFile, line_of

FILE = "_golden.yml"
TOP = 3
MOST_TOP = 10
MOST_QUERIES = 1000
DEEPEST_RANK = 50
_SHAPE = "`{query: words, article: slug}`"
_KEYS = ("query", "article", "top", "category", "locale")


@dataclass(frozen=True, slots=True)
class GoldenQuery:
    """A query and the article that must be among its first `top` hits; `line` is where the writer says so."""

    query: str
    slug: str
    line: int
    top: int = TOP
    category: str | None = None
    locale: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where the article of a golden query stands now; `rank` counts from 1 and is None when it was not found at all."""

    golden: GoldenQuery
    engine: str
    rank: int | None
    above: tuple[str, ...]
    """Slugs of the hits that stand before it."""

    @property
    def is_held(self) -> bool:
        """Whether it stands where the writer wants it."""
        return self.rank is not None and self.rank <= self.golden.top


def read_golden_queries(root: Path, targets: Targets) -> tuple[list[GoldenQuery], list[Problem]]:
    """The queries that can be asked, and what is wrong in the file; one that is not there holds none."""
    file = YamlFile(root, FILE)
    items = file.items(file.top, _SHAPE, MOST_QUERIES) if file.top is not None else []
    found = [golden for item in items if (golden := _golden(file, item, targets))]
    return found, file.problems


def ask(engine: Engine, goldens: Iterable[GoldenQuery]) -> list[Outcome]:
    """Where each stands on `engine`, in their order; raises EngineUnavailable."""
    return [_ask(engine, golden) for golden in goldens]


def problem(outcome: Outcome) -> Problem:
    """A query that does not hold, as the writer should read it."""
    golden = outcome.golden
    place = f"is number {outcome.rank}, not among the first {golden.top}," if outcome.rank else "is not found"
    above = f"; before it: {', '.join(outcome.above)}" if outcome.above else ""
    advice = "add keywords to it or a synonym or pin to _search.yml"
    return Problem(FILE, golden.line, f"`{golden.slug}` {place} for “{golden.query}” on the {outcome.engine} engine{above}: {advice}")


def _golden(file: YamlFile, item: yaml.Node, targets: Targets) -> GoldenQuery | None:
    given = dict(file.pairs(item, _KEYS, _SHAPE))
    if isinstance(item, yaml.MappingNode) and not {"query", "article"} <= given.keys():
        file.tell(item, f"a golden query needs `query` and `article`: write {_SHAPE}")
    if not {"query", "article"} <= given.keys():
        return None
    written = {key: file.text(node, "text") for key, node in given.items()}
    query, name = written["query"], written["article"]
    top = _top(file, given["top"]) if "top" in given else TOP
    fault = targets.fault(name) if name else None
    if fault:
        file.tell(given["article"], fault.message, is_error=fault.is_error)
    slug = targets.slug(name) if name and not fault else None
    faults = {"category": targets.category_fault, "locale": targets.locale_fault}
    wrong = [(key, found) for key, look in faults.items() if (value := written.get(key)) and (found := look(value))]
    for key, found in wrong:
        file.tell(given[key], found.message)
    if query is None or slug is None or wrong or None in written.values():
        return None
    return GoldenQuery(query, slug, line_of(item), top, written.get("category"), written.get("locale"))


def _top(file: YamlFile, node: yaml.Node) -> int:
    top = parse_whole_number(str(node.value), most=MOST_TOP) if isinstance(node, yaml.ScalarNode) else None
    if top:
        return top
    file.tell(node, f"`top` must be a whole number from 1 to {MOST_TOP}")
    return TOP


def _ask(engine: Engine, golden: GoldenQuery) -> Outcome:
    found = engine.search(Query(golden.query, limit=DEEPEST_RANK, category=golden.category, locale=golden.locale))
    slugs = [hit.slug for hit in found.hits]
    rank = slugs.index(golden.slug) + 1 if golden.slug in slugs else None
    return Outcome(golden, engine.name, rank, tuple(slugs[: rank - 1 if rank else golden.top][:MOST_TOP]))
