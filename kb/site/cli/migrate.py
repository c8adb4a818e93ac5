"""`deskbook migrate`."""

from contextlib import closing

import click

from kb.site.cli.terminal.output import as_json, emit


@click.command()
@as_json
def migrate(is_json: bool) -> None:
    """Bring the database's schema up to date. An SQLite file is copied first."""
    from kb.config import load
    from kb.db import Database
    from kb.migrations import head
    from kb.migrations.backup import migrate_with_backup
    from kb.site.private_files import close_to_others

    settings = load()
    close_to_others(settings)
    with closing(Database(settings.database)) as database:
        outcome = migrate_with_backup(database)
    if is_json:
        emit({"schema": head(), "changed": outcome.changed, "backup": outcome.backup})
        return
    click.echo(f"The database is at schema {head()}{'' if outcome.changed else ' already'}.")
    if outcome.backup:
        click.echo(f"Before, it was copied to {outcome.backup}")
