"""Emails to the requester: their request arrived, an agent replied."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from kb.rate_limit.queries import count_hit
from tickets.recorded_update import Email, Filed, RecordedUpdate

RECEIPTS_PER_HOUR = 3
"""To one address, whoever typed it."""
RECEIPT_WINDOW = timedelta(hours=1)


def notify(session: Session, recorded: RecordedUpdate) -> list[Email]:
    """Return the email that this update causes."""
    comment = recorded.comment
    if recorded.filed is not None:
        is_due = not recorded.is_suspended and _receipts(session, recorded.filed, recorded.at) <= RECEIPTS_PER_HOUR
        return _email(recorded, "mail.request_received") if is_due else []
    if comment is not None and comment.is_public and recorded.actor.is_staff:
        return _email(recorded, "mail.agent_replied", comment_id=comment.comment_id)
    released = recorded.change("suspended_reason")
    return _email(recorded, "mail.request_received") if released is not None and released.new is None else []


def receipt_bucket(email: str) -> str:
    """Return the bucket in which receipts to this address are counted."""
    return f"ack:{email}"


def _receipts(session: Session, filed: Filed, now: datetime) -> int:
    return filed.receipts if filed.receipts is not None else count_hit(session, receipt_bucket(filed.email), window=RECEIPT_WINDOW, now=now)


def _email(recorded: RecordedUpdate, kind: str, **payload: int) -> list[Email]:
    return [Email(kind, {"ticket_id": recorded.ticket_id} | payload, recorded.requester_id)]
