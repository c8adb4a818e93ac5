"""A database to write scripted visits into: SQLite in the quick set, PostgreSQL beside it in the whole one."""

import pytest

from kb.config import Settings
from kb.db import Database
from tests.tickets.deflection.script import Log


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A reader of the report who waits until everything is counted, on a busy machine too."""
    return settings.model_copy(update={"report_wait_s": 3600, "report_reuse_minutes": 0})


@pytest.fixture
def log(database: Database) -> Log:
    return Log(database)
