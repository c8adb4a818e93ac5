"""What the pages of groups ask of the database."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from kb.accounts.models import IS_STAFF, Group, GroupMember, User
from tickets.access import SYSTEM, select_tickets
from tickets.models import CategoryGroup, Status, Ticket

MOST_PEOPLE = 500
UNSOLVED = (Status.NEW, Status.OPEN, Status.PENDING, Status.HOLD)


def members(session: Session) -> dict[int, list[User]]:
    """Group → its active members by name."""
    found: dict[int, list[User]] = {}
    statement = select(GroupMember.group_id, User).join(User, User.id == GroupMember.user_id).where(IS_STAFF, User.is_active)
    for group_id, user in session.execute(statement.order_by(func.lower(User.name), User.email)):
        found.setdefault(group_id, []).append(user)
    return found


def staff(session: Session) -> Sequence[User]:
    """The active staff by name, at most 500."""
    return session.scalars(select(User).where(IS_STAFF, User.is_active).order_by(func.lower(User.name), User.email).limit(MOST_PEOPLE)).all()


def categories(session: Session) -> dict[str, int]:
    """Category → the group that its new tickets belong to."""
    return {row.category: row.group_id for row in session.scalars(select(CategoryGroup))}


def open_tickets(session: Session) -> dict[int, int]:
    """Group → how many of its tickets are not solved."""
    statement = select_tickets(SYSTEM, Ticket.group_id, func.count()).where(Ticket.group_id.is_not(None), Ticket.status.in_(UNSOLVED))
    return dict(session.execute(statement.group_by(Ticket.group_id)).all())


def unsolved_of_group(session: Session, group_id: int, after: int, limit: int) -> Sequence[int]:
    """The numbers above `after` of the group's tickets that are not solved, at most `limit`."""
    statement = select_tickets(SYSTEM, Ticket.id).where(Ticket.group_id == group_id, Ticket.status.in_(UNSOLVED), Ticket.id > after)
    return session.scalars(statement.order_by(Ticket.id).limit(limit)).all()


def has_name(session: Session, name: str, but: int | None) -> bool:
    """Whether a group other than `but` has this name, in capitals or not."""
    statement = select(Group.id).where(func.lower(Group.name) == name.lower(), Group.id != (but or 0), Group.deleted_at.is_(None))
    return session.scalar(statement.limit(1)) is not None


def add(session: Session, name: str, now: datetime) -> Group:
    """Store a new group."""
    group = Group(name=name, created_at=now)
    session.add(group)
    session.flush()
    return group


def set_members(session: Session, group_id: int, user_ids: Collection[int]) -> None:
    """Store who is in the group: those of `user_ids` who are on the staff."""
    session.execute(delete(GroupMember).where(GroupMember.group_id == group_id), execution_options={"synchronize_session": False})
    known = session.scalars(select(User.id).where(IS_STAFF, User.id.in_(sorted(user_ids)))).all() if user_ids else ()
    if known:
        session.execute(insert(GroupMember), [{"group_id": group_id, "user_id": user_id} for user_id in known])


def set_categories(session: Session, group_id: int, slugs: Collection[str]) -> None:
    """Store which categories the group looks after; they are taken from other groups."""
    gone = delete(CategoryGroup).where((CategoryGroup.group_id == group_id) | CategoryGroup.category.in_(sorted(slugs)))
    session.execute(gone, execution_options={"synchronize_session": False})
    if slugs:
        session.execute(insert(CategoryGroup), [{"category": slug, "group_id": group_id} for slug in sorted(slugs)])


def delete_group(session: Session, group_id: int, now: datetime) -> None:
    """Mark the group as deleted, with nobody in it."""
    set_members(session, group_id, ())
    set_categories(session, group_id, ())
    session.get_one(Group, group_id).deleted_at = now
