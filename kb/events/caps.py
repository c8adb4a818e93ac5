"""Caps on what is recorded: what no person does is not stored, so that nobody can forge figures or fill the disk.

They are applied where events are stored, in the same transaction, and counted in the database: all processes share them.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

from sqlalchemy.orm import Session

from kb.config import Settings
from kb.events.models import Kind
from kb.events.queries import WITHDRAWN, Answer, Counts, count_events, events_stored, latest_answers
from kb.rate_limit.queries import count_hit
from kb.web.http.client_address import network

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ANSWERS = frozenset((Kind.FORM_OPEN, Kind.VOTE, Kind.VOTE_REASON, Kind.DEFLECT_CONFIRMED))
"""Kinds that decide figures: one address gives only so many of them in a day."""
ONCE = frozenset((Kind.VOTE, Kind.VOTE_REASON, Kind.DEFLECT_CONFIRMED, Kind.DEFLECT_WITHDRAWN, Kind.SCRIPT_RAN))
"""Kinds of which a repetition says nothing new."""


@dataclass(frozen=True, slots=True)
class Caps:
    """How many events are recorded at most; see the settings of the same names."""

    per_visitor_hour: int
    per_address_hour: int
    answers_per_address_day: int
    per_day: int
    in_all: int

    @classmethod
    def of(cls, settings: Settings) -> "Caps":
        """Return the caps that the settings name."""
        return cls(
            settings.events_per_visitor_hour,
            settings.events_per_address_hour,
            settings.answers_per_address_day,
            settings.events_per_day,
            settings.events_max,
        )


@dataclass(frozen=True, slots=True)
class Waiting:
    """One event that waits to be stored: its columns, and the address it came from, which is not stored."""

    row: dict[str, Any]
    address: str = ""

    @property
    def kind(self) -> str:
        """What happened."""
        return str(self.row["kind"])


def admit(session: Session, waiting: Sequence[Waiting], caps: Caps, key: bytes, now: datetime) -> list[dict[str, Any]]:
    """Return the rows to store, in order; what is dropped is counted by its reason in the counts of the day."""
    fresh = _without_repetitions(session, waiting)
    sieve = _Sieve(session, caps, key, now)
    sieve.drop("dropped_visitor", fresh, HOUR, caps.per_visitor_hour, lambda one: f"events:{one.row['visitor']}" if one.row["has_cookie"] else "")
    sieve.drop("dropped_address", fresh, HOUR, caps.per_address_hour, lambda one: sieve.bucket("events", one))
    sieve.drop("dropped_address", fresh, DAY, caps.answers_per_address_day, lambda one: sieve.bucket("answers", one) if one.kind in ANSWERS else "")
    kept = [one for one in fresh if id(one) not in sieve.dropped]
    return [one.row for one in sieve.within_totals(kept)]


@dataclass(slots=True)
class _Sieve:
    session: Session
    caps: Caps
    key: bytes
    now: datetime
    dropped: set[int] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)

    def bucket(self, name: str, one: Waiting) -> str:
        """The bucket of the address: a keyed digest, as no address is stored with what people do."""
        return f"{name}:{blake2b(network(one.address).encode(), key=self.key[:64], digest_size=12).hexdigest()}" if one.address else ""

    def drop(self, reason: str, events: Iterable[Waiting], window: timedelta, most: int, bucket_of: Callable[[Waiting], str]) -> None:
        """Counts each event that is left in its bucket, and drops those beyond `most`. Taking it back is never dropped: it lowers figures."""
        buckets: dict[str, list[Waiting]] = {}
        for one in events:
            if id(one) not in self.dropped and one.kind != Kind.DEFLECT_WITHDRAWN and (bucket := bucket_of(one)):
                buckets.setdefault(bucket, []).append(one)
        # In one order everywhere: processes that count in the same buckets wait for each other, and never in a circle.
        for bucket in sorted(buckets):
            inside = buckets[bucket]
            free = most - (count_hit(self.session, bucket, window=window, now=self.now, amount=len(inside)) - len(inside))
            over = inside[max(0, free) :]
            self.dropped.update(map(id, over))
            self.counts[reason] += len(over)

    def within_totals(self, kept: list[Waiting]) -> list[Waiting]:
        """What the day and the table still have room for; counts what is stored and what was dropped."""
        room = max(0, self.caps.in_all - events_stored(self.session))
        self.counts["dropped_full"] += len(kept[room:])
        kept = kept[:room]
        day = self.now.date()
        stored_today = count_events(self.session, day, Counts(stored=len(kept), **self.counts))
        if (over := min(len(kept), stored_today - self.caps.per_day)) > 0:
            kept = kept[: len(kept) - over]
            count_events(self.session, day, Counts(stored=-over, dropped_day=over))
        return kept


def _without_repetitions(session: Session, waiting: Sequence[Waiting]) -> list[Waiting]:
    """One vote and one "this solved it" count until they are changed: the same again says nothing."""
    visitors = {str(one.row["visitor"]) for one in waiting if one.kind in ONCE}
    latest = {answer.question: answer.words for answer in latest_answers(session, visitors, ONCE)} if visitors else {}
    found = []
    for one in waiting:
        if one.kind in ONCE:
            answer = Answer.of(one.kind, one.row)
            # What was never said cannot be taken back.
            if answer.words == latest.get(answer.question, WITHDRAWN):
                continue
            latest[answer.question] = answer.words
        found.append(one)
    return found
