"""Links that prove a new address: an hour, one use, stored as a digest."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from kb.accounts.models import AddressChange, User
from kb.accounts.tokens import digest, new_token

LIFE = timedelta(hours=1)


def make(session: Session, user: User, email: str, now: datetime) -> str:
    """Return the token of a new link by which `user` takes the address `email`."""
    token = new_token()
    session.add(AddressChange(token_hash=digest(token), user_id=user.id, email=email, created_at=now, expires_at=now + LIFE))
    return token


def path(token: str) -> str:
    """Return where the link leads on our own site."""
    return f"/account/address/{token}"
