"""What is asked and stored when a ticket is filed, in as few statements as each database allows."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Executable, bindparam, func, insert, literal, select, true
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from kb.accounts.models import OrganizationDomain, User
from tickets import queries
from tickets.access import SYSTEM, select_tickets
from tickets.models import CategoryGroup, Comment, Ticket
from tickets.recorded_update import StaffMember

_USERS: Any = User.__table__
_TICKETS: Any = Ticket.__table__
_COMMENTS: Any = Comment.__table__
# Statements are made once: making them costs more than running them.
USER_ID = select(_USERS.c.id).where(_USERS.c.email == bindparam("address"))
NAME_OF = select(_USERS.c.name).where(_USERS.c.id == bindparam("user_id"))
_ONE = select(literal(1).label("one")).subquery()
GROUP_ID = select(CategoryGroup.group_id).where(CategoryGroup.category == bindparam("category"))
_STAFF = queries.NOTIFIED.subquery("staff")
_FILED = (_TICKETS.c.id, _TICKETS.c.salt, _TICKETS.c.requester_id, _TICKETS.c.created_at)
ORGANIZATION_ID = select(_USERS.c.organization_id).where(_USERS.c.email == bindparam("address"))
OF_DOMAIN = select(OrganizationDomain.organization_id).where(OrganizationDomain.domain == bindparam("domain"))
_FOUND = (USER_ID.scalar_subquery(), GROUP_ID.scalar_subquery(), ORGANIZATION_ID.scalar_subquery(), OF_DOMAIN.scalar_subquery())
KNOWN_REQUEST = (
    select_tickets(SYSTEM, *_FILED, *_FOUND, *_STAFF.c)
    .select_from(_ONE.outerjoin(_TICKETS, _TICKETS.c.nonce == bindparam("sent")).outerjoin(_STAFF, true()))
    .order_by(_STAFF.c.id)
)
"""With a row for each of the staff: a question of its own costs as much as all of this."""


class KnownRequest(NamedTuple):
    """What is known before a request is stored."""

    requester_id: int | None
    """The person with its address."""
    group_id: int | None
    """The group that tickets of its category belong to."""
    organization_id: int | None
    """The company of that person or, for a new one, of the address's domain."""
    filed: tuple[int, str, int, datetime] | None
    """(id, salt, requester_id, created_at) of the ticket that the request became before."""
    staff: tuple[StaffMember, ...]
    """The active staff, who may hear of it."""


class StoredRequest(NamedTuple):
    """The ids of what a request was stored as."""

    ticket_id: int
    requester_id: int
    comment_id: int


def known_request(session: Session, key: str | None, email: str, category: str) -> KnownRequest:
    """Return what is known of the request with this key from the person with this address, in this category."""
    values = {"address": email, "domain": email.rpartition("@")[2], "sent": key, "category": category}
    rows = session.connection().execute(KNOWN_REQUEST, values).all()
    first = rows[0]
    filed = None if first[0] is None else (first[0], first[1], first[2], first[3])
    staff = tuple(StaffMember(*row[8:]) for row in rows if row[8] is not None)
    return KnownRequest(first[4], first[5], first[7] if first[4] is None else first[6], filed, staff)


def name_of(session: Session, user_id: int) -> str:
    """Return the name in this person's profile."""
    return str(session.connection().execute(NAME_OF, {"user_id": user_id}).scalar_one())


def store_request(session: Session, *, person: Mapping[str, Any] | None, ticket: Mapping[str, Any], comment: Mapping[str, Any]) -> StoredRequest | None:
    """Store the ticket and its first message, and before them the requester if `person` is given; None if another request did so just now.

    A new person is the ticket's `requester_id`, and also its `submitter_id` and the message's `author_id` where these are None.
    """
    if session.connection().dialect.name == "postgresql":
        rows = {"person": person or {}, "ticket": ticket, "comment": comment}
        values = {f"{name}_{column}": value for name, row in rows.items() for column, value in row.items()}
        stored = session.connection().execute(_in_one(*(tuple(row) for row in rows.values())), values).one_or_none()
        return None if stored is None else StoredRequest(*stored)
    requester_id = ticket["requester_id"] if person is None else queries.store_once(session, User, "email", **person)
    if requester_id is None:
        return None
    of_requester = {"requester_id": requester_id, "submitter_id": ticket["submitter_id"] or requester_id}
    ticket_id = queries.store_once(session, Ticket, "nonce", **{**ticket, **of_requester})
    if ticket_id is None:
        return None
    comment_id = queries.store(session, Comment, **{**comment, "ticket_id": ticket_id, "author_id": comment["author_id"] or requester_id})
    return StoredRequest(ticket_id, requester_id, comment_id)


@cache
def _in_one(person: tuple[str, ...], ticket: tuple[str, ...], comment: tuple[str, ...]) -> Executable:
    """Return the one statement of PostgreSQL for rows with these columns: each round trip costs as much as what it stores."""
    people = postgresql.insert(_USERS).values(_values(_USERS, "person", person)).on_conflict_do_nothing(index_elements=["email"])
    newcomer = people.returning(_USERS.c.id).cte("newcomer") if person else None
    columns = _values(_TICKETS, "ticket", ticket)
    if newcomer is not None:
        columns |= {"requester_id": newcomer.c.id, "submitter_id": func.coalesce(columns["submitter_id"], newcomer.c.id)}
    else:
        columns["submitter_id"] = func.coalesce(columns["submitter_id"], columns["requester_id"])
    tickets = postgresql.insert(_TICKETS).from_select(list(columns), select(*columns.values()), include_defaults=False)
    filed = tickets.on_conflict_do_nothing(index_elements=["nonce"]).returning(_TICKETS.c.id, _TICKETS.c.requester_id).cte("filed")
    columns = _values(_COMMENTS, "comment", comment)
    columns |= {"ticket_id": filed.c.id, "author_id": func.coalesce(columns["author_id"], filed.c.requester_id)}
    comments = insert(_COMMENTS).from_select(list(columns), select(*columns.values()), include_defaults=False)
    message = comments.returning(_COMMENTS.c.id, _COMMENTS.c.ticket_id).cte("message")
    return select(filed.c.id, filed.c.requester_id, message.c.id).join_from(filed, message, message.c.ticket_id == filed.c.id)


def _values(table: Any, prefix: str, given: tuple[str, ...]) -> dict[str, ColumnElement[Any]]:
    """Return a parameter for each column given, and the defaults of the others."""
    defaults = {column.key: literal(column.default.arg, column.type) for column in table.columns if column.default is not None and column.default.is_scalar}
    return defaults | {name: bindparam(f"{prefix}_{name}", type_=table.c[name].type) for name in given}
