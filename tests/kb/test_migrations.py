"""The migrated schema is the schema of the models."""

import re
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

import kb.migrations
import tickets.models  # noqa: F401
from kb.db import Base, Database
from kb.migrations import SchemaMismatch, head, migrate, require_current

FULL_TEXT = re.compile("(ticket|staff)_words(_|$)")
"""Tables that each database has in a way of its own, and that no model maps."""


@pytest.fixture
def database(tmp_path: Path):
    database = Database(f"sqlite:///{tmp_path / 'deskbook.sqlite'}")
    yield database
    database.close()


def test_migrating_twice_changes_nothing_the_second_time(database: Database) -> None:
    assert migrate(database) is True
    assert migrate(database) is False
    require_current(database)


def test_the_newest_number_is_the_head_that_alembic_sees() -> None:
    scripts = ScriptDirectory(str(Path(kb.migrations.__file__).parent))
    assert head() == scripts.get_current_head()
    assert {revision.revision for revision in scripts.walk_revisions()} == {path.name[:4] for path in Path(scripts.versions).glob("0*.py")}


def test_the_migrated_schema_equals_the_models(database: Database) -> None:
    migrate(database)
    with database.engine.connect() as connection:
        options = {"compare_type": True, "include_name": lambda name, kind, _parents: kind != "table" or not FULL_TEXT.match(name)}
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)
    assert differences == []


def test_an_empty_database_is_refused_with_the_command_to_run(database: Database) -> None:
    with pytest.raises(SchemaMismatch, match="deskbook migrate"):
        require_current(database)


def test_a_newer_schema_is_refused(database: Database) -> None:
    migrate(database)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaMismatch, match="does not know"):
        migrate(database)
