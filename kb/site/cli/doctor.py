"""`deskbook doctor`: find problems before users do."""

import click

from kb.site.cli.terminal.output import as_json, emit, styled

MARKS = {True: ("ok", "green"), False: ("FAULT", "red")}


@click.command()
@as_json
@click.pass_context
def doctor(context: click.Context, is_json: bool) -> None:
    """Check settings, database, content, search and mail. Exits 1 when something is wrong."""
    from kb.config import load
    from kb.site.cli.diagnosis.examination import examine

    findings = examine(load())
    if is_json:
        emit([{"part": finding.part, "ok": finding.is_good, "message": finding.message} for finding in findings])
    else:
        for finding in findings:
            word, colour = MARKS[finding.is_good]
            click.echo(f"{styled(word.ljust(5), fg=colour)}  {finding.part.ljust(9)}  {finding.message}")
    context.exit(0 if all(finding.is_good for finding in findings) else 1)
