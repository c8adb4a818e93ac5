"""The deflection report's event for a ticket that was filed."""

from sqlalchemy.orm import Session

from kb.events.models import Event as LoggedEvent
from kb.events.models import Kind
from kb.events.recorder import row
from tickets import queries
from tickets.recorded_update import Email, RecordedUpdate


def store_event(session: Session, recorded: RecordedUpdate) -> list[Email]:
    """Store `ticket_created` with the visit that led to it."""
    if recorded.filed is not None:
        filed = recorded.filed
        columns = {"at": recorded.at, "ticket_id": recorded.ticket_id, "user_id": recorded.requester_id, "source": recorded.via, "locale": filed.locale}
        queries.add(session, LoggedEvent, **row(filed.visit, Kind.TICKET_CREATED, columns))
    return []
