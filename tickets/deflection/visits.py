"""Visits: one visitor's events with gaps of at most 30 minutes, read off the stream of events."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from kb.events.models import Kind
from tickets.deflection.intents import Intent, intents
from tickets.deflection.queries import EventRow

GAP = timedelta(minutes=30)
ENGAGED_AFTER = timedelta(seconds=10)
MOST_EVENTS = 1000
"""A visit with more is a machine's."""
SCRIPTED = frozenset((Kind.ARTICLE_ENGAGED, Kind.SEARCH_CLICK, Kind.SUGGEST_CLICK, Kind.FORM_ABANDONED))
"""Kinds that only a page's script sends. Suggestions are also shown to readers without one, who ask for them."""


@dataclass(frozen=True, slots=True)
class Reading:
    """An article the visitor really read: 10 seconds visible or scrolled past half, as the page reported."""

    slug: str
    at: datetime
    digest: str | None = None
    is_inferred: bool = False
    """Without JavaScript: the visitor did nothing else for 10 seconds after opening it, and then something."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit, and what happened in it."""

    visitor: str
    ids: frozenset[str]
    """The ids its events carry: usually one."""
    events: tuple[EventRow, ...]
    """In order; no more than a machine's limit."""
    started_at: datetime
    ended_at: datetime
    intents: tuple[Intent, ...]
    readings: tuple[Reading, ...]
    """In order; an article read twice stands there twice."""
    form_opened_at: datetime | None
    has_confirmed: bool
    """Said "this solved it" and did not take it back."""
    has_sent: bool
    """A ticket was filed in it."""
    is_automated: bool = False

    @property
    def has_form(self) -> bool:
        """Whether the request form was opened."""
        return self.form_opened_at is not None

    @property
    def has_support_act(self) -> bool:
        """Whether help was sought: a search, an article read, or the form opened."""
        return bool(self.intents or self.readings or self.has_form)

    @property
    def sought_knowledge_at(self) -> datetime | None:
        """When the first search or reading happened; None for a visit that only opened the form."""
        return min((*(intent.started_at for intent in self.intents), *(reading.at for reading in self.readings)), default=None)

    @property
    def read_after_form(self) -> bool:
        """Whether an article was read once the form was open."""
        return self.form_opened_at is not None and any(reading.at >= self.form_opened_at for reading in self.readings)


def visits(rows: Iterable[EventRow]) -> Iterator[Visit]:
    """Every visit in `rows`, which come in the order of visitor and time. An id kept beyond 30 idle minutes is two visits."""
    kept: list[EventRow] = []
    last: EventRow | None = None
    count = 0
    for row in rows:
        if last is not None and (row.visitor != last.visitor or row.at - last.at > GAP):
            yield _visit(kept, last, count)
            kept, count = [], 0
        if count < MOST_EVENTS:
            kept.append(row)
        last, count = row, count + 1
    if last is not None:
        yield _visit(kept, last, count)


def _visit(events: list[EventRow], last: EventRow, count: int) -> Visit:
    is_scripted = any(event.kind in SCRIPTED for event in events)
    sent = next((event.at for event in events if event.kind == Kind.TICKET_CREATED), None)
    opened = next((event.at for event in events if event.kind == Kind.FORM_OPEN), sent)
    return Visit(
        visitor=last.visitor,
        ids=frozenset(event.visit for event in events if event.visit),
        events=tuple(events),
        started_at=events[0].at,
        ended_at=last.at,
        intents=intents(events, is_scripted=is_scripted),
        readings=tuple(_reported(events) if is_scripted else _inferred(events)),
        form_opened_at=opened,
        has_confirmed=_has_confirmed(events),
        has_sent=sent is not None,
        is_automated=count > MOST_EVENTS,
    )


def _reported(events: list[EventRow]) -> Iterator[Reading]:
    for event in events:
        if event.kind == Kind.ARTICLE_ENGAGED and event.slug:
            yield Reading(event.slug, event.at, event.digest)


def _inferred(events: list[EventRow]) -> Iterator[Reading]:
    for event, following in pairwise(events):
        if event.kind == Kind.ARTICLE_VIEW and event.slug and following.at - event.at >= ENGAGED_AFTER:
            yield Reading(event.slug, event.at, event.digest, is_inferred=True)


def _has_confirmed(events: list[EventRow]) -> bool:
    said = [event.kind for event in events if event.kind in (Kind.DEFLECT_CONFIRMED, Kind.DEFLECT_WITHDRAWN)]
    return bool(said) and said[-1] == Kind.DEFLECT_CONFIRMED
