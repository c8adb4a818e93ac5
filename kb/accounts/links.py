"""One-time sign-in links: an hour, one use, stored as a digest."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from kb.accounts import queries
from kb.accounts.models import SignInLink, User
from kb.accounts.tokens import digest, new_token

LIFE = timedelta(hours=1)


def make_link(session: Session, user: User, now: datetime) -> str:
    """The token of a new link; its path is `/sign-in/link/<token>`."""
    token = new_token()
    session.add(SignInLink(token_hash=digest(token), user_id=user.id, created_at=now, expires_at=now + LIFE))
    return token


def path(token: str) -> str:
    """Where the link leads on our own site."""
    return f"/sign-in/link/{token}"


def is_open(session: Session, token: str, now: datetime) -> bool:
    """Whether the link can still be used."""
    return queries.open_link(session, digest(token), now) is not None


def use_link(session: Session, token: str, now: datetime) -> User | None:
    """Uses the link up: whom it signs in, None when it is used, over, unknown or its owner disabled."""
    user_id = queries.use_link(session, digest(token), now)
    user = session.get(User, user_id) if user_id is not None else None
    if user is None or not user.is_active:
        return None
    user.is_verified = True
    return user
