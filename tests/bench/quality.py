"""How well search answers: rates and milliseconds of any engine on any questions, and the engines' plain calls beside them."""

import csv
import random
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from time import perf_counter

from kb.articles.article import Article, Catalog
from search.engine import Document, Query
from search.text.tokenizer import words

TOP = 10
GENERATED = 200
THRESHOLDS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
TYPED = (3, 5, 8, 12, 18, 25)
Ask = Callable[[Query], tuple[list[str], float]]
"""Slugs, best first, and the confidence that they answer (0.0 where the engine has none)."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked and which articles answer it: none of them when `slugs` is empty."""

    text: str
    category: str | None
    slugs: frozenset[str]
    kind: str
    is_typing: bool = False
    """Asked between keystrokes."""


@dataclass(frozen=True, slots=True)
class Score:
    """Of the questions of one kind that have an answer; `separation` is the area under the curve against those that have none."""

    kind: str
    count: int
    hit_at_1: float
    hit_at_5: float
    mrr: float
    none_found: float
    p50_ms: float
    separation: float | None = None


def read_questions(path: Path, catalog: Catalog) -> list[Question]:
    """What the rows of a question file ask; raises ValueError for an article that the catalog lacks.

    Rows that ask the same in the same folder are one question, which any of their articles answers.
    """
    found: dict[tuple[str, str | None, str], Question] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            one = _question(row, catalog, path)
            asked = (" ".join(one.text.lower().split()), one.category, one.kind)
            before = found.get(asked)
            found[asked] = replace(one, slugs=before.slugs | one.slugs) if before else one
    return list(found.values())


def fragments(catalog: Catalog, seed: int = 5) -> list[Question]:
    """Parts of titles as typed halfway, each in at most three titles; the same for the same catalog."""
    chance, found = random.Random(seed), list[Question]()
    articles = _public(catalog)
    titles = [words(article.title) for article in articles]
    for _ in range(20 * GENERATED):
        typed = _part(chance, chance.choice(articles).title)
        matching = [article.slug for article, title in zip(articles, titles, strict=True) if _holds(title, words(typed))]
        if 1 <= len(matching) <= 3:
            found.append(Question(typed, None, frozenset(matching), "title fragment"))
        if len(found) == GENERATED:
            break
    return found


def beginnings(catalog: Catalog, seed: int = 3) -> list[Question]:
    """The first letters of titles as the box asks for them; short ones begin many titles, so not all can be found."""
    articles = _public(catalog)
    chosen = random.Random(seed).sample(articles, min(GENERATED, len(articles)))
    typed = [(article.title.lower()[:length], article.slug) for length in TYPED for article in chosen if length < len(article.title)]
    return [Question(text, None, frozenset((slug,)), f"title, {len(text)} letters typed", is_typing=True) for text, slug in typed]


def slips(catalog: Catalog, seed: int = 4) -> list[Question]:
    """Beginnings whose last word, not finished yet, holds an error; the same for the same catalog."""
    chance, found = random.Random(seed), list[Question]()
    for one in beginnings(catalog):
        before, _, last = one.text.rpartition(" ")
        if len(last) >= 5 and last.isalpha():
            found.append(replace(one, text=f"{before} {_misspell(chance, last)}".lstrip(), kind="title, unfinished and misspelt"))
    return found


def misspelt(catalog: Catalog, seed: int = 2) -> list[Question]:
    """Titles with one or two errors in one or two words; the same for the same catalog."""
    chance, found = random.Random(seed), list[Question]()
    articles = _public(catalog)
    for article in chance.sample(articles, min(GENERATED, len(articles))):
        typed = article.title.split()
        long = [at for at, word in enumerate(typed) if len(word) >= 5 and word.isalpha()]
        for at in chance.sample(long, min(len(long), chance.choice((1, 2)))):
            typed[at] = _misspell(chance, typed[at])
        if long:
            found.append(Question(" ".join(typed), None, frozenset((article.slug,)), "title with typos"))
    return found


def scores(ask: Ask, questions: Sequence[Question]) -> list[Score]:
    """One row for each kind of question and, where there are several, one for all that have an answer."""
    answers = [_answer(ask, question) for question in questions]
    without = [confidence for question, (_, confidence, _) in zip(questions, answers, strict=True) if not question.slugs]
    kinds = list(dict.fromkeys(question.kind for question in questions if question.slugs))
    rows = []
    for kind in [*kinds, "all"] if len(kinds) > 1 else kinds:
        chosen = [(question, answer) for question, answer in zip(questions, answers, strict=True) if question.slugs and kind in (question.kind, "all")]
        rows.append(_score(kind, chosen, without))
    return rows


