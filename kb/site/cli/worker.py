"""`deskbook worker`."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import click

from kb.site.cli.open_data import opened
from kb.site.cli.site_address import located
from kb.site.cli.terminal.output import note

if TYPE_CHECKING:
    from kb.config import Settings


@contextmanager
def keeping_index(settings: "Settings") -> Iterator[None]:
    """Keeps the index in Meilisearch equal to the articles until the block ends; where there is no such server, nothing."""
    if not settings.meilisearch_url:
        yield
        return
    from kb.site.cli.content import library
    from kb.site.content_watcher import following
    from search.searcher import Searcher

    articles = library(settings)
    with closing(Searcher(settings)) as searcher:
        searcher.sync(articles.catalog)
        with following(articles, searcher):
            yield


@click.command()
@click.option("--once", is_flag=True, help="Do what is due now, then end.")
def worker(once: bool) -> None:
    """Work off the outbox (mail, cleaning) and keep the Meilisearch index beside `deskbook serve`, with DESKBOOK_WORKER=false there.

    Any number may run.
    """
    import signal

    from kb.db import now
    from kb.site.cli.terminal.logs import start_log
    from kb.site.worker_setup import make_worker

    with opened() as (settings, database):
        start_log(settings.log_level)
        made = make_worker(located(settings), database)
        if once:
            while made.run_once(now()):
                pass
            return
        for stop in (signal.SIGINT, signal.SIGTERM):
            signal.signal(stop, lambda *_: made.stop())
        note("Working. Press Ctrl-C to stop after the current job.")
        with keeping_index(settings):
            made.run()
