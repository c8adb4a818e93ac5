"""Emails to the requester: their request arrived, an agent replied."""

from datetime import timedelta

from sqlalchemy.orm import Session

from kb.rate_limit.queries import is_within_limit
from tickets.recorded_update import Email, RecordedUpdate

RECEIPTS_PER_HOUR = 3
"""To one address, whoever typed it."""


def notify(session: Session, recorded: RecordedUpdate) -> list[Email]:
    """Return the email that this update causes."""
    comment = recorded.comment
    if recorded.filed is not None:
        is_due = not recorded.is_suspended and is_within_limit(
            session, f"ack:{recorded.filed.email}", most=RECEIPTS_PER_HOUR, window=timedelta(hours=1), now=recorded.at
        )
        return _email(recorded, "mail.request_received") if is_due else []
    if comment is not None and comment.is_public and recorded.actor.is_staff:
        return _email(recorded, "mail.agent_replied", comment_id=comment.comment_id)
    released = recorded.change("suspended_reason")
    return _email(recorded, "mail.request_received") if released is not None and released.new is None else []


def _email(recorded: RecordedUpdate, kind: str, **payload: int) -> list[Email]:
    return [Email(kind, {"ticket_id": recorded.ticket_id} | payload, recorded.requester_id)]
