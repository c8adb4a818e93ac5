"""Prints how well both engines answer, beside the engines' plain calls.

DESKBOOK_CORPORA=… python -m tests.bench.answers [--no-meilisearch]
python -m tests.bench.answers --corpus content --questions questions.csv
… --embedder vectors.sqlite --sample 250   also with a real embedder, whose vectors are kept in that file
"""

import argparse
import os
import random
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kb.articles.catalog.library import Library, Options
from search.documents import documents
from search.engine import Engine, Query
from search.engines.embedded import EmbeddedEngine
from search.engines.embeddings import EmbeddingIndex, Endpoint
from search.index.store import Store
from search.ranking.embedding_lookup import EmbeddingLookup
from tests import services
from tests.bench import quality
from tests.embedder import MODEL, embedder, rest

QUESTIONS = Path(__file__).parent / "questions"
MANUAL = Path(__file__).parents[2] / "content"
INVOICING = Path(__file__).parent / "invoicing"
ATTEMPTS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="content folder")
    parser.add_argument("--questions", type=Path, action="append", help="question file; may be given several times")
    parser.add_argument("--no-meilisearch", action="store_true", help="only the embedded engine")
    parser.add_argument("--embedder", type=Path, metavar="FILE", help="measure with an embedder as well, its vectors kept in FILE")
    parser.add_argument("--sample", type=int, help="only so many questions of each file, always the same")
    chosen = parser.parse_args()
    for corpus, files in [(chosen.corpus, chosen.questions or [])] if chosen.corpus else known_corpora():
        print(f"\n# {corpus}")
        with engines(corpus, with_meilisearch=not chosen.no_meilisearch, vectors=chosen.embedder) as (catalog, asked):
            for path in files:
                print(f"\n## {path.name}\n")
                questions = quality.read_questions(path, catalog)
                if chosen.sample and chosen.sample < len(questions):
                    questions = random.Random(7).sample(questions, chosen.sample)
                print("\n\n".join(quality.each(asked, [*questions, *unanswerable(path, catalog)])))
            print("\n## titles, halfway and misspelt\n")
            print("\n\n".join(quality.each(asked, [*quality.fragments(catalog), *quality.misspelt(catalog)])))
            print("\n## titles, typed letter by letter\n")
            typed = {name: ask for name, ask in asked.items() if "embedder" not in name}
            print("\n\n".join(quality.each(typed, [*quality.beginnings(catalog), *quality.slips(catalog)])))


def known_corpora() -> list[tuple[Path, list[Path]]]:
    """Return the corpora that answers are measured on, with their question files."""
    root = Path(os.environ.get("DESKBOOK_CORPORA") or "DESKBOOK_CORPORA is not set")
    arduino = [QUESTIONS / f"{name}-{half}.csv" for name in ("arduino", "arduino-everyday") for half in ("dev", "check")]
    arduino.append(QUESTIONS / "arduino-unseen.csv")
    return [
        (root / "dtc-faq" / "content", [root / "dtc-faq" / "questions-dev.csv"]),
        (root / "arduino" / "content", arduino),
        (MANUAL, [QUESTIONS / "manual.csv"]),
        (INVOICING, [QUESTIONS / "invoicing.csv"]),
    ]


def unanswerable(path: Path, catalog: Any) -> list[quality.Question]:
    """Return further questions without an answer for the corpus that a question file asks about."""
    further = QUESTIONS / f"{'dtc' if path.parent.name == 'dtc-faq' else path.stem}-none.csv"
    return quality.read_questions(further, catalog) if further.exists() else []


@contextmanager
def engines(corpus: Path, *, with_meilisearch: bool, vectors: Path | None = None) -> Iterator[tuple[Any, dict[str, quality.Ask]]]:
    """The catalog and what answers on it, by name: both engines and their plain calls."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        catalog = Library(corpus, options=Options()).catalog
        held = list(documents(catalog, datetime.now(UTC)))
        embedded = EmbeddedEngine(Store(folder / "search.sqlite"))
        embedded.sync(held)
        asked = {"embedded": asking(embedded), "plain FTS5": stack.enter_context(quality.plain_fts5(held))}
        address = stack.enter_context(embedder(vectors)) if vectors else ""
        if address:
            meant = EmbeddedEngine(embedded.store)
            meaning = EmbeddingIndex(Endpoint(address, MODEL), embedded.store)
            meaning.sync(held)
            meant.meaning = EmbeddingLookup(meaning.nearest)
            asked["embedded, with embedder"] = asking(meant)
        if with_meilisearch:
            from search.engines.meilisearch.client import Clients
            from search.engines.meilisearch.engine import MeilisearchEngine
            from tests.bench.plain_meilisearch import plain_meilisearch

            server = stack.enter_context(services.meilisearch_server(folder / "meilisearch"))
            clients = Clients(server.url, "", server.key, 30.0)
            meilisearch = MeilisearchEngine(clients, "bench", embedded)
            meilisearch.sync(held)
            asked |= {"meilisearch": asking(meilisearch), "plain Meilisearch": plain_meilisearch(clients, held)}
            if address:
                meant_there = MeilisearchEngine(clients, "meant", embedded, embedder=rest(address))
                meant_there.sync(held)
                asked["meilisearch, with embedder"] = asking(meant_there)
        yield catalog, asked


def asking(engine: Engine) -> quality.Ask:
    """An engine as the bench asks it."""

    def ask(query: Query) -> tuple[list[str], float]:
        found = engine.search(query)
        for _ in range(ATTEMPTS):
            if not found.lacks_meaning:  # the machine is shared with the embedder: what counts here is what it finds
                break
            found = engine.search(query)
        return [hit.slug for hit in found.hits], found.confidence

    return ask


if __name__ == "__main__":
    main()
