"""`deskbook report`: figures for people and scripts."""

from datetime import datetime

import click

from kb.site.cli.open_data import opened
from kb.site.cli.terminal.output import as_json, emit, progress
from kb.site.cli.terminal.refusal import Misused


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
    from tickets.deflection.report_reader import run
    from tickets.deflection.terminal import as_text

    with opened() as (settings, database):
        try:
            found = run(database, settings, first, last, as_of)
        except BadPeriod as fault:
            raise Misused(str(fault)) from None
    if is_json:
        emit(found.to_json())
    else:
        click.echo(as_text(found), nl=False)


@report.command()
@click.option("--from", "first", metavar="DATE", type=click.DateTime(["%Y-%m-%d"]), help="First day (the first that the event log has in full).")
@click.option("--to", "last", metavar="DATE", type=click.DateTime(["%Y-%m-%d"]), help="Last day, itself included (today).")
@as_json
def rebuild(first: datetime | None, last: datetime | None, is_json: bool) -> None:
    """Count the days of the report again from the raw events. Says how many turned out different: none, unless something was changed by hand."""
    from tickets.deflection.days.rebuild import rebuild_days

    with opened() as (_, database):
        done = rebuild_days(database, first.date() if first else None, last.date() if last else None, progress("counting days"))
    if is_json:
        emit({"days": done.days, "changed": [day.isoformat() for day in done.changed]})
    else:
        click.echo(f"{done.days} days counted again, {len(done.changed)} of them changed" + "".join(f"\n  {day}" for day in done.changed))
