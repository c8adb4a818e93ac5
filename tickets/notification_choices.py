"""What the staff can be emailed about. Everything is on until somebody chooses."""

from collections.abc import Iterable, Mapping

from sqlalchemy.orm import Session

from kb.i18n import N_
from tickets import queries

NEW, ASSIGNED, REPLIED, HELD = "new", "assigned", "replied", "held"
REASONS: Mapping[str, str] = {
    NEW: N_("A new ticket arrives"),
    ASSIGNED: N_("A ticket is assigned to me"),
    REPLIED: N_("A customer replies on my ticket, or on an unassigned one"),
    HELD: N_("A request is held for review"),
}
"""Reason → what the settings page calls it."""
ALL = tuple(REASONS)


def choices_of(session: Session, user_id: int) -> tuple[str, ...]:
    """Return the reasons for which this person is emailed."""
    chosen = queries.notification_reasons(session, user_id)
    return ALL if chosen is None else tuple(reason for reason in ALL if reason in chosen)


def store_choices(session: Session, user_id: int, reasons: Iterable[str]) -> None:
    """Store the reasons for which this person wants to be emailed; unknown ones are left out."""
    queries.store_notification_reasons(session, user_id, [reason for reason in ALL if reason in set(reasons)])
