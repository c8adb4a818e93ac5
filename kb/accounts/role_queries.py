"""What roles ask of the database."""

from collections.abc import Sequence

from sqlalchemy import case, delete, func, select
from sqlalchemy.orm import Session

from kb.accounts.models import IS_STAFF, Role, SignInLink, SignInSession, StoredRole, User

MOST_ROLES = 100
BUILT_IN_ORDER = {str(Role.ADMIN): 0, str(Role.AGENT): 1, str(Role.LIGHT): 2, str(Role.CUSTOMER): 4}


def role(session: Session, slug: str) -> StoredRole | None:
    """The role with this slug."""
    return session.get(StoredRole, slug)


def roles(session: Session) -> Sequence[StoredRole]:
    """All roles: admin, agent, light agent, those that admins made by name, customer; at most 100."""
    order = case(BUILT_IN_ORDER, value=StoredRole.slug, else_=3)
    return session.scalars(select(StoredRole).order_by(order, func.lower(StoredRole.name), StoredRole.slug).limit(MOST_ROLES)).all()


def has_name(session: Session, name: str, but: str) -> bool:
    """Whether another role than `but` has this name, in capitals or not."""
    return session.scalar(select(StoredRole.slug).where(func.lower(StoredRole.name) == name.lower(), StoredRole.slug != but).limit(1)) is not None


def holders(session: Session) -> dict[str, int]:
    """Role → how many people of the staff have it, disabled ones too."""
    return dict(session.execute(select(User.role, func.count()).where(IS_STAFF).group_by(User.role)).all())


def end_sessions_of(session: Session, slug: str, *, but: str) -> None:
    """Sign out everybody with this role, except in the session with the digest `but`, and void their sign-in links."""
    people = select(User.id).where(IS_STAFF, User.role == slug)
    unsynchronized = {"synchronize_session": False}
    session.execute(delete(SignInSession).where(SignInSession.user_id.in_(people), SignInSession.token_hash != but), execution_options=unsynchronized)
    session.execute(delete(SignInLink).where(SignInLink.user_id.in_(people)), execution_options=unsynchronized)
