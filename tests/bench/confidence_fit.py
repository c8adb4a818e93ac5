"""Fits the confidence's logistic model, and judges it on each corpus by a model fitted on the others.

DESKBOOK_CORPORA=… python -m tests.bench.confidence_fit

A question counts as answered when its article is among the first three; those that find it further down are left out. Each corpus, and
in it the questions with an answer and those without, count the same. Fragments are not fitted. The bias in `search.ranking.confidence` is
shifted so that the threshold of 0.6 stands where at most a quarter of what nothing answers counts as answered on each question file.
"""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy

from kb.articles.catalog.library import Library, Options
from search.documents import documents
from search.engine import Query
from search.engines.embedded import EmbeddedEngine
from search.explanation import ConfidenceSignals
from search.index.store import Store
from tests.bench import quality
from tests.bench.answers import known_corpora, unanswerable

NAMES = ("coverage", "nearness", "length", "held", "least", "title", "agreement")
MOST = 300
"""Questions of each file."""
LONG = 10
Rows = list[tuple[list[float], bool]]


def main() -> None:
    found = {corpus.parent.name if corpus.name == "content" else corpus.name: _rows(corpus, files) for corpus, files in known_corpora()}
    for name, rows in found.items():
        model = _fit([rows for other, rows in found.items() if other != name])
        print(f"{name}, by the others: area {_area(model, rows):.3f}")
    print("all:", dict(zip((*NAMES, "bias"), _fit([*found.values()]).round(2).tolist(), strict=True)))


def _rows(corpus: Path, files: list[Path]) -> Rows:
    rows: Rows = []
    with tempfile.TemporaryDirectory() as folder:
        catalog = Library(corpus, options=Options()).catalog
        engine = EmbeddedEngine(Store(Path(folder, "search.sqlite")))
        engine.sync(documents(catalog, datetime.now(UTC)))
        for path in files:
            for question in [*quality.read_questions(path, catalog)[:MOST], *unanswerable(path, catalog)]:
                answer = engine.search(Query(question.text, limit=3, category=question.category, with_reasons=True))
                signs = answer.explanation.signs if answer.explanation else None
                is_found = any(hit.slug in question.slugs for hit in answer.hits)
                if signs and not signs.is_fragment and signs.agreement is not None and (is_found or not question.slugs):
                    rows.append((_numbers(signs), is_found))
    return rows


def _numbers(signs: ConfidenceSignals) -> list[float]:
    length = min(signs.telling, LONG) / LONG
    return [signs.coverage, signs.nearness, length, signs.held, signs.least, signs.title, signs.agreement or 0.0]


def _fit(corpora: list[Rows], damping: float = 0.02) -> Any:
    """Logistic regression by Newton's method, on standardised numbers."""
    values = numpy.array([numbers for rows in corpora for numbers, _ in rows])
    wanted = numpy.array([is_found for rows in corpora for _, is_found in rows], float)
    weights = numpy.concatenate([_weights([is_found for _, is_found in rows]) for rows in corpora]) / len(corpora)
    mean, spread = values.mean(0), values.std(0) + 1e-9
    given = numpy.c_[(values - mean) / spread, numpy.ones(len(values))]
    model, kept = numpy.zeros(given.shape[1]), numpy.r_[numpy.ones(values.shape[1]), 0.0]
    for _ in range(60):
        chance = 1 / (1 + numpy.exp(-given @ model))
        slope = given.T @ (weights * (chance - wanted)) + damping * kept * model
        bend = (given * (weights * chance * (1 - chance))[:, None]).T @ given + damping * numpy.diag(kept + 1e-6)
        model -= numpy.linalg.solve(bend, slope)
    scaled = model[:-1] / spread
    return numpy.r_[scaled, model[-1] - (scaled * mean).sum()]


def _weights(found: list[bool]) -> Any:
    counts = [max(1, found.count(value)) for value in (False, True)]
    return numpy.array([0.5 / counts[value] for value in found])


def _area(model: Any, rows: Rows) -> float:
    points = [float(numpy.array([*numbers, 1.0]) @ model) for numbers, _ in rows]
    have = [point for point, (_, is_found) in zip(points, rows, strict=True) if is_found]
    lack = [point for point, (_, is_found) in zip(points, rows, strict=True) if not is_found]
    return quality.separation(have, lack) if have and lack else 0.0


if __name__ == "__main__":
    main()
