"""`deskbook serve`."""

from contextlib import closing

import click

from kb.site.cli.terminal.output import note
from kb.site.cli.terminal.refusal import Refused


@click.command()
@click.option("--host", help="Address to listen on (DESKBOOK_HOST, 127.0.0.1).")
@click.option("-p", "--port", type=click.IntRange(0, 65535), help="Port to listen on; 0 takes a free one (DESKBOOK_PORT, 8000).")
@click.option("--get", "path", metavar="PATH", help="Answer one request on stdout instead, without a server; exit 1 unless it is 200.")
def serve(host: str | None, port: int | None, path: str | None) -> None:
    """Run the help centre and the desk.

    Migrates the database, loads the content, brings the search index up to date, and works off the outbox unless DESKBOOK_WORKER is off.
    """
    from kb.config import load
    from kb.db import Database
    from kb.migrations.backup import migrate_with_backup
    from kb.site.private_files import close_to_others

    settings = load(host=host, port=port)
    close_to_others(settings)
    with closing(Database(settings.database)) as database:
        outcome = migrate_with_backup(database)
    if outcome.backup:
        note(f"The database was copied to {outcome.backup} and migrated.")
    if path is None:
        from kb.site.cli.server import run

        run(settings)
        return
    from kb.site.cli.one_request import answer

    status, body = answer(settings, path)
    click.echo(body, nl=False)
    if status != 200:
        raise Refused(f"{path} answered {status}")
