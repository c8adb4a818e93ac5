"""Count how often something happens within a window of time."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Executable, delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from kb.rate_limit.models import LimitCount


def is_within_limit(session: Session, bucket: str, *, most: int, window: timedelta, now: datetime) -> bool:
    """Count one more hit in `bucket`; return True while there are at most `most` in this `window`."""
    return count_hit(session, bucket, window=window, now=now) <= most


def count_hit(session: Session, bucket: str, *, window: timedelta, now: datetime, amount: int = 1) -> int:
    """Count `amount` more in `bucket`; return how many there are in this `window`. Atomic: two at once are both counted."""
    seconds = int(window.total_seconds())
    begin = int(now.timestamp()) // seconds * seconds
    expires_at = datetime.fromtimestamp(begin + seconds, UTC)
    values = {"bucket": bucket[:200], "window": begin, "count": amount, "expires_at": expires_at}
    count: int = session.connection().execute(_count_statement(session.connection().dialect.name), values).scalar_one()
    return count


def delete_expired(session: Session, now: datetime) -> None:
    """Delete the counts of windows that are over."""
    session.execute(delete(LimitCount).where(LimitCount.expires_at < now))


@cache
def _count_statement(dialect: str) -> Executable:
    # Kept, and run beside the unit of work: every request for help counts twice.
    table: Any = LimitCount.__table__
    insert = (postgresql if dialect == "postgresql" else sqlite).insert(table)
    counting: Executable = insert.on_conflict_do_update(index_elements=["bucket", "window"], set_={"count": table.c.count + insert.excluded.count}).returning(
        table.c.count
    )
    return counting
