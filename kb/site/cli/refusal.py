"""Explain in a sentence why a command cannot go on, without a traceback."""

import os
from typing import TYPE_CHECKING, Any

import click

from kb.site.cli import standard_error

if TYPE_CHECKING:
    from sqlalchemy.exc import DBAPIError


class Refused(click.ClickException):
    """Ends the command with its message and exit code 1."""


class Misused(click.ClickException):
    """Ends the command with its message and exit code 2: the caller or the settings are wrong."""

    exit_code = 2


class Deskbook(click.Group):
    """The group of all commands: what they write only its owner can read, and the faults an operator can mend are sentences."""

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command; raises a ClickException for settings, schemas and databases that do not fit."""
        standard_error.keep_descriptors()
        mask = os.umask(0o077)
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            raise _explain(error) or error from None
        finally:
            os.umask(mask)


def _explain(error: Exception) -> click.ClickException | None:
    from sqlalchemy.exc import DBAPIError

    from kb.config import SettingsError
    from kb.migrations import MigrationFailed, SchemaMismatch
    from search.engine import EngineUnavailable

    if isinstance(error, SettingsError):
        return Misused("\n       ".join(error.problems))
    if isinstance(error, SchemaMismatch | MigrationFailed | EngineUnavailable):
        return Refused(str(error))
    if isinstance(error, DBAPIError) and _is_the_operators(error):
        return Refused(f"The database cannot be used: {str(error.orig).strip()} (see DESKBOOK_DATABASE_URL and DESKBOOK_DATA)")
    if isinstance(error, OSError) and error.filename:
        return Refused(f"{error.filename}: {error.strerror} (see DESKBOOK_DATA)")
    return None


def _is_the_operators(error: "DBAPIError") -> bool:
    """Whether the database, not the statement, is at fault: away, full, locked, no database at all, or closed to this user."""
    from sqlalchemy.exc import DatabaseError, OperationalError

    is_forbidden = getattr(error.orig, "sqlstate", None) == "42501"  # PostgreSQL's insufficient_privilege
    return isinstance(error, OperationalError) or type(error) is DatabaseError or is_forbidden
