"""How a command that cannot go on says so: in a sentence, without a traceback."""

from typing import Any

import click


class Refused(click.ClickException):
    """Ends the command with its message and exit code 1."""


class Misused(click.ClickException):
    """Ends the command with its message and exit code 2: the caller or the settings are wrong."""

    exit_code = 2


class Deskbook(click.Group):
    """The group of all commands; turns the faults an operator can mend into sentences."""

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command; raises a ClickException for settings, schemas and databases that do not fit."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            raise _explain(error) or error from None


def _explain(error: Exception) -> click.ClickException | None:
    from sqlalchemy.exc import OperationalError

    from kb.config import SettingsError
    from kb.migrations import SchemaMismatch

    if isinstance(error, SettingsError):
        return Misused("\n       ".join(error.problems))
    if isinstance(error, SchemaMismatch):
        return Refused(str(error))
    if isinstance(error, OperationalError):
        return Refused(f"The database cannot be used: {str(error.orig).strip()} (see DESKBOOK_DATABASE_URL)")
    return None
