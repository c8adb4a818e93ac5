"""The worker of this product: the jobs it can do, and what it cleans up every hour."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from jinja2 import Environment
from sqlalchemy.orm import Session

from kb.accounts.audit_log import queries as audit_queries
from kb.accounts.audit_log.log import summarise_failures
from kb.accounts.queries import delete_expired
from kb.config import Settings, secret_key
from kb.db import Database
from kb.jobs.worker import Chore, Worker
from kb.rate_limit import queries as rate_limit_queries
from kb.web.static import StaticFiles
from kb.web.templates import environment
from kb.web.theme import theme_files
from tickets.attachments import sweep
from tickets.automation import close_long_solved
from tickets.deflection import jobs as report_jobs
from tickets.desk.draft_queries import delete_drafts_before
from tickets.email.mailer import Mailer
from tickets.search import jobs as search_jobs


def make_worker(settings: Settings, database: Database, templates: Environment | None = None) -> Worker:
    """A worker on `database`, ready to `run`."""
    words = templates or environment(settings, StaticFiles(theme_files(settings)))
    mailer = Mailer(settings, database, words, secret_key(settings))
    return Worker(database, {**mailer.handlers(), **report_jobs.handlers(database), **search_jobs.handlers(database)}, chores(settings))


@contextmanager
def running_worker(worker: Worker) -> Iterator[None]:
    """Runs the worker in a thread of its own until the block ends."""
    thread = threading.Thread(target=worker.run, name="worker", daemon=True)
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join(35)


def chores(settings: Settings) -> list[Chore]:
    """Return what is cleaned: what has expired, files and drafts that were never sent, events past their retention; and the report is counted."""

    def forget_events(session: Session, moment: datetime) -> None:
        report_jobs.forget_events(session, settings, moment)

    def forget_files(session: Session, moment: datetime) -> None:
        sweep(session, settings.data / "attachments", now=moment)

    def forget_drafts(session: Session, moment: datetime) -> None:
        delete_drafts_before(session, moment - timedelta(days=settings.draft_days))

    def close_solved(session: Session, moment: datetime) -> bool:
        return close_long_solved(session, now=moment)

    def forget_audit_records(session: Session, moment: datetime) -> None:
        audit_queries.delete_before(session, moment - timedelta(days=settings.audit_retention_days))

    def count_failed_sign_ins(session: Session, moment: datetime) -> None:
        summarise_failures(session, settings, moment)

    # Counts of limits are summarised before they are deleted.
    return [
        count_failed_sign_ins,
        rate_limit_queries.delete_expired,
        delete_expired,
        forget_audit_records,
        forget_events,
        forget_drafts,
        forget_files,
        close_solved,
        report_jobs.ask_to_count,
        search_jobs.ask_to_index,
    ]
