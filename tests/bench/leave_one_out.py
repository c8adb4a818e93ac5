"""What each number and rule of search is worth: switched off one at a time, over all question sets.

DESKBOOK_CORPORA=… python -m tests.bench.leave_one_out [--sample 150] [--only NAME]
make bench ARGS=leave_one_out

Prints how much is lost without it in hits among five, in MRR and in shares called answered, with the standard error of a paired
bootstrap over the questions. A loss within twice its error is no sign that it matters.
"""

import argparse
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy

from kb.articles.catalog.library import Library, Options
from search.documents import documents
from search.engine import Query
from search.engines.embedded import EmbeddedEngine
from search.index.store import Store
from search.query import parser, similar_words, spelling, terms, word_parts
from search.query.field_weights import FieldWeights
from search.ranking import bm25, confidence, fusion, rerank
from search.text import word_vectors
from tests.bench import quality
from tests.bench.answers import QUESTIONS, known_corpora, unanswerable

RESAMPLES = 500
THRESHOLD = 0.6
SAMPLE = 150
Change = Callable[[EmbeddedEngine], Any]
"""Switches something off for an engine, as a context."""


@dataclass(frozen=True)
class Corpus:
    """A corpus ready to be asked, with its questions."""

    name: str
    engine: EmbeddedEngine
    questions: list[quality.Question]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=SAMPLE, help=f"questions of each file ({SAMPLE})")
    parser.add_argument("--only", action="append", help="switch off only what has this in its name")
    chosen = parser.parse_args()
    measure(chosen.sample, chosen.only)


def measure(sample: int = SAMPLE, only: Sequence[str] | None = None) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        corpora = [_corpus(path, files, Path(folder, str(at)), sample) for at, (path, files) in enumerate(known_corpora())]
        whole = {one.name: _ask(one) for one in corpora}
        asked = "; ".join(f"{one.name} {sum(bool(question.slugs) for question in one.questions)}/{len(one.questions)}" for one in corpora)
        print(f"Questions with an answer of all: {asked}")
        heads = ("without", "corpus", "hit@5", "MRR", "called answered, of those with their article in three", "of those that nothing answers")
        print(f"| {' | '.join(heads)} |\n{'|---' * len(heads)}|", flush=True)
        for name, change in CHANGES.items():
            if only and not any(part in name for part in only):
                continue
            for one in corpora:
                one.engine.answerer._scopes.clear()  # what was worked out of words before
                with change(one.engine):
                    _row(name, one, whole[one.name], _ask(one))
                one.engine.answerer._scopes.clear()


def _corpus(content: Path, files: Sequence[Path], folder: Path, sample: int) -> Corpus:
    catalog = Library(content, options=Options()).catalog
    engine = EmbeddedEngine(Store(folder / "search.sqlite"))
    engine.sync(documents(catalog, datetime.now(UTC)))
    questions: list[quality.Question] = []
    for path in files:
        found = [*quality.read_questions(path, catalog), *unanswerable(path, catalog)]
        questions += random.Random(7).sample(found, min(sample, len(found)))
    return Corpus(files[0].stem.partition("-")[0] if files[0].parent == QUESTIONS else content.parent.name, engine, questions)


def _ask(corpus: Corpus) -> Any:
    """For each question: found among five, reciprocal rank, in the first three, called answered."""
    rows = []
    for question in corpus.questions:
        found = corpus.engine.search(Query(question.text, limit=quality.TOP, category=question.category))
        place = next((at for at, hit in enumerate(found.hits, 1) if hit.slug in question.slugs), 0)
        rows.append((1 <= place <= 5, 1 / place if place else 0.0, 1 <= place <= 3, found.confidence >= THRESHOLD))
    return numpy.array(rows, float)


def _row(name: str, corpus: Corpus, before: Any, after: Any) -> None:
    has = numpy.array([bool(question.slugs) for question in corpus.questions])
    found = has & (before[:, 2] > 0) & (after[:, 2] > 0)
    cells = [
        _loss(before[has, 0], after[has, 0]),
        _loss(before[has, 1], after[has, 1]),
        _loss(before[found, 3], after[found, 3]),
        _loss(before[~has, 3], after[~has, 3]),
    ]
    if any(cells):
        print(f"| {name} | {corpus.name} | {' | '.join(cells)} |", flush=True)


