"""Transactions on PostgreSQL that are sent ahead: whole or not at all, as any other, and a connection that is good afterwards."""

from collections.abc import Iterator
from typing import Any

import pytest
from psycopg.generators import send
from sqlalchemy import event, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from kb import postgres_pipeline
from kb.accounts.models import User
from kb.db import Database, now
from kb.server_limits import ServerLimits

pytestmark = pytest.mark.slow
USERS: Any = User.__table__


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Database]:
    """A database whose transactions all use the one connection."""
    database = Database(postgres_url, pool_size=1, limits=ServerLimits())
    yield database
    database.close()


def add(session: Any, email: str) -> None:
    session.connection().execute(insert(USERS).inline(), {"email": email, "created_at": now()})


def emails(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(User.email).order_by(User.id)))


def test_what_is_sent_ahead_is_stored_at_the_end(postgres: Database) -> None:
    with postgres.write(is_pipelined=True) as session:
        add(session, "a@example.com")
        add(session, "b@example.com")
    assert emails(postgres) == ["a@example.com", "b@example.com"]


def test_rows_are_read_in_the_midst_of_it(postgres: Database) -> None:
    with postgres.write(is_pipelined=True) as session:
        add(session, "a@example.com")
        assert session.scalars(select(User.email)).all() == ["a@example.com"]
        add(session, "b@example.com")
        stored = session.scalar(insert(User).values(email="c@example.com", created_at=now()).returning(User.email))
        assert stored == "c@example.com"
        session.add(User(email="d@example.com", created_at=now()))
    assert len(emails(postgres)) == 4


@pytest.mark.parametrize("then", ["nothing", "another row", "a question"])
def test_a_row_that_is_refused_takes_the_whole_transaction_with_it(postgres: Database, then: str) -> None:
    with pytest.raises(IntegrityError) as refused, postgres.write(is_pipelined=True) as session:  # noqa: PT012
        add(session, "a@example.com")
        add(session, "a@example.com")
        if then == "another row":
            add(session, "b@example.com")
        elif then == "a question":
            session.scalars(select(User.email)).all()
    assert "a@example.com" not in str(refused.value).partition("DETAIL")[0]
    assert emails(postgres) == []
    with postgres.write(is_pipelined=True) as session:
        add(session, "a@example.com")
    assert emails(postgres) == ["a@example.com"]


def test_an_exception_of_ours_takes_back_what_was_sent_ahead(postgres: Database) -> None:
    with pytest.raises(LookupError), postgres.write(is_pipelined=True) as session:  # noqa: PT012
        add(session, "a@example.com")
        raise LookupError
    assert emails(postgres) == []
    with postgres.write() as session:
        add(session, "b@example.com")
    assert emails(postgres) == ["b@example.com"]


def test_a_server_that_ends_the_connection_in_the_midst_stores_nothing(postgres: Database, postgres_url: str) -> None:
    other = Database(postgres_url)
    with pytest.raises(OperationalError), postgres.write(is_pipelined=True) as session:  # noqa: PT012
        add(session, "a@example.com")
        process = session.scalar(text("SELECT pg_backend_pid()"))
        with other.write() as session_of_other:
            session_of_other.execute(text(f"SELECT pg_terminate_backend({process}, 10000)"))
        add(session, "b@example.com")
    assert emails(postgres) == []
    other.close()


def test_a_connection_that_ended_while_it_was_unused_is_replaced(postgres: Database, postgres_url: str) -> None:
    with postgres.read() as session:
        process = session.scalar(text("SELECT pg_backend_pid()"))
    other = Database(postgres_url)
    with other.write() as session:
        session.execute(text(f"SELECT pg_terminate_backend({process}, 10000)"))
    other.close()
    assert emails(postgres) == []


def test_a_connection_is_only_asked_before_use_after_a_long_rest(postgres_url: str) -> None:
    def asked(database: Database) -> int:
        pings: list[str] = []
        do_ping = database.engine.dialect.do_ping
        database.engine.dialect.do_ping = lambda connection: bool(pings.append("")) or do_ping(connection)  # type: ignore[method-assign]
        for _ in range(3):
            with database.read() as session:
                session.execute(text("SELECT 1"))
        database.close()
        return len(pings)

    assert asked(Database(postgres_url, limits=ServerLimits())) == 0
    assert asked(Database(postgres_url, limits=ServerLimits(database_check_after_s=0))) == 2


def test_statements_without_an_answer_are_not_waited_for(postgres: Database) -> None:
    """Else a request that is filed costs two round trips for each of its rows."""
    waits: list[str] = []

    def connected(connection: Any, _record: Any) -> None:
        await_answers = connection.await_answers
        connection.await_answers = lambda: (waits.append("question"), await_answers())

    event.listen(postgres.engine, "connect", connected)
    with postgres.write(is_pipelined=True) as session:
        for number in range(5):
            add(session, f"{number}@example.com")
        assert waits == []
        assert session.scalar(text("SELECT count(*) FROM users")) == 5
    assert waits == ["question"]


def test_statements_are_sent_together_with_the_next_question(postgres: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each packet wakes the server, which costs more than a small statement."""
    sent: list[str] = []
    monkeypatch.setattr(postgres_pipeline, "send", lambda connection: (sent.append("packet"), send(connection))[1])
    with postgres.write(is_pipelined=True) as session:
        for number in range(5):
            add(session, f"{number}@example.com")
        assert sent == []
        assert session.scalar(text("SELECT count(*) FROM users")) == 5
        assert len(sent) == 1
        add(session, "last@example.com")
    assert len(sent) == 2
    assert len(emails(postgres)) == 6


def test_more_than_the_network_holds_is_sent_ahead_and_stored_whole(postgres: Database) -> None:
    long = "x" * 3_000_000
    with postgres.write(is_pipelined=True) as session:
        for _ in range(5):
            session.connection().execute(
                text("INSERT INTO limit_counts (bucket, \"window\", count, expires_at) SELECT '', 0, 0, now() WHERE :long = ''"), {"long": long}
            )
        assert session.scalar(text("SELECT length(:long)"), {"long": long}) == len(long)
        add(session, "a@example.com")
    assert emails(postgres) == ["a@example.com"]


def test_errors_are_those_of_sqlalchemy(postgres: Database) -> None:
    with pytest.raises(DBAPIError), postgres.write(is_pipelined=True) as session:
        session.execute(text("SELECT 1/0"))
