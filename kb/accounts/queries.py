"""What accounts ask of the database."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import case, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from kb.accounts.models import IS_STAFF, AddressChange, ApiKey, Group, OrganizationDomain, Role, SignInLink, SignInSession, User
from kb.accounts.permissions import Permission
from kb.events.models import Event, Kind

MOST_GROUPS = 200


def user_by_email(session: Session, email: str) -> User | None:
    """The person with this canonical address."""
    return session.scalar(select(User).where(User.email == email))


def people(session: Session, *, staff_only: bool = False, limit: int = 100, offset: int = 0, words: str = "") -> Sequence[User]:
    """People, staff first, then by address."""
    query = select(User).order_by(case((User.role == Role.ADMIN, 0), (User.role == Role.CUSTOMER, 2), else_=1), User.email).limit(limit).offset(offset)
    if staff_only:
        query = query.where(IS_STAFF)
    if words:
        query = query.where(or_(User.email.icontains(words, autoescape=True), User.name.icontains(words, autoescape=True)))
    return session.scalars(query).all()


def organization_of_domain(session: Session, email: str) -> int | None:
    """The organization that addresses of this domain belong to."""
    domain = email.rpartition("@")[2]
    return session.scalar(select(OrganizationDomain.organization_id).where(OrganizationDomain.domain == domain))


def groups(session: Session) -> Sequence[Group]:
    """Return the groups by name, at most 200."""
    return session.scalars(select(Group).where(Group.deleted_at.is_(None)).order_by(func.lower(Group.name), Group.id).limit(MOST_GROUPS)).all()


def active_staff(session: Session) -> Sequence[User]:
    """The active staff who may reply, by name; at most 500."""
    query = select(User).where(IS_STAFF, User.is_active).order_by(func.lower(User.name), User.email)
    return [user for user in session.scalars(query.limit(500)) if Permission.REPLY in user.permissions]


def active_admins(session: Session) -> Sequence[User]:
    """The active admins, oldest first."""
    return session.scalars(select(User).where(User.role == Role.ADMIN, User.is_active).order_by(User.id).limit(100)).all()


def live_session(session: Session, token_hash: str, now: datetime) -> SignInSession | None:
    """The session that has not reached its absolute end, with its user."""
    return session.scalar(select(SignInSession).where(SignInSession.token_hash == token_hash, SignInSession.expires_at > now))


def mark_seen(session: Session, token_hash: str, now: datetime) -> None:
    """Notes that the session was used; adds no row if it was revoked meanwhile."""
    session.execute(update(SignInSession).where(SignInSession.token_hash == token_hash).values(seen_at=now))


def delete_session(session: Session, token_hash: str) -> None:
    """Signs one browser out."""
    session.execute(delete(SignInSession).where(SignInSession.token_hash == token_hash))


def mark_proved(session: Session, token_hash: str, now: datetime) -> None:
    """Note that the person of this session has just shown who they are."""
    session.execute(update(SignInSession).where(SignInSession.token_hash == token_hash).values(proved_at=now))


def sessions_of(session: Session, user_id: int, now: datetime) -> Sequence[SignInSession]:
    """The person's sessions that have not reached their absolute end, last used first, at most 100."""
    query = select(SignInSession).where(SignInSession.user_id == user_id, SignInSession.expires_at > now, SignInSession.awaits_code.is_(False))
    return session.scalars(query.order_by(SignInSession.seen_at.desc(), SignInSession.token_hash).limit(100)).all()


def delete_session_of(session: Session, user_id: int, beginning: str) -> None:
    """Sign out the person's browser whose digest begins so."""
    session.execute(delete(SignInSession).where(SignInSession.user_id == user_id, SignInSession.token_hash.startswith(beginning, autoescape=True)))


def delete_sessions_of(session: Session, user_id: int, *, but: str = "") -> int:
    """Sign the person out everywhere, except in the session with the digest `but`; return how many sessions ended."""
    ended = delete(SignInSession).where(SignInSession.user_id == user_id, SignInSession.token_hash != but).returning(SignInSession.token_hash)
    return len(session.execute(ended).all())


def open_link(session: Session, token_hash: str, now: datetime) -> SignInLink | None:
    """The sign-in link that can still be used."""
    return session.scalar(select(SignInLink).where(SignInLink.token_hash == token_hash, SignInLink.used_at.is_(None), SignInLink.expires_at > now))


def use_link(session: Session, token_hash: str, now: datetime) -> bool:
    """Use the link up; return False when it cannot be used. Of two at once, one gets it."""
    is_open = (SignInLink.token_hash == token_hash, SignInLink.used_at.is_(None), SignInLink.expires_at > now)
    used = update(SignInLink).where(*is_open).values(used_at=now).returning(SignInLink.user_id)
    return session.execute(used).scalar_one_or_none() is not None


def delete_links_of(session: Session, user_id: int) -> None:
    """Voids every open link of the person: those that sign in and those that change the address."""
    session.execute(delete(SignInLink).where(SignInLink.user_id == user_id))
    session.execute(delete(AddressChange).where(AddressChange.user_id == user_id))


def open_address_change(session: Session, token_hash: str, now: datetime) -> AddressChange | None:
    """The change of address that can still be made."""
    return session.scalar(select(AddressChange).where(AddressChange.token_hash == token_hash, AddressChange.expires_at > now))


def take_address_change(session: Session, token_hash: str, user_id: int, now: datetime) -> str | None:
    """Use the link up; return the new address, None when it is used, expired or somebody else's. Of two at once, one gets it."""
    is_theirs = (AddressChange.token_hash == token_hash, AddressChange.user_id == user_id, AddressChange.expires_at > now)
    return session.execute(delete(AddressChange).where(*is_theirs).returning(AddressChange.email)).scalar_one_or_none()


def api_key_by_hash(session: Session, key_hash: str) -> ApiKey | None:
    """The key that was not revoked, with its user."""
    return session.scalar(select(ApiKey).where(ApiKey.key_hash == key_hash, ApiKey.revoked_at.is_(None)))


def api_keys(session: Session) -> Sequence[ApiKey]:
    """All keys, newest first, at most 200."""
    return session.scalars(select(ApiKey).order_by(ApiKey.id.desc()).limit(200)).all()


def revoke_api_key(session: Session, key_id: int, now: datetime) -> bool:
    """End the key; return True if it was live until now."""
    ended = update(ApiKey).where(ApiKey.id == key_id, ApiKey.revoked_at.is_(None)).values(revoked_at=now).returning(ApiKey.id)
    return session.execute(ended).scalar_one_or_none() is not None


def join_visitor(session: Session, visitor: str, user: User, moment: datetime) -> None:
    """Notes that the visitor is this person, staff or not: an event, so that the log stays append-only."""
    said = {"value": "staff"} if user.is_staff else {}
    session.execute(insert(Event).values(at=moment, kind=str(Kind.SIGNED_IN), visit="", visitor=visitor, has_cookie=True, user_id=user.id, **said))


def delete_expired(session: Session, now: datetime) -> None:
    """Delete the sessions, links and address changes that have expired."""
    session.execute(delete(SignInSession).where(SignInSession.expires_at < now))
    session.execute(delete(SignInLink).where(SignInLink.expires_at < now))
    session.execute(delete(AddressChange).where(AddressChange.expires_at < now))
