"""The role that the manual describes can serve, and cannot touch the audit log's triggers or its records."""

import re
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from kb.accounts.audit_log.log import DESKBOOK, record
from kb.accounts.audit_log.models import Kind
from kb.db import Database, now
from kb.migrations import migrate, require_current

pytestmark = pytest.mark.slow
PAGE = Path(__file__).parents[3] / "content/install/production/audit-log.md"


@pytest.fixture
def served(postgres_url: str):
    """The database as the role of the manual sees it."""
    grants = re.search(r"```sql\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[1]
    with closing(Database(postgres_url)) as owner:
        with owner.write() as session:
            session.execute(text("CREATE ROLE deskbook_web LOGIN PASSWORD 'x'"))
            for statement in grants.split(";"):
                if statement.strip():
                    session.execute(text(statement))
        with closing(Database(make_url(postgres_url).set(username="deskbook_web", password="x").render_as_string(hide_password=False))) as database:
            yield database
        with owner.write() as session:
            session.execute(text("DROP OWNED BY deskbook_web"))
            session.execute(text("DROP ROLE deskbook_web"))


def test_the_role_serves(served: Database) -> None:
    require_current(served)
    assert migrate(served) is False
    with served.write() as session:
        record(session, Kind.SETTINGS_CHANGED, DESKBOOK, now(), detail="x")
    with served.read() as session:
        assert session.execute(text("SELECT count(*) FROM audit_log")).scalar() == 1


@pytest.mark.parametrize(
    "attack",
    [
        "ALTER TABLE audit_log DISABLE TRIGGER ALL",
        "DROP TRIGGER audit_log_no_change ON audit_log",
        "CREATE OR REPLACE FUNCTION audit_log_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$",
        "UPDATE audit_log SET detail = 'y'",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log",
        "DROP TABLE audit_log",
        "SET session_replication_role = replica",
    ],
)
def test_the_role_cannot_rewrite_the_log(served: Database, attack: str) -> None:
    with served.write() as session:
        record(session, Kind.SETTINGS_CHANGED, DESKBOOK, now(), detail="x")
    with pytest.raises(DBAPIError), served.write() as session:
        session.execute(text(attack))
