"""What the audit log asks of the database."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from kb.accounts.audit_log.models import AuditRecord, Kind, SettingInForce
from kb.accounts.models import User
from kb.rate_limit.models import LimitCount

MOST_PEOPLE = 50


def records(session: Session, *, person: str = "", kind: Kind | None = None, before: int | None = None, limit: int) -> Sequence[AuditRecord]:
    """Records, newest first. `person` is an address, or a part of a name or address of somebody with an account; `before` is the id to go on from."""
    query = select(AuditRecord).order_by(AuditRecord.id.desc()).limit(limit)
    if person:
        return session.scalars(query.where(AuditRecord.id.in_(_ids_of_person(session, person, kind, before, limit)))).all()
    if kind is not None:
        query = query.where(AuditRecord.kind == kind)
    if before is not None:
        query = query.where(AuditRecord.id < before)
    return session.scalars(query).all()


def _ids_of_person(session: Session, person: str, kind: Kind | None, before: int | None, limit: int) -> list[int]:
    """The ids of the newest records of a person. Each way of being in a record walks its own index: one condition of all took 0.5 s in a million."""
    known = select(User.id).where(or_(User.email.icontains(person, autoescape=True), User.name.icontains(person, autoescape=True)))
    ids = session.scalars(known.order_by(User.id).limit(MOST_PEOPLE)).all()
    ways = [column == user_id for user_id in ids for column in (AuditRecord.actor_id, AuditRecord.person_id)]
    found: set[int] = set()
    for way in (*ways, AuditRecord.person == person.lower()):
        query = select(AuditRecord.id).where(way).order_by(AuditRecord.id.desc()).limit(limit)
        if kind is not None:
            # Not a plain comparison, or the index of kinds is walked, in which one person's records are few.
            query = query.where(func.coalesce(AuditRecord.kind, "") == kind)
        if before is not None:
            query = query.where(AuditRecord.id < before)
        found.update(session.scalars(query))
    return sorted(found, reverse=True)[:limit]


def has_signed_in(session: Session, user_id: int) -> bool:
    """Whether the log knows of an earlier sign-in of this person."""
    return session.scalar(select(AuditRecord.id).where(AuditRecord.actor_id == user_id, AuditRecord.kind == Kind.SIGN_IN).limit(1)) is not None


def delete_before(session: Session, moment: datetime) -> None:
    """Delete the records older than `moment`; the database refuses when any is younger than 30 days."""
    session.execute(delete(AuditRecord).where(AuditRecord.at < moment))


def take_ended_counts(session: Session, bucket: str, now: datetime) -> list[tuple[datetime, int]]:
    """Delete the ended windows of `bucket`; return when each began, and its count."""
    ended = delete(LimitCount).where(LimitCount.bucket == bucket, LimitCount.expires_at < now).returning(LimitCount.window, LimitCount.count)
    return sorted((datetime.fromtimestamp(window, UTC), count) for window, count in session.execute(ended))


def settings_in_force(session: Session) -> dict[str, SettingInForce]:
    """The settings of the last start, by name; locked until the transaction ends."""
    return {row.name: row for row in session.scalars(select(SettingInForce).with_for_update())}
