"""`deskbook worker`."""

import click

from kb.cli.opened import opened
from kb.cli.output import note


@click.command()
@click.option("--once", is_flag=True, help="Do what is due now, then end.")
def worker(once: bool) -> None:
    """Work off the outbox (mail, cleaning) beside `deskbook serve`, with DESKBOOK_WORKER=false there. Any number may run."""
    import logging
    import signal

    from kb.db import now
    from kb.worker import make_worker

    with opened() as (settings, database):
        logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
        made = make_worker(settings, database)
        if once:
            while made.run_once(now()):
                pass
            return
        for stop in (signal.SIGINT, signal.SIGTERM):
            signal.signal(stop, lambda *_: made.stop())
        note("Working. Ctrl-C ends it after the job at hand.")
        made.run()
