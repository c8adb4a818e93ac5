"""The checks of `deskbook doctor`, one function each."""

import shlex
import sqlite3
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import timedelta
from time import perf_counter
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from kb.articles.catalog.library import Library, Options
from kb.articles.source.git_history import History
from kb.config import Settings, SettingsError, secret_key
from kb.db import Database, now
from kb.events.queries import counted, events_stored
from kb.migrations import SchemaMismatch, require_current, schema_of
from kb.site.cli.diagnosis.finding import Finding
from kb.site.cli.diagnosis.storage import data_folder, folders_in_it
from kb.site.private_files import open_to_others
from search.writers.rules_file import read_rules
from tickets.email.bounded_smtp import Bounds
from tickets.email.delivery import connection
from tickets.email.failures import in_words

if TYPE_CHECKING:
    from search.engines.meilisearch.engine import MeilisearchEngine

TIMEOUT_S = 5
MOST_WAIT_MS = 300


def examine(settings: Settings) -> list[Finding]:
    """One or more findings per part, in the order a request passes them."""
    parts: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
        _python,
        data_folder,
        folders_in_it,
        _secret,
        _address,
        _database,
        _events,
        _content,
        _mail,
        _word_vectors,
        _meilisearch,
        _embedder,
    )
    return [finding for part in parts for finding in part(settings)]


def _python(_settings: Settings) -> Iterator[Finding]:
    yield Finding("python", True, f"{sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}")
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.execute("CREATE VIRTUAL TABLE probe USING fts5(text)")
        except sqlite3.OperationalError:
            yield Finding("python", False, "this SQLite has no FTS5, which the embedded search engine needs: use a Python built with it, or Meilisearch")


def _secret(settings: Settings) -> Iterator[Finding]:
    key = settings.data / "secret_key"
    if key.is_file() and key.stat().st_mode & 0o077:
        yield Finding("secret", False, f"{key} can be read by others: chmod 600 {key}")
    elif key.exists() and not settings.secret_key.get_secret_value() and (problem := _key_problem(settings)):
        yield Finding("secret", False, problem)
    else:
        yield Finding(
            "secret", True, "configured" if settings.secret_key.get_secret_value() else f"kept in {key}" if key.exists() else "is made at the first start"
        )
    if exposed := [path for path in open_to_others(settings) if path != key.absolute()]:
        command = f"chmod go= {shlex.join(str(path) for path in exposed)}"
        yield Finding("modes", False, f"others on this machine can read what Deskbook stores; `deskbook serve` closes what its user owns, else run: {command}")
    else:
        yield Finding("modes", True, "only their owner can read the database and the data folder")


def _address(settings: Settings) -> Iterator[Finding]:
    is_public = settings.host not in ("127.0.0.1", "localhost", "::1")
    if is_public and not settings.base_url:
        yield Finding("address", False, "listens on the network without DESKBOOK_BASE_URL, so links in emails won't work")
    elif settings.base_url.startswith("http://") and urlsplit(settings.base_url).hostname not in ("127.0.0.1", "localhost"):
        yield Finding("address", False, f"{settings.base_url} is not encrypted: sign-in cookies travel in the clear, put HTTPS in front")
    else:
        yield Finding("address", True, settings.public_url)


def _database(settings: Settings) -> Iterator[Finding]:
    kind = make_url(settings.database).get_backend_name()
    try:
        with closing(Database(settings.database, may_create=False, may_change=False)) as database:
            require_current(database)
            yield Finding("database", True, f"{kind}, schema {schema_of(database)}")
    except (SchemaMismatch, OSError) as fault:
        yield Finding("database", False, f"{kind}: {fault}")
    except SQLAlchemyError as error:
        yield Finding("database", False, f"{kind}: {str(getattr(error, 'orig', error)).strip()} (DESKBOOK_DATABASE_URL)")


def _events(settings: Settings) -> Iterator[Finding]:
    """Events of the last week that the caps dropped, and how full the log is."""
    today = now().date()
    try:
        with closing(Database(settings.database, may_create=False, may_change=False)) as database, database.read() as session:
            stored, week = events_stored(session), counted(session, today - timedelta(days=6), today)
    except (SQLAlchemyError, OSError):
        return  # What is wrong with the database is said by its own finding.
    full = f"{stored:,} of {settings.events_max:,} events stored"
    if stored >= settings.events_max or week.dropped_full:
        yield Finding("events", False, f"{full}, so new ones are dropped: raise DESKBOOK_EVENTS_MAX or lower DESKBOOK_EVENT_RETENTION_DAYS")
    elif week.dropped_day or week.dropped_waiting:
        parts = ((week.dropped_day, "over the limit of a day (DESKBOOK_EVENTS_PER_DAY)"), (week.dropped_waiting, "while the database could not be written"))
        yield Finding("events", False, f"{full}; dropped within 7 days: {', '.join(f'{count:,} {why}' for count, why in parts if count)}")
    elif week.dropped_address > week.stored / 10:
        dropped = f"{week.dropped_address:,} dropped within 7 days because one address sent too many"
        yield Finding("events", False, f"{full}; {dropped}: behind a proxy, set DESKBOOK_TRUSTED_PROXIES; else see DESKBOOK_EVENTS_PER_ADDRESS_HOUR")
    else:
        yield Finding("events", True, f"{full}; {week.dropped_visitor + week.dropped_address:,} over the limits of a visitor or address dropped within 7 days")


