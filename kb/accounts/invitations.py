"""Invitations: a mail to a new agent or admin with a link that signs them in."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from kb.accounts.audit_log.log import Source, record
from kb.accounts.audit_log.models import Kind
from kb.accounts.models import User
from kb.config import Settings
from kb.jobs import outbox
from kb.rate_limit.queries import is_within_limit

HOUR = timedelta(hours=1)


def invite(session: Session, settings: Settings, person: User, by: Source, now: datetime) -> bool:
    """Have an invitation mailed; return False when this person was sent too many links within the hour."""
    if not is_within_limit(session, f"link:{person.email}", most=settings.links_per_hour, window=HOUR, now=now):
        return False
    outbox.enqueue(session, "mail.invitation", {"email": person.email}, now=now)
    record(session, Kind.INVITATION_SENT, by, now, person=person)
    return True


def is_invited(user: User) -> bool:
    """Whether the person may use the desk and has not signed in yet."""
    return user.is_staff and not user.is_verified and user.password_hash is None
