"""One-time links that sign a person in or prove their new address: an hour, one use, stored as a digest."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from kb.accounts import queries
from kb.accounts.authentication.tokens import digest, new_token
from kb.accounts.models import AddressChange, SignInLink, User

LIFE = timedelta(hours=1)


def make_link(session: Session, user: User, now: datetime, *, life: timedelta = LIFE, target: str = "") -> str:
    """The token of a new link that leads to the path `target`; its own path is `/sign-in/link/<token>`."""
    token = new_token()
    session.add(SignInLink(token_hash=digest(token), user_id=user.id, created_at=now, expires_at=now + life, target=target))
    return token


def path(token: str) -> str:
    """Where the link leads on our own site."""
    return f"/sign-in/link/{token}"


def make_address_link(session: Session, user: User, email: str, now: datetime) -> str:
    """Return the path of a new link by which `user` takes the address `email`."""
    token = new_token()
    session.add(AddressChange(token_hash=digest(token), user_id=user.id, email=email, created_at=now, expires_at=now + LIFE))
    return f"/account/address/{token}"


def is_open(session: Session, token: str, now: datetime) -> bool:
    """Whether the link can still be used."""
    return queries.open_link(session, digest(token), now) is not None


def use_link(session: Session, token: str, now: datetime) -> SignInLink | None:
    """Uses the link up; None when it is used, over, unknown or its owner disabled."""
    if not queries.use_link(session, digest(token), now):
        return None
    link = session.get_one(SignInLink, digest(token))
    if not link.user.is_active:
        return None
    link.user.is_verified = True
    return link
