"""Conditions as SQL."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, not_, or_, select
from sqlalchemy.orm import Session

from kb.accounts.models import IS_STAFF, Group, GroupMember, Organization, User
from kb.text.email_address import canonical_email
from search.text.normalizer import fold
from tickets.access import Actor
from tickets.fields import Kind
from tickets.lists.conditions import ME, NO, NONE, YES, Condition, Operator, TicketFilter
from tickets.lists.time_values import age_of, stretch_of
from tickets.models import Ticket, TicketTag
from tickets.queries import contains
from tickets.search.search_queries import is_from

MOST_STAFF = 1000


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """Who asks, and when: what `me` and `today` mean."""

    actor: Actor
    now: datetime


def conditions_of(session: Session, wanted: TicketFilter, viewpoint: Viewpoint) -> list[ColumnElement[bool]]:
    """Return the SQL of the filter's conditions; its words are not among them."""
    return [_sql(session, condition, viewpoint) for condition in wanted.conditions]


def _sql(session: Session, condition: Condition, viewpoint: Viewpoint) -> ColumnElement[bool]:
    kind, column = condition.definition.kind, condition.definition.column
    if kind is Kind.TIME:
        asked = or_(*(_in_time(column, condition.operator, value, viewpoint.now) for value in condition.values))
        return and_(column.is_not(None), not_(asked)) if condition.is_negated else asked
    if kind is Kind.IS_SET:
        wanted = {(value == YES) != condition.is_negated for value in condition.values if value in (YES, NO)}
        return or_(*(column.is_not(None) if is_set else column.is_(None) for is_set in sorted(wanted)))
    if kind is Kind.TAGS:
        asked = or_(*(_tagged(value) for value in condition.values))
    elif kind is Kind.REQUESTER:
        asked = or_(*(_from(session, value) for value in condition.values))
    elif kind is Kind.PERSON:
        asked = _is_person(session, column, condition.values, viewpoint)
        if condition.is_negated and NONE not in condition.values:
            return or_(not_(asked), column.is_(None))
    elif kind in (Kind.GROUP, Kind.ORGANIZATION):
        asked = _of_group(column, condition.values, viewpoint) if kind is Kind.GROUP else _of_organization(column, condition.values)
        if condition.is_negated and NONE not in condition.values:
            return or_(not_(asked), column.is_(None))
    elif kind is Kind.TEXT and condition.field == "subject":
        asked = or_(*(contains(column, value) for value in condition.values))
    else:
        asked = column.in_(["" if value == NONE and kind is Kind.CATEGORY else value for value in condition.values])
    return not_(asked) if condition.is_negated else asked


def _in_time(column: Any, operator: Operator, value: str, now: datetime) -> ColumnElement[bool]:
    """Ages are compared as ages: `>2d` is longer ago than two days."""
    age = age_of(value)
    if age is not None:
        older = column < now - age
        result: ColumnElement[bool] = older if operator in (Operator.ABOVE, Operator.AT_LEAST) else column >= now - age
        return result
    stretch = stretch_of(value, now)
    if stretch is None:
        return false()
    by_operator: dict[Operator, ColumnElement[bool]] = {
        Operator.IS: and_(column >= stretch.start, column < stretch.end),
        Operator.BELOW: column < stretch.start,
        Operator.AT_MOST: column < stretch.end,
        Operator.ABOVE: column >= stretch.end,
        Operator.AT_LEAST: column >= stretch.start,
    }
    return by_operator[operator]


def _tagged(value: str) -> ColumnElement[bool]:
    if value == NONE:
        return ~select(TicketTag.ticket_id).where(TicketTag.ticket_id == Ticket.id).exists()
    return Ticket.id.in_(select(TicketTag.ticket_id).where(TicketTag.name == value))


def _from(session: Session, value: str) -> ColumnElement[bool]:
    """A whole address, or the beginnings of words of the requester's name or address."""
    if "@" in value.strip("@") and (address := canonical_email(value)):
        return Ticket.requester_id.in_(select(User.id).where(User.email == address))
    return is_from(session, value)


def _is_person(session: Session, column: Any, values: tuple[str, ...], viewpoint: Viewpoint) -> ColumnElement[bool]:
    user_ids: set[int] = {viewpoint.actor.user_id} if ME in values and viewpoint.actor.user_id is not None else set()
    names = [value for value in values if value not in (ME, NONE)]
    if names:
        user_ids |= _staff_named(session, names)
    is_one = column.in_(sorted(user_ids)) if user_ids else false()
    return or_(column.is_(None), is_one) if NONE in values else is_one


def _of_group(column: Any, values: tuple[str, ...], viewpoint: Viewpoint) -> ColumnElement[bool]:
    """Groups are asked for by name; `me` is any group that the actor is in."""
    names = [value.lower() for value in values if value not in (ME, NONE)]
    asked = [column.in_(select(Group.id).where(func.lower(Group.name).in_(names)))] if names else []
    if ME in values:
        asked.append(column.in_(select(GroupMember.group_id).where(GroupMember.user_id == viewpoint.actor.user_id)))
    return or_(*asked, column.is_(None)) if NONE in values else or_(*asked)


def _of_organization(column: Any, values: tuple[str, ...]) -> ColumnElement[bool]:
    """Organizations are asked for by name."""
    named = column.in_(select(Organization.id).where(func.lower(Organization.name).in_([value.lower() for value in values if value != NONE])))
    return or_(named, column.is_(None)) if NONE in values else named


def _staff_named(session: Session, names: list[str]) -> set[int]:
    """Return the ids of the staff with one of these addresses, or one of these words in their name."""
    staff = session.execute(select(User.id, User.name, User.email).where(IS_STAFF).order_by(User.id).limit(MOST_STAFF)).all()
    asked = [fold(name) for name in names]
    return {user_id for user_id, name, email in staff if any(one == email or one in fold(name) or one == email.partition("@")[0] for one in asked)}
