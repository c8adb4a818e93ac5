"""Visits: one visitor's events with gaps of at most 30 minutes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from kb.events.models import Kind
from tickets.deflection.queries import EventRow
from tickets.deflection.visits.intents import Intent, intents

GAP = timedelta(minutes=30)
ENGAGED_AFTER = timedelta(seconds=10)
MOST_EVENTS = 1000
"""A visit with more is a machine's."""
MOST_IN_A_MINUTE = 100
"""No person does more."""
MINUTE = timedelta(minutes=1)
SCRIPTED = frozenset((Kind.SCRIPT_RAN, Kind.ARTICLE_ENGAGED, Kind.SEARCH_CLICK, Kind.SUGGEST_CLICK, Kind.FORM_ABANDONED))
"""Kinds that only a page's script sends. Suggestions are also shown to readers without one, who ask for them."""

SHOWS_FORM = frozenset((Kind.FORM_OPEN, Kind.DEFLECT_WITHDRAWN))
"""Taking "this solved it" back shows the form again."""


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
    confirmed: frozenset[str] | None
    """Slugs of the articles said to have solved it; empty once that was taken back, None when nothing was said."""
    has_sent: bool
    """A ticket was filed in it."""
    is_automated: bool = False
    is_person: bool = True
    """Whether a script ran or a cookie came back, as browsers do."""

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
    opened = next((event.at for event in events if event.kind in SHOWS_FORM), sent)
    return Visit(
        visitor=last.visitor,
        ids=frozenset(event.visit for event in events if event.visit),
        events=tuple(events),
        started_at=events[0].at,
        ended_at=last.at,
        intents=intents(events, is_scripted=is_scripted),
        readings=tuple(_reported(events) if is_scripted else _inferred(events)),
        form_opened_at=opened,
        confirmed=_confirmed(events),
        has_sent=sent is not None,
        is_automated=count > MOST_EVENTS or _is_too_quick(events),
        is_person=is_scripted or sent is not None or any(event.has_cookie is not False for event in events),
    )


def _reported(events: list[EventRow]) -> Iterator[Reading]:
    for event in events:
        if event.kind == Kind.ARTICLE_ENGAGED and event.slug:
            yield Reading(event.slug, event.at, event.digest)


def _inferred(events: list[EventRow]) -> Iterator[Reading]:
    for event, following in pairwise(events):
        if event.kind == Kind.ARTICLE_VIEW and event.slug and following.at - event.at >= ENGAGED_AFTER:
            yield Reading(event.slug, event.at, event.digest, is_inferred=True)


def _confirmed(events: list[EventRow]) -> frozenset[str] | None:
    said = [event for event in events if event.kind in (Kind.DEFLECT_CONFIRMED, Kind.DEFLECT_WITHDRAWN)]
    if not said:
        return None
    # Whoever took back the last of them was not helped by the others either.
    is_taken_back = said[-1].kind == Kind.DEFLECT_WITHDRAWN
    return frozenset() if is_taken_back else frozenset(event.slug or "" for event in said if event.kind == Kind.DEFLECT_CONFIRMED)


def _is_too_quick(events: list[EventRow]) -> bool:
    return any(later.at - earlier.at < MINUTE for earlier, later in zip(events, events[MOST_IN_A_MINUTE:], strict=False))
