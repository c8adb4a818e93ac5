"""The content folder, for the commands that read it."""

from typing import TYPE_CHECKING

from kb.site.cli.terminal.output import progress
from kb.site.cli.terminal.refusal import Misused

if TYPE_CHECKING:
    from kb.articles.catalog.library import Library
    from kb.config import Settings


def library(settings: "Settings") -> "Library":
    """The articles, loaded; raises Misused when there is no such folder."""
    from kb.articles.catalog.library import Library, Options

    require_folder(settings)
    options = Options.of(settings)
    return Library(settings.content, options=options, cache=settings.data / "rendered.sqlite", progress=progress("Loading articles"))


def require_folder(settings: "Settings") -> None:
    """Raises Misused unless the content folder is there."""
    if not settings.content.is_dir():
        raise Misused(f"DESKBOOK_CONTENT: there is no folder {settings.content}")
