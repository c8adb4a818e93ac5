"""`deskbook report`: figures for people and scripts."""

import click

from kb.cli.opened import opened
from kb.cli.output import as_json, emit
from kb.cli.refusal import Misused


@click.group()
def report() -> None:
    """Print figures over a period."""


@report.command()
@click.option("--from", "first", metavar="DATE", help="First day, or an ISO 8601 time (30 days before the end).")
@click.option("--to", "last", metavar="DATE", help="Last day, itself included (today).")
@click.option("--as-of", metavar="DATE", help="Report what was known at the end of that day (now).")
@as_json
def deflection(first: str | None, last: str | None, as_of: str | None, is_json: bool) -> None:
    """How visits to the help centre ended, and how many tickets the articles saved."""
    from tickets.deflection.period import BadPeriod
    from tickets.deflection.report import run
    from tickets.deflection.text import as_text

    with opened() as (settings, database):
        try:
            found = run(database, first, last, as_of, cost_per_ticket=settings.cost_per_ticket)
        except BadPeriod as fault:
            raise Misused(str(fault)) from None
    if is_json:
        emit(found.to_json())
    else:
        click.echo(as_text(found), nl=False)
