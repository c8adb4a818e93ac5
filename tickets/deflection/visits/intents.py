"""Search intents: the searches of a visit, with keystrokes and corrections joined into what was wanted."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import zip_longest

from rapidfuzz.distance import OSA

from kb.events.models import Kind
from tickets.deflection.queries import EventRow

SAME_THOUGHT = timedelta(seconds=3)
REFINED_WITHIN = timedelta(seconds=60)
SHORT_CHARS = 8


@dataclass(frozen=True, slots=True)
class Intent:
    """One thing searched for, as last put."""

    query: str
    started_at: datetime
    ended_at: datetime
    """Of the last query."""
    locale: str
    hit_count: int
    answered: bool | None
    degraded: bool
    clicked_rank: int | None
    """Of the first hit clicked, from 1; None when none was."""
    is_settled: bool = True
    """False for a hit chosen while typing: such searches are known only by their clicks, so no rate counts them."""
    is_refined: bool = False
    """Whether another intent followed within 60 s."""

    @property
    def has_hits(self) -> bool:
        """Whether anything was found."""
        return self.hit_count > 0

    @property
    def is_unanswered(self) -> bool:
        """Whether nothing was found, or the engine itself did not believe in what it found."""
        return not self.has_hits or self.answered is False


def intents(events: Iterable[EventRow], *, is_scripted: bool) -> tuple[Intent, ...]:
    """The intents of one visit, in order. `is_scripted`: whether its pages could report clicks themselves."""
    metric_groups: list[list[EventRow]] = []
    for event in events:
        if event.kind == Kind.SEARCH and (not metric_groups or not _continues(metric_groups[-1], event)):
            metric_groups.append([event])
        elif metric_groups and event.kind in (Kind.SEARCH, Kind.SEARCH_CLICK, Kind.ARTICLE_VIEW):
            metric_groups[-1].append(event)
        elif event.kind == Kind.SEARCH_CLICK and event.query:
            metric_groups.append([event])
    found = [_intent(group, is_scripted) for group in metric_groups]
    return tuple(_with_refinement(intent, following) for intent, following in zip_longest(found, found[1:]))


def _continues(group: list[EventRow], event: EventRow) -> bool:
    last = _last_query(group)
    return event.at - last.at <= SAME_THOUGHT or is_same_thought(last.query or "", event.query or "")


def is_same_thought(before: str, after: str) -> bool:
    """Whether one query is a prefix or a small edit of the other: one slip under eight characters, two from there on."""
    one, other = _folded(before), _folded(after)
    if one.startswith(other) or other.startswith(one):
        return one == other or bool(one and other)
    return OSA.distance(one, other) <= (1 if min(len(one), len(other)) < SHORT_CHARS else 2)


def _folded(query: str) -> str:
    return " ".join(query.casefold().split())


def _last_query(group: list[EventRow]) -> EventRow:
    return next((event for event in reversed(group) if event.kind == Kind.SEARCH), group[0])


def _intent(group: list[EventRow], is_scripted: bool) -> Intent:
    last = _last_query(group)
    is_settled = last.kind == Kind.SEARCH
    hit_count = last.hit_count if last.hit_count is not None else len(last.hits or ())
    return Intent(
        query=last.query or "",
        started_at=group[0].at,
        ended_at=last.at,
        locale=last.locale,
        hit_count=hit_count if is_settled else 1,
        answered=last.answered,
        degraded=any(bool(event.degraded) for event in group),
        clicked_rank=_clicked_rank(group, is_scripted),
        is_settled=is_settled,
    )


def _clicked_rank(group: list[EventRow], is_scripted: bool) -> int | None:
    """Rank of the first click. Without JavaScript, reading an article that the search before it listed is the click."""
    hits: list[str] = []
    for event in group:
        if event.kind == Kind.SEARCH:
            hits = event.hits or []
        elif event.kind == Kind.SEARCH_CLICK:
            return event.rank or (hits.index(event.slug) + 1 if event.slug in hits else 1)
        elif not is_scripted and event.slug in hits:
            return hits.index(event.slug) + 1
    return None


def _with_refinement(intent: Intent, following: Intent | None) -> Intent:
    if following is None or following.started_at - intent.ended_at > REFINED_WITHIN:
        return intent
    return replace(intent, is_refined=True)
