"""Lines for `_search.yml` from what visitors did: searches that failed, and the words or the article that helped after all."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from search.query.rules import SearchRules, Words
from search.text.stemmer import stem
from search.text.stop_words import stop_words
from search.text.tokenizer import words
from tickets.deflection.days.day import count_day, spans
from tickets.deflection.visits.intents import Intent
from tickets.deflection.visits.outcomes import Judged, Outcome

MOST_WORDS = 3
"""Words of a name: of longer ones the most have nothing to do with what helped."""
MOST_PINNED_WORDS = 6
SOON = timedelta(minutes=10)
"""How long after a failed search another one still asks for the same."""
MOST_LINES = 50


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A line to review."""

    name: Words
    """What was typed, folded."""
    other: str
    """What it may also be called, or the slug of the article."""
    visitors: int
    """People for whom it would have helped."""


@dataclass(slots=True)
class SynonymSuggestions:
    """What the visits of a period suggest, and what it was drawn from."""

    first: date
    last: date
    searches: int = 0
    failed: int = 0
    """Searches without a click."""
    to_ticket: int = 0
    """Of those, the ones whose visit ended in a ticket."""
    reworded: int = 0
    """Failed searches after which other words led to an article."""
    solved: int = 0
    """Failed searches after which the visitor said that an article solved it."""
    synonyms: tuple[Suggestion, ...] = ()
    pins: tuple[Suggestion, ...] = ()


@dataclass(slots=True)
class _Seen:
    """Visitors by what they typed and what helped."""

    synonyms: dict[tuple[Words, Words], set[str]] = field(default_factory=lambda: defaultdict(set))
    pins: dict[tuple[Words, str], set[str]] = field(default_factory=lambda: defaultdict(set))


def suggest_synonyms(
    session: Session, start: datetime, end: datetime, as_of: datetime, rules: SearchRules, *, locale: str, least_visitors: int
) -> SynonymSuggestions:
    """Return what the visits in [`start`, `end`) suggest, for what at least so many visitors did and the site's rules lack; `locale` is the site's."""
    found, seen = SynonymSuggestions(start.date(), (end - timedelta(microseconds=1)).date()), _Seen()

    def watch(judged: Judged) -> None:
        if judged.outcome is not None:
            _watch(judged, found, seen, locale)

    for begin, until in spans(start, end):
        count_day(session, begin, until, as_of, watch)
    synonyms = [Suggestion(name, " ".join(other), len(by)) for (name, other), by in seen.synonyms.items() if other not in rules.synonyms.get(name, ())]
    pins = [Suggestion(query, slug, len(by)) for (query, slug), by in seen.pins.items() if query not in rules.pins]
    found.synonyms, found.pins = (_of_most([one for one in some if one.visitors >= least_visitors]) for some in (synonyms, pins))
    return found


def as_yaml(found: SynonymSuggestions) -> str:
    """Return the suggestions as lines for `_search.yml`, with what they are drawn from as comments."""
    lines = [
        f"# {found.first} to {found.last}: {found.searches} searches, {found.failed} of them without a click, {found.to_ticket} of those before a ticket.",
        f"# After {found.reworded} of the failed ones other words led to an article; after {found.solved} the visitor said that an article solved it.",
    ]
    if not (found.synonyms or found.pins):
        return "\n".join([*lines, "# No line to suggest: too few visitors did the same."])
    lines.append("# Review each line before you copy it to _search.yml: a synonym that is not quite one spoils other searches.")
    for key, some in (("synonyms", found.synonyms), ("pins", found.pins)):
        if some:
            lines += [f"{key}:", *(f"  - {_line(key, one)}  # {one.visitors} visitors" for one in some)]
    return "\n".join(lines)


def _of_most(some: list[Suggestion]) -> tuple[Suggestion, ...]:
    return tuple(sorted(some, key=lambda one: (-one.visitors, one.name, one.other))[:MOST_LINES])


def _line(key: str, one: Suggestion) -> str:
    typed = " ".join(one.name)
    if key == "synonyms":
        return json.dumps(f"{typed} -> {one.other}", ensure_ascii=False)
    return f"{{query: {json.dumps(typed, ensure_ascii=False)}, article: {json.dumps(one.other, ensure_ascii=False)}}}"


def _watch(judged: Judged, found: SynonymSuggestions, seen: _Seen, locale: str) -> None:
    visit = judged.visit
    helped = [] if judged.outcome is Outcome.TICKET else [intent for intent in visit.intents if intent.has_hits and intent.clicked_rank is not None]
    for intent in visit.intents:
        if intent.degraded or not intent.is_settled:
            continue
        found.searches += 1
        if intent.has_hits and intent.clicked_rank is not None:
            continue
        found.failed += 1
        found.to_ticket += judged.outcome is Outcome.TICKET
        later = next((one for one in helped if timedelta(0) <= one.started_at - intent.ended_at <= SOON), None)
        if later is not None:
            found.reworded += 1
            if names := _names(intent, later, intent.locale or locale):
                seen.synonyms[names].add(visit.visitor)
        elif visit.confirmed and judged.outcome is not Outcome.TICKET:
            found.solved += 1
            query = tuple(words(intent.query))
            if len(visit.confirmed) == 1 and 0 < len(query) <= MOST_PINNED_WORDS:
                seen.pins[query, next(iter(visit.confirmed))].add(visit.visitor)


def _names(failed: Intent, helped: Intent, locale: str) -> tuple[Words, Words] | None:
    """Return the words in which two searches differ, as far as they tell; None where these are too many or do not stand together."""
    before, after = words(failed.query), words(helped.query)
    own, other = (tuple(_own_words(some, beside, locale)) for some, beside in ((before, after), (after, before)))
    if not (0 < len(own) <= MOST_WORDS and 0 < len(other) <= MOST_WORDS):
        return None
    return (own, other) if _stands_together(own, before) and _stands_together(other, after) else None


def _own_words(some: Sequence[str], beside: Sequence[str], locale: str) -> Iterator[str]:
    stops, held = stop_words(locale), {stem(word, locale) for word in beside}
    return (word for word in dict.fromkeys(some) if word not in stops and stem(word, locale) not in held)


def _stands_together(name: Words, typed: Sequence[str]) -> bool:
    return any(tuple(typed[at : at + len(name)]) == name for at in range(len(typed) - len(name) + 1))
