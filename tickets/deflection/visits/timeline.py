"""A visit told step by step: what happened when, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from kb.events.models import Kind
from tickets.deflection.queries import EventRow
from tickets.deflection.visits.visits import Visit

MOST_STEPS = 100
WORDS = {
    Kind.SEARCH: "Searched for",
    Kind.SEARCH_CLICK: "Chose a hit",
    Kind.ARTICLE_VIEW: "Opened",
    Kind.ARTICLE_ENGAGED: "Read",
    Kind.VOTE: "Voted",
    Kind.VOTE_REASON: "Gave a reason",
    Kind.FORM_OPEN: "Opened the request form",
    Kind.SUGGEST_SHOWN: "Was shown suggestions",
    Kind.SUGGEST_CLICK: "Opened a suggestion",
    Kind.DEFLECT_CONFIRMED: "Said “this solved it”",
    Kind.DEFLECT_WITHDRAWN: "Took “this solved it” back",
    Kind.FORM_ABANDONED: "Left the form unsent",
    Kind.TICKET_CREATED: "Filed a request",
    Kind.SIGNED_IN: "Signed in",
}


@dataclass(frozen=True, slots=True)
class TimelineStep:
    """One thing that happened, or the same thing several times in a row."""

    at: datetime
    words: str
    query: str = ""
    slug: str = ""
    title: str = ""
    note: str = ""
    ticket_id: int | None = None
    times: int = 1


def timeline(visit: Visit, titles: Mapping[str, str]) -> list[TimelineStep]:
    """The visit's events in order, repetitions taken together, at most 100."""
    done = (event for event in visit.events if event.kind != Kind.SCRIPT_RAN)
    found = [_step(list(same), titles) for _, same in groupby(done, key=_what)]
    return found[:MOST_STEPS]


def _what(event: EventRow) -> tuple[str | None, ...]:
    return event.kind, event.query, event.slug, event.value


def _step(same: list[EventRow], titles: Mapping[str, str]) -> TimelineStep:
    event, slug = same[0], same[0].slug or ""
    words = WORDS[Kind(event.kind)] if event.kind in WORDS else event.kind
    return TimelineStep(event.at, words, event.query or "", slug, titles.get(slug, slug), _note(event), event.ticket_id, len(same))


def _note(event: EventRow) -> str:
    if event.kind == Kind.SEARCH:
        hits = event.hit_count if event.hit_count is not None else len(event.hits or ())
        found = f"{hits} hit{'' if hits == 1 else 's'}" if hits else "nothing found"
        return found + (", not answered" if hits and event.answered is False else "") + (", during an outage" if event.degraded else "")
    if event.kind in (Kind.SEARCH_CLICK, Kind.SUGGEST_CLICK) and event.rank:
        return f"number {event.rank}"
    return event.value or ""
