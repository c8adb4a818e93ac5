"""Pages of tickets by keyset: a page begins after the place of a ticket in the order, so the last one costs what the first does."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, DateTime, and_, case, func, literal, or_, tuple_
from sqlalchemy.orm import Session, joinedload, selectinload

from kb.db import UtcDateTime
from tickets.access import Actor, select_tickets
from tickets.fields import LISTED
from tickets.lists.condition_queries import Viewpoint, conditions_of
from tickets.lists.conditions import TicketFilter
from tickets.lists.sort_orders import NUMBER, RELEVANCE
from tickets.models import Status, Ticket

OURS = frozenset({str(Status.NEW), str(Status.OPEN)})
_URGENCY = LISTED["priority"].order
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_BY_WORD = {field.filter_word: field for field in LISTED.values()}


@dataclass(frozen=True, slots=True)
class SortKey:
    """One expression that a list is sorted by."""

    expression: Any
    is_descending: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: behind the ticket with these keys, or, `is_before`, where the page before that ticket begins."""

    keys: tuple[Any, ...]
    is_before: bool = False


@dataclass(frozen=True, slots=True)
class TicketPage:
    """A page of a list, and the places where its neighbours begin."""

    tickets: Sequence[Ticket]
    before: str = ""
    """Of the page before; empty on the first."""
    after: str = ""
    """Of the next page; empty on the last."""
    is_ranked: bool = False
    """Whether these places are numbers of hits, both of them to begin after."""


def page(
    session: Session, wanted: TicketFilter, viewpoint: Viewpoint, *, order: str, place: Place | None, limit: int, group_by: str = "", more: Sequence[Any] = ()
) -> TicketPage:
    """Return a page of the tickets that `wanted` asks for, with requesters, assignees and tags; `more` are further conditions."""
    conditions = [*conditions_of(session, wanted, viewpoint), *more]
    keys = sort_keys(order, wanted, group_by)
    rows = _rows(session, viewpoint.actor, conditions, keys, place, limit + 1)
    if place is not None and place.is_before:
        if len(rows) <= limit:
            return page(session, wanted, viewpoint, order=order, place=None, limit=limit, group_by=group_by, more=more)
        shown, has_before, has_after = rows[:limit][::-1], True, True
    else:
        shown, has_before, has_after = rows[:limit], place is not None, len(rows) > limit
    tickets = loaded(session, viewpoint.actor, [row[0] for row in shown])
    return TicketPage(tickets, _written(shown[0]) if shown and has_before else "", _written(shown[-1]) if has_after else "")


def ticket_after(session: Session, wanted: TicketFilter, viewpoint: Viewpoint, *, order: str, ticket_id: int, group_by: str = "") -> int | None:
    """Return the number of the ticket that follows; of the first one where this ticket is not among them; None at the end."""
    conditions, keys = conditions_of(session, wanted, viewpoint), sort_keys(order, wanted, group_by)
    here = session.execute(select_tickets(viewpoint.actor, Ticket.id, *(key.expression for key in keys)).where(Ticket.id == ticket_id, *conditions)).first()
    place = Place(tuple(here[1:])) if here is not None else None
    rows = _rows(session, viewpoint.actor, conditions, keys, place, 1)
    return rows[0][0] if rows else None


def loaded(session: Session, actor: Actor, ticket_ids: Sequence[int]) -> Sequence[Ticket]:
    """Return the tickets in the order of their numbers' list, with requesters, assignees and tags."""
    # The numbers first: sorting whole rows with their joins costs ten times as much as reading an index.
    statement = select_tickets(actor).where(Ticket.id.in_(ticket_ids))
    statement = statement.options(joinedload(Ticket.requester), joinedload(Ticket.assignee), selectinload(Ticket.tags))
    found = {ticket.id: ticket for ticket in session.scalars(statement)}
    return [found[number] for number in ticket_ids if number in found]


