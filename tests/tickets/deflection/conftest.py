"""A database to write scripted visits into: SQLite in the quick set, PostgreSQL beside it in the whole one."""

import pytest

from kb.db import Database
from tests.tickets.deflection.script import Log


@pytest.fixture
def log(database: Database) -> Log:
    return Log(database)
