"""A visit step by step, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from kb.events.models import Kind
from kb.i18n import N_, ngettext, pgettext
from kb.i18n import gettext as _
from tickets.deflection.queries import EventRow
from tickets.deflection.visits.visits import Visit

MOST_STEPS = 100
WORDS = {
    Kind.SEARCH: N_("Searched for"),
    Kind.SEARCH_CLICK: N_("Selected a result"),
    Kind.ARTICLE_VIEW: N_("Opened"),
    Kind.VOTE_REASON: N_("Gave a reason"),
    Kind.FORM_OPEN: N_("Opened the request form"),
    Kind.SUGGEST_SHOWN: N_("Saw suggestions"),
    Kind.SUGGEST_CLICK: N_("Opened a suggestion"),
    Kind.DEFLECT_CONFIRMED: N_("Said “this solved it”"),
    Kind.DEFLECT_WITHDRAWN: N_("Took “this solved it” back"),
    Kind.FORM_ABANDONED: N_("Left without sending the form"),
    Kind.TICKET_CREATED: N_("Sent a request"),
    Kind.SIGNED_IN: N_("Signed in"),
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
    found = [_step(list(same), titles) for _key, same in groupby(done, key=_what)]
    return found[:MOST_STEPS]


def _what(event: EventRow) -> tuple[str | None, ...]:
    return event.kind, event.query, event.slug, event.value


def _step(same: list[EventRow], titles: Mapping[str, str]) -> TimelineStep:
    event, slug = same[0], same[0].slug or ""
    return TimelineStep(event.at, _words(event), event.query or "", slug, titles.get(slug, slug), _note(event), event.ticket_id, len(same))


def _words(event: EventRow) -> str:
    if event.kind == Kind.ARTICLE_ENGAGED:
        return pgettext("past", "Read")
    if event.kind == Kind.VOTE:
        return _("Found helpful") if event.value == "yes" else _("Found not helpful")
    return _(WORDS[Kind(event.kind)]) if event.kind in WORDS else event.kind


def _note(event: EventRow) -> str:
    if event.kind == Kind.SEARCH:
        hits = event.hit_count if event.hit_count is not None else len(event.hits or ())
        if not hits:
            found = _("no results")
        elif event.answered is False:
            found = ngettext("%(num)s result, probably no answer", "%(num)s results, probably no answer", hits)
        else:
            found = ngettext("%(num)s result", "%(num)s results", hits)
        return _("%(results)s, during an outage", results=found) if event.degraded else found
    if event.kind in (Kind.SEARCH_CLICK, Kind.SUGGEST_CLICK) and event.rank:
        return _("position %(rank)s", rank=event.rank)
    return (event.value or "") if event.kind == Kind.VOTE_REASON else ""
