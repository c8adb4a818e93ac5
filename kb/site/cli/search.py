"""`deskbook search` and `deskbook index`: the search of this site from a terminal."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import timedelta
from html import unescape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from kb.site.cli.terminal.output import as_json, emit, note, progress, styled
from kb.site.cli.terminal.refusal import Misused, Refused

if TYPE_CHECKING:
    from kb.articles.catalog.library import Library
    from kb.config import Settings
    from search.engine import Document, Hit, Results


class WordsOrCommand(click.Group):
    """Takes what is no command of its own for words to search for."""

    default = "for"

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or args[0] not in self.commands:
            args = [self.default, *args]
        return super().parse_args(ctx, args)


@click.group(cls=WordsOrCommand)
def search() -> None:
    """Search the articles, or suggest synonyms from failed searches."""


@search.command(WordsOrCommand.default, hidden=True)
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(1, 50), default=10, show_default=True)
@click.option("--category", help="Slug of a category's folder.")
@click.option("--explain", is_flag=True, help="Say in plain words why each hit stands where it stands.")
@as_json
@click.pass_context
def search_words(context: click.Context, words: tuple[str, ...], limit: int, category: str | None, explain: bool, is_json: bool) -> None:
    """Search the articles as a customer would. Exits 1 when nothing is found, 2 for a category that does not exist.

    `deskbook search suggest-synonyms` suggests lines for _search.yml from failed searches.
    """
    from kb.articles.article import PUBLIC
    from kb.articles.catalog.visible_categories import NO_SUCH_CATEGORY, category_names
    from kb.config import load
    from kb.db import now
    from search.documents import documents
    from search.engine import Query
    from search.searcher import Searcher

    settings = load()
    catalog = _library(settings).catalog
    if category and category not in category_names(catalog, PUBLIC, now()):
        raise Misused(NO_SUCH_CATEGORY)
    wanted = list(documents(catalog, now()))
    with _in_step(settings, wanted) as data, closing(Searcher(settings.model_copy(update={"data": data}))) as searcher:
        searcher.embedded.sync(wanted, progress("Indexing articles"))
        found = searcher.search(Query(" ".join(words), limit=limit, category=category or None, with_reasons=explain))
    if is_json:
        hits = [{"path": hit.path, "slug": hit.slug, "title": hit.title, "url": hit.url, "anchor": hit.anchor, "score": hit.score} for hit in found.hits]
        answer = {"query": found.query, "hits": hits, "total": found.total, "answered": found.answered, "confidence": found.confidence}
        answer |= {"engine": found.engine, "degraded": found.degraded, "took_ms": found.took_ms}
        emit(answer | ({"explanation": asdict(found.explanation)} if found.explanation else {}))
    else:
        _print(found, settings.answer_threshold)
        said = "answers this" if found.answered else "may not answer this"
        note(f"{found.total} articles by {found.engine or 'no engine'} in {found.took_ms} ms; {said} (confidence {found.confidence:.2f})")
    context.exit(0 if found.hits else 1)


@search.command("suggest-synonyms")
@click.option("--days", type=click.IntRange(1, 366), default=90, show_default=True, help="How many days back to look.")
@click.option("--least", type=click.IntRange(1, 1000), default=2, show_default=True, help="Suggest only what so many visitors did.")
@as_json
def suggest_synonyms(days: int, least: int, is_json: bool) -> None:
    """Suggest lines for _search.yml from searches that failed, and from what helped after all. Writes nothing: review them first."""
    from kb.db import now
    from kb.site.cli.open_data import opened
    from search.writers.rules_file import read_rules
    from tickets.deflection.synonym_suggestions import as_yaml, suggest_synonyms

    with opened() as (settings, database), database.read() as session:
        rules, _ = read_rules(settings.content)
        end = now()
        found = suggest_synonyms(session, end - timedelta(days=days), end, end, rules, locale=settings.locale, least_visitors=least)
    if is_json:
        emit(asdict(found) | {"first": found.first.isoformat(), "last": found.last.isoformat()})
    else:
        click.echo(as_yaml(found))


@contextmanager
def _in_step(settings: "Settings", wanted: "list[Document]") -> Iterator[Path]:
    """The folder whose search file holds just these articles: a running site's is never changed for a question, another is filled and removed."""
    from search.index.file import held

    if held(settings.data / "search.sqlite") == {document.slug: document.digest for document in wanted}:
        yield settings.data
        return
    with TemporaryDirectory(prefix="deskbook-search-") as folder:
        yield Path(folder)


@click.group()
def index() -> None:
    """Look after the search index. `serve` does so by itself."""


@index.command()
@as_json
def sync(is_json: bool) -> None:
    """Bring the index to the articles: what changed is written, the rest is left."""
    _fill(is_rebuild=False, is_json=is_json)


@index.command()
@as_json
def rebuild(is_json: bool) -> None:
    """Fill a new index from nothing and swap it in; searches see the old one until then."""
    _fill(is_rebuild=True, is_json=is_json)


def _fill(*, is_rebuild: bool, is_json: bool) -> None:
    from kb.config import load
    from kb.db import now
    from search.documents import documents
    from search.engine import EngineUnavailable
    from search.searcher import Searcher

    settings = load()
    articles = _library(settings)
    wanted = list(documents(articles.catalog, now()))
    with closing(Searcher(settings)) as searcher:
        engines, reports = list(dict.fromkeys((searcher.embedded, searcher.engine))), {}
        for engine in engines:
            try:
                reports[engine.name] = (engine.rebuild if is_rebuild else engine.sync)(wanted, progress(f"Indexing with {engine.name}"))
            except EngineUnavailable as fault:
                raise Refused(f"{engine.name}: {fault}") from None
        if articles.refresh():  # else what was deleted meanwhile would be back
            wanted = list(documents(articles.catalog, now()))
            for engine in engines:
                engine.sync(wanted)
    rows = {name: {"added": report.added, "changed": report.changed, "removed": report.removed, "documents": len(wanted)} for name, report in reports.items()}
    if is_json:
        emit(rows)
        return
    for name, row in rows.items():
        click.echo(f"{name}: {row['documents']} articles, {row['added']} added, {row['changed']} changed, {row['removed']} removed")


def _library(settings: "Settings") -> "Library":
    from kb.site.cli.content import library

    return library(settings)


def _print(found: "Results", threshold: float) -> None:
    from search.ranking import explanation_text

    told = found.explanation
    if told:
        click.echo("\n".join(explanation_text.query_sentences(told)) + "\n")
    for number, hit in enumerate(found.hits):
        _print_hit(hit)
        for sentence in explanation_text.hit_sentences(told.hits[number]) if told else ():
            click.echo(f"    {sentence}")
        click.echo()
    if told:
        click.echo("\n".join(explanation_text.confidence_sentences(told.signs, found.confidence, threshold)))


def _print_hit(hit: "Hit") -> None:
    import re

    click.echo(styled(hit.title, bold=True) + (f" › {hit.heading}" if hit.heading and hit.heading != hit.title else ""))
    plain = unescape(re.sub(r"<[^>]+>", "", hit.snippet))
    click.echo(f"  {hit.href}  {styled(' › '.join(hit.breadcrumb), dim=True)}\n  {plain}")