def sort_keys(order: str, wanted: TicketFilter, group_by: str = "") -> list[SortKey]:
    """Return what the list is sorted by: its grouping, the order, and the number last, so that no two tickets have the same place."""
    if group_by:
        field = _BY_WORD[group_by]
        return [SortKey(_without_null(field.order), is_descending=group_by == "priority"), *sort_keys(order, wanted)]
    name, is_descending = order.removeprefix("-"), order.startswith("-")
    if name == "waiting":
        return [*_ours_first(wanted), SortKey(Ticket.waiting_since, is_descending), SortKey(Ticket.id, is_descending)]
    if name == "priority":
        return [SortKey(_URGENCY, not is_descending), SortKey(Ticket.waiting_since), SortKey(Ticket.id)]
    if name in ("newest", RELEVANCE):
        return [SortKey(Ticket.id, is_descending=True)]
    if name == "changed":
        return [SortKey(Ticket.updated_at, is_descending=True), SortKey(Ticket.id, is_descending=True)]
    if name == NUMBER:
        return [SortKey(Ticket.id, is_descending)]
    return [SortKey(_without_null(_BY_WORD[name].order), is_descending), SortKey(Ticket.id, is_descending)]


def place_of(text: str, keys: Sequence[SortKey], *, is_before: bool) -> Place | None:
    """Return the place that an address names; None for anything that is none in this order."""
    try:
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if not isinstance(values, list) or len(values) != len(keys):
            return None
        return Place(tuple(_read(value, key) for value, key in zip(values, keys, strict=True)), is_before)
    except (ValueError, binascii.Error, OverflowError, RecursionError):
        return None


def _ours_first(wanted: TicketFilter) -> list[SortKey]:
    """What waits for an agent comes before what waits for somebody else, in lists that hold both."""
    statuses = set(wanted.values_of("status") or ())
    return [SortKey(case((Ticket.status.in_(sorted(OURS)), 0), else_=1))] if statuses & OURS and statuses - OURS else []


def _without_null(expression: Any) -> Any:
    column = getattr(expression, "nullable", False)
    if not column:
        return expression
    return func.coalesce(expression, literal(_NEVER, UtcDateTime()) if isinstance(expression.type, UtcDateTime) else 0)


def _rows(session: Session, actor: Actor, conditions: Sequence[ColumnElement[bool]], keys: Sequence[SortKey], place: Place | None, limit: int) -> Any:
    is_reversed = place is not None and place.is_before
    statement = select_tickets(actor, Ticket.id, *(key.expression for key in keys)).where(*conditions)
    if place is not None:
        statement = statement.where(_beyond(keys, place.keys, is_reversed=is_reversed))
    ordered = [key.expression.desc() if key.is_descending != is_reversed else key.expression.asc() for key in keys]
    return session.execute(statement.order_by(*ordered).limit(limit)).all()


def _beyond(keys: Sequence[SortKey], values: Sequence[Any], *, is_reversed: bool) -> ColumnElement[bool]:
    """Return the condition for what comes after the place in the order."""
    bound = [literal(value, key.expression.type) for key, value in zip(keys, values, strict=True)]
    directions = {key.is_descending for key in keys}
    if len(keys) > 1 and len(directions) == 1:
        row, place = tuple_(*(key.expression for key in keys)), tuple_(*bound)
        return row < place if directions.pop() != is_reversed else row > place
    steps = []
    for at, key in enumerate(keys):
        same = [other.expression == value for other, value in zip(keys[:at], bound, strict=False)]
        further = key.expression < bound[at] if key.is_descending != is_reversed else key.expression > bound[at]
        steps.append(and_(*same, further))
    return or_(*steps)


def _written(row: Any) -> str:
    values = [value.isoformat() if isinstance(value, datetime) else value for value in row[1:]]
    return base64.urlsafe_b64encode(json.dumps(values, separators=(",", ":")).encode()).decode().rstrip("=")


def _read(value: Any, key: SortKey) -> Any:
    """Return a key's value as it is compared; raises ValueError for one of another kind."""
    if isinstance(key.expression.type, DateTime | UtcDateTime):
        moment = datetime.fromisoformat(value if isinstance(value, str) else "")
        if moment.tzinfo is None:
            raise ValueError(value)
        return moment.astimezone(UTC)
    wanted = key.expression.type.python_type
    if type(value) is not wanted or (wanted is int and abs(value) >= 2**63) or (wanted is str and "\x00" in value):
        raise ValueError(value)
    return value
