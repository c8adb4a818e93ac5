"""`deskbook config`: the settings in force, or the manual's table of all of them."""

from typing import Any

import click

from kb.site.cli.terminal.output import as_json, emit, table


@click.command()
@as_json
@click.option("--markdown", is_flag=True, help="Print the manual's table of all settings.")
def config(is_json: bool, markdown: bool) -> None:
    """Show the settings in force, where each comes from, secrets masked."""
    from kb.config import load, sources
    from kb.settings_table import as_markdown, shown

    if markdown:
        click.echo(as_markdown())
        return
    settings, chosen = load(), sources()
    values: dict[str, Any] = {name: shown(getattr(settings, name)) for name in type(settings).model_fields}
    if is_json:
        emit({name: {"value": value, "source": chosen.get(name, "default")} for name, value in values.items()})
        return
    table([(name, _as_text(value), chosen.get(name, "default")) for name, value in values.items()])


def _as_text(value: Any) -> str:
    if value in (None, "", []):
        return "-"
    return ", ".join(value) if isinstance(value, list) else str(value)
