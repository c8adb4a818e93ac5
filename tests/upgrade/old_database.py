"""A database full of what the code at schema 0003 stored, for upgrades to be tried on: the same rows for the same size and seed.

python -m tests.upgrade.old_database sqlite:////tmp/old.sqlite --tickets 100000
"""

import argparse
import hashlib
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

import kb.migrations
from kb.db import Database
from kb.dialects import Begin, begin_as
from tests.upgrade.old_tickets import Cast, Row, Rows, add_attachment, add_event, add_job, add_ticket, file_content, hexes, text

REVISION = "0003"
FIRST_DAY, DAYS = datetime(2024, 1, 8, 7, tzinfo=UTC), 700
AT_ONCE = 1000
"""Tickets stored in one go."""
PASSWORD = "three wooden boats at dawn"
PASSWORD_HASH = "$argon2id$v=19$m=19456,t=2,p=1$8rP2t2/9GnJh3q0s7XFeWw$toVaRjpJ+zy2YzX65JvVUQyrcrWr1DN2VkgUoVYxkMw"
ADMIN, API_KEY = "admin@example.com", "dk_an-old-key-that-is-only-for-tests-and-long-enough"
STAFF: tuple[tuple[str, str, str, bool], ...] = (
    (ADMIN, "Ada Admin", "admin", True),
    ("second.admin@example.com", "", "admin", True),
    ("agnes@example.com", "Agnes", "agent", True),
    ("bert@example.com", "Bert Ö. Müller", "agent", True),
    ("unnamed.agent@example.com", "", "agent", True),
    ("left.the.company@example.com", "Lena Left", "agent", False),
    ("left.admin@example.com", "", "admin", False),
)
TABLES = (
    *("users", "api_keys", "sessions", "sign_in_links", "limit_counts", "tickets", "comments", "attachments", "ticket_tags", "ticket_articles"),
    *("audit_entries", "idempotency_keys", "events", "outbox_jobs"),
)
"""Each after those that it refers to."""
NUMBERED = ("users", "api_keys", "tickets", "comments", "attachments", "ticket_articles", "audit_entries", "events", "outbox_jobs")


def make_old_database(url: str, tickets: int, *, seed: int = 1, files: Path | None = None, progress: Callable[[int], None] | None = None) -> None:
    """Brings the empty database at `url` to schema 0003 and fills it; the contents of attachments go under `files`."""
    database = Database(url)
    try:
        with begin_as(Begin.WRITING), database.engine.begin() as connection:
            bring_to(connection, REVISION)
        for stored, batch in batches(tickets, seed):
            with begin_as(Begin.WRITING), database.engine.begin() as connection:
                for table in TABLES:
                    insert(connection, table, batch[table])
            if progress:
                progress(stored)
        with database.engine.begin() as connection:
            _go_on_counting(connection)
    finally:
        database.close()
    if files:
        _write_files(files, tickets)


