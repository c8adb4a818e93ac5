"""Count how often something happens within a window of time."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Executable, bindparam, delete, literal, select, true, union_all
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from kb.rate_limit.models import LimitCount

MOST_BUCKET_CHARS = 200
_TABLE: Any = LimitCount.__table__


def is_within_limit(session: Session, bucket: str, *, most: int, window: timedelta, now: datetime) -> bool:
    """Count one more hit in `bucket`; return True while there are at most `most` in this `window`."""
    return count_hit(session, bucket, window=window, now=now) <= most


def count_hit(session: Session, bucket: str, *, window: timedelta, now: datetime, amount: int = 1) -> int:
    """Count `amount` more in `bucket`; return how many there are in this `window`. Atomic: two at once are both counted."""
    connection, values = session.connection(), {"bucket": bucket[:MOST_BUCKET_CHARS], "count": amount, **_window(window, now)}
    count: int = connection.execute(_count_statement(connection.dialect.name), values).scalar_one()
    return count


def count_hits(session: Session, buckets: Collection[str], *, window: timedelta, now: datetime) -> dict[str, int]:
    """Count one more in each of `buckets` in one statement; return bucket → how many there are in this `window`."""
    connection = session.connection()
    # In one order everywhere: two that count in the same buckets wait for each other, and never in a circle.
    names = {f"bucket_{place}": bucket[:MOST_BUCKET_CHARS] for place, bucket in enumerate(sorted(buckets))}
    counted = connection.execute(_statement_for_many(connection.dialect.name, len(names)), {**names, **_window(window, now)})
    counts: dict[str, int] = dict(counted.all())
    return {bucket: counts[bucket[:MOST_BUCKET_CHARS]] for bucket in buckets}


def delete_expired(session: Session, now: datetime) -> None:
    """Delete the counts of windows that are over."""
    session.execute(delete(LimitCount).where(LimitCount.expires_at < now))


def _window(window: timedelta, now: datetime) -> dict[str, Any]:
    seconds = int(window.total_seconds())
    begin = int(now.timestamp()) // seconds * seconds
    return {"window": begin, "expires_at": datetime.fromtimestamp(begin + seconds, UTC)}


# Kept, and run beside the unit of work: every request for help is counted.
@cache
def _count_statement(dialect: str) -> Executable:
    return _counting(_insert(dialect), _TABLE.c.count)


@cache
def _statement_for_many(dialect: str, count: int) -> Executable:
    # Without a condition SQLite would read the words after a row as those of a join. Rows of VALUES would be compiled each time.
    same = (bindparam("window", type_=_TABLE.c.window.type), literal(1), bindparam("expires_at", type_=_TABLE.c.expires_at.type))
    rows = union_all(*(select(bindparam(f"bucket_{place}", type_=_TABLE.c.bucket.type), *same).where(true()) for place in range(count)))
    return _counting(_insert(dialect).from_select(["bucket", "window", "count", "expires_at"], rows), _TABLE.c.bucket, _TABLE.c.count)


def _insert(dialect: str) -> Any:
    return (postgresql if dialect == "postgresql" else sqlite).insert(_TABLE)


def _counting(insert: Any, *returned: Any) -> Executable:
    changed = {"count": _TABLE.c.count + insert.excluded.count}
    counting: Executable = insert.on_conflict_do_update(index_elements=["bucket", "window"], set_=changed).returning(*returned)
    return counting