def _loss(before: Any, after: Any) -> str:
    """The difference and its standard error; empty where nothing changed."""
    change = after - before
    if not len(change) or not change.any():
        return ""
    chance = numpy.random.default_rng(1)
    means = change[chance.integers(0, len(change), (RESAMPLES, len(change)))].mean(1)
    return f"{change.mean():+.3f} ± {means.std():.3f}"


def _weight(**changed: float) -> Change:
    @contextmanager
    def change(engine: EmbeddedEngine) -> Iterator[None]:
        held = engine.answerer.rules
        engine.answerer.rules = replace(held, weights=replace(FieldWeights(), **changed))
        try:
            yield
        finally:
            engine.answerer.rules = held

    return change


def _value(module: Any, **changed: Any) -> Change:
    @contextmanager
    def change(_: EmbeddedEngine) -> Iterator[None]:
        with ExitStack() as stack:
            for name, value in changed.items():
                stack.enter_context(patch.object(module, name, value))
            yield

    return change


@contextmanager
def _without_vectors(engine: EmbeddedEngine) -> Iterator[None]:
    held, engine.answerer.vectors = engine.answerer.vectors, None
    try:
        yield
    finally:
        engine.answerer.vectors = held


CHANGES: dict[str, Change] = {
    "word vectors": _without_vectors,
    "words that mean nearly the same": _value(similar_words, LEAST_LIKENESS=2.0),
    "similarity of the whole question": _value(fusion, SIMILARITY=0.0),
    "title weight (1)": _weight(title=1.0),
    "heading weight (1)": _weight(headings=1.0),
    "summary weight (1)": _weight(summary=1.0),
    "keyword weight (1)": _weight(keywords=1.0),
    "best passage": _weight(passage=0.0),
    "words in a row": _weight(pairs=0.0),
    "title as typed": _weight(phrase=0.0),
    "length of the article": _weight(length=0.0),
    "rerank: title": _value(rerank, _TITLE=0.0),
    "rerank: folder": _value(rerank, _FOLDER=0.0),
    "rerank: one section": _value(rerank, _PASSAGE=0.0),
    "rerank: being short": _value(rerank, _BREVITY=0.0),
    "weakest hits hidden": _value(rerank, _WEAKEST=0.0, _WEAKEST_OF_FRAGMENT=0.0),
    "passages of 40 only (200)": _value(bm25, LOOKED_INTO=200),
    "spelling": _value(spelling.Spelling, _similar_words=lambda *_: (), halves=lambda *_: None),
    "words written as one, or apart": _value(parser, add_joined_words=lambda *_: None),
    "dictionary of words that are no slips": _value(terms, is_word=lambda *_: False),
    "words that begin alike": _value(word_parts.WordParts, prefix_matches=lambda *_: ()),
    "stop words counted a little in fragments": _value(parser, STOP_WORD_WEIGHT=0.0),
    "greetings and addresses dropped": _value(parser, drop_noise=lambda text: (text, ())),
    "long numbers dropped": _value(parser, numbers_of=lambda _: set()),
    "similarity of a fragment": _value(fusion, OF_FRAGMENT=0.0),
    "confidence: coverage": _value(confidence, _COVERAGE=0.0, _BIAS=confidence._BIAS + 0.6 * confidence._COVERAGE),
    "confidence: nearness": _value(confidence, _NEARNESS=0.0, _BIAS=confidence._BIAS + 0.5 * confidence._NEARNESS),
    "confidence: length": _value(confidence, _LENGTH=0.0, _BIAS=confidence._BIAS + 0.5 * confidence._LENGTH),
    "confidence: held": _value(confidence, _HELD=0.0, _BIAS=confidence._BIAS + 1.2 * confidence._HELD),
    "confidence: least": _value(confidence, _LEAST=0.0, _BIAS=confidence._BIAS + 0.2 * confidence._LEAST),
    "confidence: title": _value(confidence, _TITLE=0.0, _BIAS=confidence._BIAS + 0.3 * confidence._TITLE),
    "confidence: agreement": _value(confidence, _AGREEMENT=0.0, _BIAS=confidence._BIAS + 0.54 * confidence._AGREEMENT),
    "confidence: everyday words tell less": _value(word_vectors.WordVectors, telling=lambda _, words: [1.0] * len(words)),
}
"""Each number or rule, and how it is switched off; a weight is set to that of the text."""


if __name__ == "__main__":
    main()
