"""The views that a person has, built-in and stored, in the order they put them, and how many tickets are in each."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from tickets.access import select_tickets
from tickets.lists.columns import in_order
from tickets.lists.condition_queries import Viewpoint, conditions_of
from tickets.lists.filter_words import parse
from tickets.lists.sort_orders import USUAL, is_order
from tickets.lists.views import BY_SLUG, GROUPS, MOST_COUNTED, VIEWS, View
from tickets.models import StoredView, Ticket, ViewOrder

MOST_VIEWS = 60


def views_of(session: Session, user_id: int) -> list[View]:
    """Return the built-in views, the shared ones and the person's own, in the order they put them."""
    own = or_(StoredView.owner_id.is_(None), StoredView.owner_id == user_id)
    stored = session.scalars(select(StoredView).where(own).order_by(StoredView.id).limit(MOST_VIEWS)).all()
    views = [*VIEWS, *(_view(row) for row in stored)]
    order = session.get(ViewOrder, user_id)
    places = {slug: place for place, slug in enumerate(order.slugs if order else ())}
    return sorted(views, key=lambda view: places.get(view.slug, len(places)))


def view_of(session: Session, user_id: int, slug: str) -> View | None:
    """Return the view with this name in addresses, if this person has it."""
    if slug in BY_SLUG:
        return BY_SLUG[slug]
    return next((view for view in views_of(session, user_id) if view.slug == slug), None)


def count_views(session: Session, user_id: int | None) -> int:
    """Return how many views are stored: the person's own, or the shared ones."""
    whose = StoredView.owner_id.is_(None) if user_id is None else StoredView.owner_id == user_id
    return session.scalar(select(func.count()).select_from(StoredView).where(whose)) or 0


def counts_of(session: Session, views: Sequence[View], viewpoint: Viewpoint) -> dict[str, int]:
    """Return slug → number of tickets of the stored ones among `views`, counted up to one more than MOST_COUNTED, in one statement."""
    stored = [view for view in views if not view.is_built_in]
    if not stored:
        return {}
    numbers = []
    for view in stored:
        conditions = conditions_of(session, parse(view.filter, viewpoint.now), viewpoint)
        some = select_tickets(viewpoint.actor, Ticket.id).where(*conditions).limit(MOST_COUNTED + 1).subquery()
        numbers.append(select(func.count()).select_from(some).scalar_subquery())
    row: Any = session.execute(select(*numbers)).one()
    return {view.slug: number for view, number in zip(stored, row, strict=True)}


def store_view(session: Session, view: View, now: datetime) -> int:
    """Store a new view, or what changed of one that has an id, and return its id."""
    values: dict[str, Any] = {"owner_id": view.owner_id, "name": view.name, "filter": view.filter, "order": view.order}
    values |= {"columns": list(view.columns), "group_by": view.group_by}
    row = session.get(StoredView, view.id) if view.id is not None else None
    if row is None:
        row = StoredView(**values, created_at=now)
        session.add(row)
    for name, value in values.items():
        setattr(row, name, value)
    session.flush()
    return row.id


def delete_view(session: Session, view: View) -> None:
    """Delete a stored view."""
    session.execute(delete(StoredView).where(StoredView.id == view.id))


def store_order(session: Session, user_id: int, slugs: Sequence[str]) -> None:
    """Store the order in which this person has the views."""
    session.merge(ViewOrder(user_id=user_id, slugs=list(slugs)))


def _view(row: StoredView) -> View:
    return View(
        slug=str(row.id),
        name=row.name,
        filter=row.filter,
        order=row.order if is_order(row.order) else USUAL,
        columns=in_order(row.columns),
        group_by=row.group_by if row.group_by in GROUPS else "",
        id=row.id,
        owner_id=row.owner_id,
    )
