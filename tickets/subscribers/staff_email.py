"""Emails to the staff: a new ticket, an assignment, a customer's reply, a held request. Each person chooses which."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from tickets import queries
from tickets.notification_choices import ALL, ASSIGNED, HELD, NEW, REPLIED
from tickets.recorded_update import Email, RecordedUpdate, StaffMember

EMAIL = "mail.staff_notice"


def notify(session: Session, recorded: RecordedUpdate) -> list[Email]:
    """Return one email to each person who chose to hear of this update; never to the one who made it."""
    reasons = {reason: audience for reason, audience in _reasons(recorded).items() if audience is None or audience != recorded.actor.user_id}
    if not reasons:
        return []
    audiences = set(reasons.values())
    people = _people(session, recorded, audiences)
    comment_id = recorded.comment.comment_id if recorded.comment is not None else None
    emails = []
    for user_id, chosen, *_rights in people:
        wanted = [reason for reason, audience in reasons.items() if audience in (None, user_id) and reason in (ALL if chosen is None else chosen)]
        if wanted and user_id != recorded.actor.user_id:
            payload = {"ticket_id": recorded.ticket_id, "comment_id": comment_id, "user_id": user_id, "reasons": wanted}
            emails.append(Email(EMAIL, payload, user_id))
    return emails


def _people(session: Session, recorded: RecordedUpdate, audiences: set[int | None]) -> Sequence[StaffMember]:
    """Return those who may hear of it: the staff who see the ticket."""
    named = None if None in audiences else {user_id for user_id in audiences if user_id is not None}
    staff = recorded.filed.staff if recorded.filed is not None else queries.notified_staff(session, named)
    return [one for one in staff if one.sees(recorded.group_id, (recorded.assignee_id, recorded.requester_id))]


def _reasons(recorded: RecordedUpdate) -> dict[str, int | None]:
    """Return reason → the one person it concerns, or None for all who chose it."""
    reasons: dict[str, int | None] = {}
    released = recorded.change("suspended_reason")
    if recorded.is_suspended:
        return {HELD: None} if recorded.is_new else {}
    if (recorded.is_new and not recorded.actor.is_staff) or (released is not None and not recorded.actor.is_system and recorded.comment is None):
        reasons[NEW] = None
    assigned = recorded.change("assignee_id")
    if assigned is not None and recorded.assignee_id is not None and not recorded.actor.is_system:
        reasons[ASSIGNED] = recorded.assignee_id
    comment = recorded.comment
    if comment is not None and comment.is_public and not recorded.actor.is_staff and not recorded.is_new:
        reasons[REPLIED] = recorded.assignee_id
    return reasons
