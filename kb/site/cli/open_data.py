"""Open the database for a command, once its schema is current."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kb.config import Settings
    from kb.db import Database


@contextmanager
def opened() -> Iterator[tuple["Settings", "Database"]]:
    """The settings in force and their database, closed afterwards, and what others could read closed to them; raises SchemaMismatch unless it is migrated."""
    from kb.config import load
    from kb.db import Database
    from kb.migrations import require_current
    from kb.site.private_files import close_to_others

    settings = load()
    close_to_others(settings)
    database = Database(settings.database, may_create=False)
    try:
        require_current(database)
        yield settings, database
    finally:
        database.close()
