"""Explain in a sentence why a command cannot go on, without a traceback."""

import errno
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from kb.site.cli.terminal import standard_error
from kb.site.cli.terminal.output import forget_standard_streams, is_output_lost, note
from kb.text.characters import is_utf8

if TYPE_CHECKING:
    from sqlalchemy.exc import DBAPIError


OF_THE_SYSTEM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EMFILE, errno.ENFILE, errno.ENOMEM)


class Refused(click.ClickException):
    """Ends the command with its message and exit code 1."""


class Misused(click.ClickException):
    """Ends the command with its message and exit code 2: the caller or the settings are wrong."""

    exit_code = 2


class Deskbook(click.Group):
    """The group of all commands: what they write only its owner can read, and the faults an operator can fix are sentences."""

    def main(self, *args: Any, **more: Any) -> Any:
        """Run the command line and exit; where standard output or standard error cannot be written, with the code that was due, at least 1."""
        if not more.get("standalone_mode", True):
            return super().main(*args, **more)
        code = 1
        try:
            try:
                code = super().main(*args, **more | {"standalone_mode": False}) or 0
            except click.ClickException as refusal:
                code = refusal.exit_code
                refusal.show()
            except click.Abort:
                note("Stopped.")
        except OSError as error:
            if not is_output_lost(error):
                raise
            if error.errno != errno.EPIPE:  # who closed the pipe has read enough
                note(f"Error: The output cannot be written: {error.strerror}.")
            forget_standard_streams()
        sys.exit(code)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Split off the command; raises UsageError for arguments that are not UTF-8."""
        for number, argument in enumerate(args, 1):
            if not is_utf8(argument):
                raise click.UsageError(f"Argument {number} is not UTF-8: {os.fsencode(argument).decode('utf-8', 'backslashreplace')}", ctx)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command; raises a ClickException for settings, schemas and databases that do not fit."""
        standard_error.keep_descriptors()
        _require_working_directory()
        mask = os.umask(0o077)
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            raise _explain(error) or error from None
        finally:
            os.umask(mask)


def _require_working_directory() -> None:
    try:
        os.getcwd()
    except OSError:
        raise Refused("The folder this command was started in no longer exists. Change to another folder and try again.") from None


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
    if isinstance(error, OSError) and error.errno in OF_THE_SYSTEM and not is_output_lost(error):
        return Refused(f"The system has no room left for this: {error.strerror}")
    return None


def _is_the_operators(error: "DBAPIError") -> bool:
    """Whether the database, not the statement, is at fault: away, full, locked, no database at all, or closed to this user."""
    from sqlalchemy.exc import DatabaseError, OperationalError

    is_forbidden = getattr(error.orig, "sqlstate", None) == "42501"  # PostgreSQL's insufficient_privilege
    return isinstance(error, OperationalError) or type(error) is DatabaseError or is_forbidden
