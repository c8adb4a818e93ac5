"""The second factor: codes that an app shows (TOTP, RFC 6238), each good once, and recovery codes for when the app is gone."""

import secrets
from datetime import datetime

import pyotp
from sqlalchemy.orm import Session

from kb.accounts.authentication import two_factor_queries as queries
from kb.accounts.authentication.tokens import digest
from kb.accounts.models import User

RECOVERY_CODES = 10
STEP_S = 30
CLOCK_STEPS = (0, -1, 1)
"""Of the app's clock beside ours: the code before and the one after are taken, too."""
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without what people mistake for each other."""


def begin(session: Session, user: User) -> None:
    """Store a new secret to be confirmed, unless one is in use."""
    factor = queries.factor(session, user.id)
    if factor is None or factor.confirmed_at is None:
        queries.store_secret(session, user.id, pyotp.random_base32())


def address(user: User, secret: str, site: str) -> str:
    """Return what the QR code says to the app."""
    return pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=site)


def confirm(session: Session, user: User, code: str, now: datetime) -> bool:
    """Turn the second factor on if the code is that of the new secret."""
    factor = queries.factor(session, user.id)
    step = _step_of(factor.secret, code, now) if factor is not None and factor.confirmed_at is None else None
    if factor is None or step is None:
        return False
    factor.confirmed_at, factor.last_step = now, step
    session.get_one(User, user.id).has_two_factor = True
    return True


def new_recovery_codes(session: Session, user: User) -> list[str]:
    """Return new recovery codes, which are not shown again; earlier ones stop working."""
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(10)) for _ in range(RECOVERY_CODES)]
    queries.store_recovery_codes(session, user.id, [digest(code) for code in codes])
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def use(session: Session, user: User, typed: str, now: datetime) -> str:
    """Use a code up; return in words which kind it was, empty for a wrong one. Of two at once, one gets it."""
    factor = queries.factor(session, user.id)
    if factor is None or factor.confirmed_at is None:
        return ""
    step = _step_of(factor.secret, typed, now)
    if step is not None:
        return "by app code" if queries.use_step(session, user.id, step) else ""
    code = "".join(character for character in typed.lower() if character in ALPHABET)
    return "by recovery code" if len(code) == 10 and queries.use_recovery_code(session, user.id, digest(code)) else ""


def remove(session: Session, user: User) -> None:
    """Turn the second factor off."""
    queries.delete_factor(session, user.id)
    session.get_one(User, user.id).has_two_factor = False


def _step_of(secret: str, typed: str, now: datetime) -> int | None:
    """Return the time step whose code was typed."""
    code = "".join(typed.split())
    if not (len(code) == 6 and code.isascii() and code.isdigit()):
        return None
    step, totp = int(now.timestamp()) // STEP_S, pyotp.TOTP(secret)
    return next((step + away for away in CLOCK_STEPS if secrets.compare_digest(totp.at((step + away) * STEP_S), code)), None)