def bring_to(connection: Connection, revision: str) -> None:
    """Migrates to that revision and no further."""
    config = Config()
    config.set_main_option("script_location", str(Path(kb.migrations.__file__).parent))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def batches(tickets: int, seed: int) -> Iterator[tuple[int, dict[str, list[Row]]]]:
    """The rows by table, in portions, each with how many tickets there are by then."""
    rows, audited = Rows(), 0
    cast = _add_people(rows, Random(f"{seed} people"), customers=max(5, tickets // 3))
    for number in range(1, tickets + 1):
        rng = Random(f"{seed} ticket {number}")
        at = FIRST_DAY + timedelta(days=DAYS) * number / tickets + timedelta(microseconds=rng.randint(0, 999_999))
        add_ticket(rows, cast, number, at, rng)
        _add_visitors(rows, rng, at)
        if number % AT_ONCE and number < tickets:
            continue
        # Numbered in the order of time, so that one act's rows are apart where others were busy at the same time.
        for entry in sorted(rows.by_table["audit_entries"], key=lambda entry: entry["at"]):
            audited += 1
            entry["id"] = audited
        yield number, rows.by_table
        for table in rows.by_table.values():
            table.clear()


def insert(connection: Connection, table: str, rows: Sequence[Row]) -> None:
    """Stores rows that all have the same columns, as the driver takes them."""
    if not rows:
        return
    is_sqlite = connection.dialect.name == "sqlite"
    names = list(rows[0])
    marks = ", ".join(["?" if is_sqlite else "%s"] * len(names))
    columns = ", ".join(f'"{name}"' for name in names)
    values = [tuple(_stored(row[name], is_sqlite) for name in names) for row in rows]
    connection.exec_driver_sql(f'INSERT INTO "{table}" ({columns}) VALUES ({marks})', values)


def _stored(value: Any, is_sqlite: bool) -> Any:
    return f"{value:%Y-%m-%d %H:%M:%S.%f}" if is_sqlite and isinstance(value, datetime) else value


def _go_on_counting(connection: Connection) -> None:
    """New rows get the next number: PostgreSQL does not see numbers that were given."""
    if connection.dialect.name == "postgresql":
        for table in NUMBERED:
            connection.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")


def _add_people(rows: Rows, rng: Random, customers: int) -> Cast:
    """Everybody, with what signs them in and what they are counted by."""
    staff = [_add_person(rows, rng, *person) for person in STAFF]
    # Of the customers some gave no name, some have a password, some were disabled.
    ids = [
        _add_person(rows, rng, f"customer{n}@example.org", "" if n % 4 == 0 else f"Customer {n} Ñ", "customer", n % 23 != 0, n % 5 == 0)
        for n in range(1, customers + 1)
    ]
    keys = [
        rows.add("api_keys", name=name, key_hash=_digest(secret), scope=scope, user_id=owner, created_at=FIRST_DAY, revoked_at=revoked)
        for name, secret, scope, owner, revoked in (
            ("Shop", API_KEY, "write", staff[0], None),
            ("Reports", "dk_reports", "read", staff[2], None),
            ("Old shop", "dk_revoked", "write", staff[5], FIRST_DAY + timedelta(days=30)),
        )
    ]
    now = FIRST_DAY + timedelta(days=DAYS)
    for place, person in enumerate([*staff, *ids[:20]]):
        life = {"user_id": person, "created_at": now - timedelta(hours=place), "expires_at": now + timedelta(hours=12 - place)}
        rows.add_unnumbered("sessions", token_hash=hexes(rng, 64), seen_at=now - timedelta(minutes=place), **life)
        rows.add_unnumbered("sign_in_links", token_hash=hexes(rng, 64), used_at=now if place % 2 else None, **life)
    for place, bucket in enumerate(("request:127.0.0.1", "reply:2001:db8::/64", "ack:customer1@example.org", "password:" + "x" * 150, "api:1")):
        rows.add_unnumbered("limit_counts", bucket=bucket, window=int(now.timestamp()), count=place + 1, expires_at=now + timedelta(hours=1))
    for place in range(4):
        add_attachment(rows, rng, place, now, form_nonce=hexes(rng, 32))
        add_job(rows, rng, "mail.sign_in_link", {"email": f"customer{place + 1}@example.org"}, now, ticket_id=None)
    add_job(rows, rng, "mail.sign_in_paused", {"email": ADMIN}, now, ticket_id=None)
    return Cast(staff, ids, ((keys[0], staff[0]), (keys[2], staff[5])))


def _add_person(rows: Rows, rng: Random, email: str, name: str, role: str, is_active: bool, has_password: bool = True) -> int:
    columns: Row = {"email": email, "name": name, "role": role, "password_hash": PASSWORD_HASH if has_password else None, "is_active": is_active}
    return rows.add("users", **columns, is_verified=rng.random() < 0.5, created_at=FIRST_DAY - timedelta(days=rng.randint(0, 300)))


def _add_visitors(rows: Rows, rng: Random, at: datetime) -> None:
    """A visitor who filed nothing."""
    visit = {"visit": hexes(rng, 32), "visitor": hexes(rng, 32)}
    add_event(rows, at, "search", **visit, query=text(rng, 1, 3), hit_count=0, hits="[]", engine="meilisearch", degraded=True, answered=False, took_ms=3.5)
    if rng.random() < 0.3:
        add_event(rows, at, "vote", **visit, slug="gone", value="yes", digest=hexes(rng, 64))
        add_event(rows, at, "vote_reason", **visit, slug="gone", value=text(rng, 3, 9))


def _write_files(folder: Path, tickets: int) -> None:
    for number in range(tickets + 1):
        content = file_content(number)
        digest = hashlib.sha256(content).hexdigest()
        (folder / digest[:2]).mkdir(parents=True, exist_ok=True)
        (folder / digest[:2] / digest).write_bytes(content)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def main() -> None:
    """Fills the database named, telling how far it is."""
    parser = argparse.ArgumentParser(prog="python -m tests.upgrade.old_database", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", help="address of an empty database")
    parser.add_argument("--tickets", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--files", type=Path, help="folder for the contents of attachments")
    given = parser.parse_args()

    def tell(stored: int) -> None:
        print(f"\r{stored:,} of {given.tickets:,} tickets", end="", file=sys.stderr, flush=True)

    make_old_database(given.url, given.tickets, seed=given.seed, files=given.files, progress=tell)
    print(file=sys.stderr)


if __name__ == "__main__":
    main()