def _content(settings: Settings) -> Iterator[Finding]:
    if not settings.content.is_dir():
        yield Finding("content", False, f"there is no folder {settings.content} (DESKBOOK_CONTENT)")
        return
    library = Library(settings.content, options=Options.of(settings))
    catalog = library.catalog
    errors = sum(problem.is_error for problem in (*catalog.problems, *read_rules(settings.content)[1]))
    if errors:
        yield Finding("content", False, f"{errors} files have errors: run deskbook check")
    else:
        yield Finding("content", bool(catalog.articles), f"{len(catalog.articles)} articles in {settings.content}")
    yield Finding("dates", not library.history.problem, _dates(library.history))


def _dates(history: History) -> str:
    if history.problem:
        return history.problem
    if not history.has_repository:
        return "those of the files: the content is in no git repository"
    if history.is_cut:
        return "those of the commits, and of the files where the clone lacks its history: git fetch --unshallow"
    count = len(history.commits)
    return f"those of the commits, for {count} {'article' if count == 1 else 'articles'}"


def _mail(settings: Settings) -> Iterator[Finding]:
    url = urlsplit(settings.smtp_url.get_secret_value())
    bounds = Bounds(TIMEOUT_S, TIMEOUT_S, settings.smtp_answer_max_kb)
    if not url.hostname:
        yield Finding("mail", True, f"no DESKBOOK_SMTP_URL: emails are kept as files in {settings.data / 'mail'}")
        return
    try:
        with connection(url, bounds):
            yield Finding("mail", True, f"{url.hostname} takes our mail")
    except Exception as error:
        yield Finding("mail", False, f"{in_words(error, url, bounds)} (DESKBOOK_SMTP_URL)")


def _meilisearch(settings: Settings) -> Iterator[Finding]:
    if not settings.meilisearch_url:
        return
    try:
        with urllib.request.urlopen(f"{settings.meilisearch_url}/indexes", timeout=TIMEOUT_S):  # noqa: S310 (the setting admits http and https only)
            yield Finding("search", False, f"{settings.meilisearch_url} answers anybody without a key: start Meilisearch with --master-key")
    except urllib.error.HTTPError as refusal:
        if refusal.code not in (401, 403):
            yield Finding("search", False, f"{settings.meilisearch_url} answers {refusal.code}")
            return
        refused = [Finding("search", False, said) for said in _meilisearch_engine(settings).refusals()]
        yield from refused or [Finding("search", True, f"{settings.meilisearch_url} takes our keys, and refuses who has none")]
    except OSError as error:
        yield Finding("search", False, f"{settings.meilisearch_url} does not answer: {error} (DESKBOOK_MEILISEARCH_URL)")


def _embedder(settings: Settings) -> Iterator[Finding]:
    """Whether a question gets its meaning in time; the first one may wait for a model to be loaded, so the second is told."""
    from search.engine import EngineUnavailable

    for name, ask in _embedders(settings):
        try:
            with suppress(EngineUnavailable):
                ask("How do I sign in?")
            started = perf_counter()
            ask("Where do I sign in?")
        except EngineUnavailable as error:
            yield Finding("meaning", False, f"{error}: words alone answer ({name})")
            continue
        took_ms = (perf_counter() - started) * 1000
        late = "" if took_ms < MOST_WAIT_MS else f", later than the {MOST_WAIT_MS} ms a search waits: words alone answer ({name})"
        yield Finding("meaning", not late, f"the embedder answers in {took_ms:.0f} ms{late}")


def _word_vectors(settings: Settings) -> Iterator[Finding]:
    """Which of the articles' languages the table of word meanings speaks, by the words of the articles themselves."""
    if not settings.word_vectors:
        yield Finding("meaning", True, "off: words count as they are spelt (DESKBOOK_WORD_VECTORS)")
        return
    from search.text.tokenizer import words
    from search.text.word_vectors import LEAST_SHARE_KNOWN, word_vectors

    texts: dict[str, list[str]] = {}
    if settings.content.is_dir():
        catalog = Library(settings.content, options=Options.of(settings)).catalog
        for article in catalog.versions or catalog.articles.values():
            texts.setdefault(article.locale, []).extend(words(" ".join([article.title, *[passage.text for passage in article.passages]])))
    for locale, found in sorted(texts.items()):
        share = word_vectors().share_known(found)
        where = "finds words that mean nearly the same" if share >= LEAST_SHARE_KNOWN else "finds words only as they are spelt: no model of this language ships"
        yield Finding("meaning", True, f"{locale}: search {where} ({share:.0%} of the articles' words are known)")


def _embedders(settings: Settings) -> Iterator[tuple[str, Callable[[str], object]]]:
    """The setting that names each embedder, and how it is asked."""
    if settings.embeddings_url:
        from search.engines.embeddings import Endpoint

        endpoint = Endpoint(settings.embeddings_url, settings.embeddings_model, settings.embeddings_key.get_secret_value())
        yield "DESKBOOK_EMBEDDINGS_URL", lambda text: endpoint.vectors([text], TIMEOUT_S, is_query=True)
    if settings.meilisearch_url and settings.meilisearch_embedder:
        from search.engine import Query

        engine = _meilisearch_engine(settings)
        yield "DESKBOOK_MEILISEARCH_EMBEDDER", lambda text: engine.nearest(text, 1, Query(text))


def _meilisearch_engine(settings: Settings) -> "MeilisearchEngine":
    from search.engines.configured import meilisearch_engine
    from search.engines.embedded import EmbeddedEngine
    from search.index.store import Store

    return meilisearch_engine(settings, EmbeddedEngine(Store(settings.data / "search.sqlite")))


def _key_problem(settings: Settings) -> str:
    try:
        secret_key(settings)
    except SettingsError as error:
        return str(error)
    return ""
