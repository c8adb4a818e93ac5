"""`deskbook check`."""

from pathlib import Path

import click

from kb.site.cli.terminal.output import note, progress
from kb.text.characters import escaped


@click.command()
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "is_json", is_flag=True, help="Print a JSON list, for scripts.")
@click.option("--format", "form", type=click.Choice(["text", "github"]), default="text", help="github: annotations of a workflow run.")
@click.pass_context
def check(context: click.Context, folder: Path | None, is_json: bool, form: str) -> None:
    """Say what in the content should be mended: `path:line: what is wrong and what to do`.

    Looks at FOLDER, else at DESKBOOK_CONTENT, and asks the golden queries of its _golden.yml. Exit 1 when there are errors; warnings alone are fine.
    """
    from kb.articles.catalog.library import Library, Options
    from kb.articles.lint import linter as checks
    from kb.config import load
    from kb.db import now
    from kb.site.cli.content import require_folder
    from search.writers.check import check as check_search

    settings = load(content=folder)
    require_folder(settings)
    options = Options.of(settings)
    library = Library(settings.content, options=options, progress=progress("Rendering"))
    search = check_search(settings, library.catalog, now(), progress("Indexing"))
    found = sorted([*checks.check(library), *search.problems], key=lambda problem: (problem.path, problem.line, problem.message))
    if is_json:
        click.echo(checks.as_json(found))
    else:
        for problem in found:
            click.echo(checks.as_github(problem) if form == "github" else escaped(f"{problem}{'' if problem.is_error else ' (warning)'}"))
    errors = sum(problem.is_error for problem in found)
    note(f"{len(library.catalog.articles)} articles, {_counted(errors, 'error')}, {_counted(len(found) - errors, 'warning')}")
    for engine, (asked, held) in search.asked.items():
        note(f"{engine}: {held} of {_counted(asked, 'golden query', 'golden queries')} held")
    context.exit(1 if errors else 0)


def _counted(number: int, word: str, many: str = "") -> str:
    return f"{number} {word if number == 1 else many or word + 's'}"
