"""What follows from an update of a ticket, in the same transaction: each subscriber in a file of its own."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from kb.jobs.outbox import enqueue_all
from tickets import queries
from tickets.audit import Event, Notified
from tickets.recorded_update import Email, RecordedUpdate
from tickets.subscribers import event_log, requester_email, staff_email

Subscriber = Callable[[Session, RecordedUpdate], list[Email]]
"""Does what follows, and returns the emails to queue."""

SUBSCRIBERS: tuple[Subscriber, ...] = (event_log.store_event, requester_email.notify, staff_email.notify)


def record(session: Session, recorded: RecordedUpdate) -> tuple[Event, ...]:
    """Run every subscriber, queue their emails in one statement, store the audit, and return all its events."""
    emails = [email for subscriber in SUBSCRIBERS for email in subscriber(session, recorded)]
    enqueue_all(session, [(email.kind, email.payload) for email in emails], ticket_id=recorded.ticket_id, now=recorded.at)
    recipients: dict[str, tuple[int, ...]] = {}
    for email in emails:
        recipients[email.kind] = (*recipients.get(email.kind, ()), email.user_id)
    events = (*recorded.events, *(Notified(kind, user_ids) for kind, user_ids in recipients.items()))
    queries.store_audit(session, recorded, events)
    return events