@contextmanager
def plain_fts5(documents: Iterable[Document]) -> Iterator[Ask]:
    """SQLite FTS5 as everybody calls it: porter stems, all words required, best bm25 first."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE VIRTUAL TABLE plain USING fts5(slug UNINDEXED, category UNINDEXED, title, body, tokenize='porter unicode61')")
        rows = ((one.slug, one.category, one.title, _body(one)) for one in documents)
        connection.executemany("INSERT INTO plain VALUES (?, ?, ?, ?)", rows)

        def ask(query: Query) -> tuple[list[str], float]:
            typed = [f'"{word}"' for word in re.findall(r"\w+", query.text)]
            if not typed:
                return [], 0.0
            sql = "SELECT slug FROM plain WHERE plain MATCH ? AND (? IS NULL OR category = ?) ORDER BY bm25(plain, 0, 0, 5, 1) LIMIT ?"
            found = connection.execute(sql, (" ".join(typed) + "*", query.category, query.category, query.limit))
            return [slug for (slug,) in found], 0.0

        yield ask


def separation(answered: Sequence[float], unanswered: Sequence[float]) -> float:
    """The chance that a question with an answer gets the higher confidence (area under the ROC curve); ties count half."""
    pairs = [(have > lack) + 0.5 * (have == lack) for have in answered for lack in unanswered]
    return sum(pairs) / len(pairs)


def curve(ask: Ask, questions: Sequence[Question]) -> str:
    """For each threshold the shares of the questions with and without an answer that would be called answered, as Markdown; empty without both."""
    confidences = [(bool(question.slugs), _answer(ask, question)[1]) for question in questions]
    have, lack = [value for is_answerable, value in confidences if is_answerable], [value for is_answerable, value in confidences if not is_answerable]
    if not (have and any(lack)):
        return ""
    shares = [[_share(values, threshold) for threshold in THRESHOLDS] for values in (have, lack)]
    named = zip(("an answer", "none"), shares, strict=True)
    lines = [f"| called answered from | {' | '.join(f'{threshold:.1f}' for threshold in THRESHOLDS)} |", "|---" * (len(THRESHOLDS) + 1) + "|"]
    return "\n".join([*lines, *(f"| questions with {name} | {' | '.join(f'{share:.2f}' for share in row)} |" for name, row in named)])


def table(engine: str, rows: Iterable[Score]) -> str:
    """The rows as Markdown."""
    lines = [f"| {engine} | questions | hit@1 | hit@5 | MRR | nothing found | told from unanswerable | ms |", "|---|---|---|---|---|---|---|---|"]
    for row in rows:
        told = "" if row.separation is None else f"{row.separation:.3f}"
        rates = f"{row.hit_at_1:.3f} | {row.hit_at_5:.3f} | {row.mrr:.3f} | {row.none_found:.3f} | {told} | {row.p50_ms:.1f}"
        lines.append(f"| {row.kind} | {row.count} | {rates} |")
    return "\n".join(lines)


def _share(confidences: Sequence[float], threshold: float) -> float:
    return sum(confidence >= threshold for confidence in confidences) / len(confidences)


def _question(row: dict[str, str], catalog: Catalog, path: Path) -> Question:
    ids = [id for id in row["article_id"].split("|") if id]
    by_stem = {Path(article.path).stem: slug for slug, article in catalog.articles.items()}
    slugs = [catalog.by_external_id.get(id) or by_stem.get(id) for id in ids]
    if None in slugs:
        raise ValueError(f"{path}: no article {row['article_id']}, asked for by {row['question'][:60]!r}")
    kind = row.get("kind") or ("question" if ids else "none")
    return Question(row["question"], row.get("folder") or None, frozenset(slug for slug in slugs if slug), kind)


def _answer(ask: Ask, question: Question) -> tuple[list[str], float, float]:
    started = perf_counter()
    slugs, confidence = ask(Query(question.text, limit=TOP, category=question.category, is_typing=question.is_typing))
    return slugs, confidence, (perf_counter() - started) * 1000


def _score(kind: str, chosen: Sequence[tuple[Question, tuple[list[str], float, float]]], without: Sequence[float]) -> Score:
    ranks = [next((rank for rank, slug in enumerate(slugs, 1) if slug in question.slugs), 0) for question, (slugs, _, _) in chosen]
    count = len(ranks)
    return Score(
        kind,
        count,
        sum(rank == 1 for rank in ranks) / count,
        sum(1 <= rank <= 5 for rank in ranks) / count,
        sum(1 / rank for rank in ranks if rank) / count,
        sum(not slugs for _, (slugs, _, _) in chosen) / count,
        median(took for _, (_, _, took) in chosen),
        separation([confidence for _, (_, confidence, _) in chosen], without) if without and any(without) else None,
    )


def _public(catalog: Catalog) -> list[Article]:
    public = [one for one in catalog.articles.values() if one.audience == "public" and one.is_searchable and not one.draft and one.publish_at is None]
    return sorted(public, key=lambda article: article.slug)


def _part(chance: random.Random, title: str) -> str:
    typed = title.split()
    length = chance.randint(1, min(4, len(typed)))
    start = 0 if chance.random() < 0.5 else chance.randint(0, len(typed) - length)
    *first, last = typed[start : start + length]
    return " ".join([*first, last[: chance.randint(min(3, len(last)), len(last))]])


def _holds(title: Sequence[str], typed: Sequence[str]) -> bool:
    return bool(typed) and len(typed[-1]) >= 3 and all(word in title for word in typed[:-1]) and any(word.startswith(typed[-1]) for word in title)


def _misspell(chance: random.Random, word: str) -> str:
    for _ in range(2 if len(word) >= 8 and chance.random() < 0.5 else 1):
        at, letter = chance.randint(1, len(word) - 2), chance.choice("abcdefghijklmnopqrstuvwxyz")
        swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        word = chance.choice((word[:at] + word[at + 1 :], word[:at] + letter + word[at:], word[:at] + letter + word[at + 1 :], swapped))
    return word


def _body(document: Document) -> str:
    return "\n".join(text for passage in document.passages for text in (*passage.trail[-1:], passage.text))


def each(engines: dict[str, Ask], questions: Sequence[Question]) -> Iterator[str]:
    """One table for each engine."""
    for name, ask in engines.items():
        yield "\n\n".join(part for part in (table(name, scores(ask, questions)), curve(ask, questions)) if part)
