"""What one update did to a ticket: the events of an audit, in the shape of Zendesk's ticket audits. They hold ids, never message text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import JSON, Dialect
from sqlalchemy.types import TypeDecorator

Value = str | int | tuple[str, ...] | None
"""The value of a field: a text, the id of a person, the tags, or nothing."""


@dataclass(frozen=True, slots=True)
class Created:
    """The ticket was filed."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A field got another value."""

    field: str
    old: Value
    new: Value


@dataclass(frozen=True, slots=True)
class Commented:
    """A message was added: public, or an internal note."""

    comment_id: int
    is_public: bool


@dataclass(frozen=True, slots=True)
class Notified:
    """An email was queued for these people; `email` is the kind of job."""

    email: str
    user_ids: tuple[int, ...]


Event = Created | Changed | Commented | Notified

_TYPES: dict[str, type[Event]] = {"Create": Created, "Change": Changed, "Comment": Commented, "Notification": Notified}
_NAMES = {kind: name for name, kind in _TYPES.items()}


class EventList(TypeDecorator[tuple[Event, ...]]):
    """A tuple of events, stored as a JSON list of objects with their `type`."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Sequence[Event] | None, dialect: Dialect) -> list[dict[str, Any]] | None:  # noqa: ARG002
        """Return the events as JSON objects."""
        return None if value is None else [{"type": _NAMES[type(event)]} | {name: getattr(event, name) for name in event.__slots__} for event in value]

    def process_result_value(self, value: list[dict[str, Any]] | None, dialect: Dialect) -> tuple[Event, ...]:  # noqa: ARG002
        """Return the stored objects as events; types of a later version are left out."""
        return tuple(_event(stored) for stored in value or () if stored["type"] in _TYPES)


def _event(stored: dict[str, Any]) -> Event:
    columns = {name: tuple(value) if isinstance(value, list) else value for name, value in stored.items() if name != "type"}
    return cast(Event, cast(Any, _TYPES[stored["type"]])(**columns))
