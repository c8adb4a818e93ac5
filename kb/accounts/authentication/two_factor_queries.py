"""What the second factor asks of the database."""

from collections.abc import Sequence

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from kb.accounts.models import RecoveryCode, TwoFactor


def factor(session: Session, user_id: int) -> TwoFactor | None:
    """The person's second factor, confirmed or not."""
    return session.get(TwoFactor, user_id, populate_existing=True)


def store_secret(session: Session, user_id: int, secret: str) -> None:
    """Store a secret that is not confirmed yet, in place of any other."""
    session.merge(TwoFactor(user_id=user_id, secret=secret, confirmed_at=None, last_step=0))


def use_step(session: Session, user_id: int, step: int) -> bool:
    """Note that the code of this step was used; return False when it, or a later one, was used before."""
    used = update(TwoFactor).where(TwoFactor.user_id == user_id, TwoFactor.last_step < step).values(last_step=step).returning(TwoFactor.user_id)
    return session.execute(used, execution_options={"synchronize_session": False}).scalar_one_or_none() is not None


def store_recovery_codes(session: Session, user_id: int, hashes: Sequence[str]) -> None:
    """Store the digests of new recovery codes in place of the earlier ones."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id), execution_options={"synchronize_session": False})
    session.execute(insert(RecoveryCode), [{"user_id": user_id, "code_hash": code_hash} for code_hash in hashes])


def use_recovery_code(session: Session, user_id: int, code_hash: str) -> bool:
    """Delete the code; return False when there is none."""
    used = delete(RecoveryCode).where(RecoveryCode.user_id == user_id, RecoveryCode.code_hash == code_hash).returning(RecoveryCode.user_id)
    return session.execute(used, execution_options={"synchronize_session": False}).scalar_one_or_none() is not None


def count_recovery_codes(session: Session, user_id: int) -> int:
    """How many recovery codes are left."""
    return session.scalar(select(func.count()).select_from(RecoveryCode).where(RecoveryCode.user_id == user_id)) or 0


def delete_factor(session: Session, user_id: int) -> None:
    """Delete the secret and the recovery codes."""
    for model in (TwoFactor, RecoveryCode):
        session.execute(delete(model).where(model.user_id == user_id), execution_options={"synchronize_session": False})
