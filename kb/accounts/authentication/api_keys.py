"""Keys of the API: shown once, stored as a digest, revocable, with scope `read` or `write`."""

from datetime import datetime

from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request

from kb.accounts import queries
from kb.accounts.authentication.tokens import digest, new_token
from kb.accounts.models import ApiKey, User
from kb.db import database

SCOPES = ("read", "write")
PREFIX = "dk_"


def make_key(session: Session, name: str, scope: str, user: User, now: datetime) -> tuple[ApiKey, str]:
    """A new key that acts as `user`, and its text, which is never shown again."""
    secret = PREFIX + new_token()
    key = ApiKey(name=name[:120], scope=scope, key_hash=digest(secret), user_id=user.id, created_at=now)
    session.add(key)
    session.flush()
    return key, secret


def revoke_key(session: Session, key_id: int, now: datetime) -> ApiKey | None:
    """End the key at once; return it, or None when there is no live key with this number."""
    key = session.get(ApiKey, key_id)
    return key if key is not None and queries.revoke_api_key(session, key_id, now) else None


def described(key: ApiKey) -> str:
    """The key in words, for the audit log."""
    return f"“{key.name}” (number {key.id}), may {'read' if key.scope == 'read' else 'read and write'}"


def check_key(session: Session, secret: str) -> ApiKey | None:
    """Return the live key with this text; None when it is unknown or revoked, or the person it acts as is disabled."""
    key = queries.api_key_by_hash(session, digest(secret))
    return key if key is not None and key.user.is_active else None


def require_key(request: Request, scope: str) -> ApiKey:
    """The key sent as `Authorization: Bearer`; raises 401 without a live one, 403 when its scope does not reach."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    with database(request).read() as session:
        key = check_key(session, secret.strip()) if scheme.lower() == "bearer" and secret else None
    if key is None:
        raise HTTPException(401, "Send an API key: `Authorization: Bearer <key>`.", {"WWW-Authenticate": "Bearer"})
    if scope == "write" and key.scope != "write":
        raise HTTPException(403, "This key can only read.")
    return key
