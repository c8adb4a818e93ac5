"""`deskbook index-tickets`: compare the search index of tickets with the tickets, and correct it."""

import click

from kb.site.cli.open_data import opened
from kb.site.cli.terminal.output import as_json, emit, progress


@click.command()
@as_json
def index_tickets(is_json: bool) -> None:
    """Compare every ticket with its entry in the desk's search and correct what differs. The site can go on running."""
    from tickets.search.content_queries import count_tickets
    from tickets.search.jobs import repair

    with opened() as (_, database):
        with database.read() as session:
            count = count_tickets(session)
        report = progress("comparing tickets")
        wrong = repair(database, lambda done: report(min(done, count), count))
    if is_json:
        emit({"tickets": count, "corrected": wrong})
    else:
        click.echo(f"{count} tickets compared, {wrong} entries corrected")
