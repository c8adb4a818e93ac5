"""Check the writers' search files, and ask the golden queries of the engines on an index of their own."""

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kb.articles.article import Catalog, Problem
from kb.config import Settings
from search.documents import documents
from search.engine import Engine, EngineUnavailable, Progress
from search.engines.configured import meilisearch_engine
from search.engines.embedded import EmbeddedEngine
from search.index.store import Store
from search.query.vocabulary import Vocabulary
from search.writers import golden_queries, rules_file
from search.writers.golden_queries import GoldenQuery, read_golden_queries
from search.writers.rules_file import read_rules
from search.writers.targets import Targets

PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class SearchCheck:
    """What should be mended, and how many golden queries each engine was asked and how many held: (asked, held)."""

    problems: list[Problem]
    asked: dict[str, tuple[int, int]]


def check(settings: Settings, catalog: Catalog, now: datetime, progress: Progress | None = None) -> SearchCheck:
    """Looks at `_search.yml` and `_golden.yml`; touches neither the site's own index nor any other but one that is gone afterwards."""
    report = SearchCheck([], {})
    if not any((settings.content / name).exists() for name in (rules_file.FILE, golden_queries.FILE)):
        return report
    with _engine(catalog, now, progress) as embedded:
        targets = Targets(catalog, now, Vocabulary(embedded.store))
        rules, problems = read_rules(settings.content, targets)
        goldens, more = read_golden_queries(settings.content, targets)
        report.problems.extend([*problems, *more])
        embedded.answerer.rules = rules
        _ask(embedded, goldens, report)
        if goldens and settings.meilisearch_url:
            _ask_meilisearch(settings, embedded, catalog, now, goldens, report)
    return report


def _ask(engine: Engine, goldens: list[GoldenQuery], report: SearchCheck) -> None:
    outcomes = golden_queries.ask(engine, goldens)
    failed = [outcome for outcome in outcomes if not outcome.is_held]
    report.problems.extend(golden_queries.problem(outcome) for outcome in failed)
    report.asked[engine.name] = (len(outcomes), len(outcomes) - len(failed))


def _ask_meilisearch(settings: Settings, embedded: EmbeddedEngine, catalog: Catalog, now: datetime, goldens: list[GoldenQuery], report: SearchCheck) -> None:
    name = f"{settings.meilisearch_index[:40]}__check_{secrets.token_hex(4)}"
    engine = meilisearch_engine(settings.model_copy(update={"meilisearch_index": name, "search_timeout_s": PATIENCE_S}), embedded)
    try:
        engine.sync(documents(catalog, now))
        _ask(engine, goldens, report)
    except EngineUnavailable as error:
        report.problems.append(Problem(golden_queries.FILE, 1, f"Meilisearch was not asked: {error} (DESKBOOK_MEILISEARCH_URL)"))
    finally:
        with suppress(EngineUnavailable):
            engine.drop()


@contextmanager
def _engine(catalog: Catalog, now: datetime, progress: Progress | None) -> Iterator[EmbeddedEngine]:
    """The embedded engine on a file that lives as long as the block."""
    with tempfile.TemporaryDirectory(prefix="deskbook-check-") as folder, closing(Store(Path(folder) / "search.sqlite")) as store:
        engine = EmbeddedEngine(store)
        engine.sync(documents(catalog, now), progress)
        yield engine
