"""Storing and claiming jobs: of all workers, one at a time holds a job, for as long as its lease lasts."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Table, delete, func, or_, select, update
from sqlalchemy.orm import Session

from kb.jobs.models import OutboxJob

_JOBS = cast(Table, OutboxJob.__table__)
_INSERT = _JOBS.insert().inline()
WAITING = (OutboxJob.done_at.is_(None), OutboxJob.failed_at.is_(None))


def store(session: Session, **values: Any) -> None:
    """Stores one job without the unit of work, which costs twice as much."""
    session.connection().execute(_INSERT, values)


def store_all(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Store several jobs in one statement."""
    # One row alone runs without the machinery of many, which on PostgreSQL costs a pipeline of its own.
    session.connection().execute(_INSERT, rows if len(rows) > 1 else rows[0])


def claim(session: Session, kinds: Iterable[str], lease: str, *, lease_for: timedelta, now: datetime, limit: int) -> Sequence[OutboxJob]:
    """Up to `limit` due jobs, the longest due first, leased to `lease`; each was compared and set, so that no other worker has them."""
    is_free = or_(OutboxJob.leased_until.is_(None), OutboxJob.leased_until < now)
    due = select(OutboxJob.id).where(*WAITING, OutboxJob.due_at <= now, is_free, OutboxJob.kind.in_(list(kinds)))
    ids = session.scalars(due.order_by(OutboxJob.due_at, OutboxJob.id).limit(limit).with_for_update(skip_locked=True)).all()
    if not ids:
        return []
    taken = update(OutboxJob).where(OutboxJob.id.in_(ids), *WAITING, is_free).values(lease=lease, leased_until=now + lease_for).returning(OutboxJob)
    return sorted(session.scalars(taken, execution_options={"synchronize_session": False}), key=lambda job: job.id)


def has_due(session: Session, kinds: Iterable[str], now: datetime) -> bool:
    """Whether there is anything to claim."""
    is_free = or_(OutboxJob.leased_until.is_(None), OutboxJob.leased_until < now)
    due = select(OutboxJob.id).where(*WAITING, OutboxJob.due_at <= now, is_free, OutboxJob.kind.in_(list(kinds)))
    return session.scalar(due.limit(1)) is not None


def has_waiting(session: Session, kind: str) -> bool:
    """Whether a job of this kind waits or is being done."""
    return session.scalar(select(OutboxJob.id).where(*WAITING, OutboxJob.kind == kind).limit(1)) is not None


def mark_done(session: Session, job_id: int, lease: str, now: datetime) -> None:
    """The job is done, if the lease is still ours."""
    held = update(OutboxJob).where(OutboxJob.id == job_id, OutboxJob.lease == lease)
    session.execute(held.values(done_at=now, lease=None, leased_until=None, last_error=None))


def mark_later(session: Session, job_id: int, lease: str, *, due_at: datetime, error: str) -> None:
    """The job is tried again at `due_at`, if the lease is still ours."""
    held = update(OutboxJob).where(OutboxJob.id == job_id, OutboxJob.lease == lease)
    session.execute(held.values(attempts=OutboxJob.attempts + 1, due_at=due_at, last_error=error, lease=None, leased_until=None))


def mark_failed(session: Session, job_id: int, lease: str, *, now: datetime, error: str) -> None:
    """The job is given up, if the lease is still ours."""
    held = update(OutboxJob).where(OutboxJob.id == job_id, OutboxJob.lease == lease)
    session.execute(held.values(attempts=OutboxJob.attempts + 1, failed_at=now, last_error=error, lease=None, leased_until=None))


def hand_back(session: Session, job_ids: Sequence[int], lease: str, now: datetime) -> None:
    """Gives up the lease on jobs that were not begun."""
    held = update(OutboxJob).where(OutboxJob.id.in_(job_ids), OutboxJob.lease == lease)
    session.execute(held.values(lease=None, leased_until=None, due_at=now))


def depth(session: Session) -> dict[str, int]:
    """Jobs that wait and jobs that failed: `{"waiting": n, "failed": n}`."""
    waiting = session.scalar(select(func.count()).select_from(OutboxJob).where(*WAITING)) or 0
    failed = session.scalar(select(func.count()).select_from(OutboxJob).where(OutboxJob.failed_at.is_not(None))) or 0
    return {"waiting": waiting, "failed": failed}


def troubled_jobs(session: Session, ticket_id: int) -> Sequence[OutboxJob]:
    """Jobs of a ticket that failed, or failed at least once and are tried again; newest first, at most 20."""
    query = select(OutboxJob).where(OutboxJob.ticket_id == ticket_id, OutboxJob.done_at.is_(None), OutboxJob.last_error.is_not(None))
    return session.scalars(query.order_by(OutboxJob.id.desc()).limit(20)).all()


def delete_done_before(session: Session, moment: datetime) -> None:
    """Deletes jobs that ended before `moment`."""
    session.execute(delete(OutboxJob).where(or_(OutboxJob.done_at < moment, OutboxJob.failed_at < moment)))
