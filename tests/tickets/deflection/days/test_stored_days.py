"""Stored days: whatever happened, and whenever they were counted, they say what counting all raw events anew says."""

import random
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import delete, func, insert, select, update

from kb.config import Settings
from kb.db import Database
from kb.events.models import Event, EventCount
from tests.tickets.deflection.script import (
    DAY,
    HOUR,
    LATER,
    MINUTE,
    NOON,
    Log,
    click,
    confirm,
    engaged,
    form,
    left_form,
    script,
    search,
    sent,
    view,
    vote,
    withdraw,
)
from tickets.deflection.days.day import midnight
from tickets.deflection.days.rebuild import rebuild_days
from tickets.deflection.days.stored_days import Pace, count_and_store, first_unsettled, refresh
from tickets.deflection.jobs import AT_ONCE, KIND, ask_to_count, forget_events, handlers
from tickets.deflection.models import FirstView, ReportDay, ReportMonth, ReportVisit
from tickets.deflection.period import Period
from tickets.deflection.report import Report, judged_visits, report
from tickets.deflection.report_reader import read_report
from tickets.models import Ticket, TicketArticle

SETTINGS = Settings().model_copy(update={"report_wait_s": 3600, "report_reuse_minutes": 0})
"""No day is left uncounted, and none is shown from before, because this machine is slow."""
PERIOD_DAYS = 40
START = midnight(NOON.date() - timedelta(days=5))
ALL = Pace(budget_s=60, reuse=timedelta(0))
SLUGS, WORDS = ["blink", "wifi", "reset"], ["warp drive", "copy of an invoice", "invoice copies", "blink led", "blink leds", "wifi"]


def read(log: Log, as_of: datetime, *, days: int = PERIOD_DAYS, start: datetime = START, settings: Settings = SETTINGS) -> Report:
    """The report from stored days, as it is opened at `as_of`."""
    return read_report(log.database, settings, Period(start, start + timedelta(days=days), as_of))


def count_anew(log: Log, as_of: datetime, *, days: int = PERIOD_DAYS, start: datetime = START) -> Report:
    with log.database.read() as session:
        return report(session, start, start + timedelta(days=days), as_of)


def stored(log: Log) -> dict[date, ReportDay]:
    with log.database.read() as session:
        return {row.day: row for row in session.scalars(select(ReportDay).order_by(ReportDay.day))}


def months_stored(log: Log) -> list[date]:
    with log.database.read() as session:
        return list(session.scalars(select(ReportMonth.month)))


class History:
    """A month of random doings, tickets and sign-ins; the same for the same seed."""

    def __init__(self, log: Log, seed: int) -> None:
        self.log, self.random = log, random.Random(seed)
        self.tickets = 0

    def go_on(self, day: int) -> None:
        """What happens on one day, and what comes late for days before."""
        for number in range(self.random.randrange(6)):
            self._visit(day, f"v{self.random.randrange(12)}", f"visit-{day}-{number}")
        for _ in range(self.random.randrange(3)):
            self._mail(day * DAY + self.random.randrange(DAY) - 12 * HOUR)
        self.come_late(day)

    def come_late(self, day: int) -> None:
        """What is stored on that day and changes days before."""
        if self.random.random() < 0.25:
            self._mail((day - self.random.randrange(1, 12)) * DAY + self.random.randrange(DAY))
        if self.random.random() < 0.3:
            self._release_or_hold()
        if self.random.random() < 0.3:
            self._solve(day)

    def _visit(self, day: int, who: str, visit: str) -> None:
        at = day * DAY + self.random.choice([self.random.randrange(DAY), 11.9 * HOUR, 12.1 * HOUR]) - 12 * HOUR
        steps: list[Any] = []
        for _ in range(self.random.randrange(1, 9)):
            at += self.random.choice([1, 5, 20, 90, 20 * MINUTE])
            slug, words = self.random.choice(SLUGS), self.random.choice(WORDS)
            hits = self.random.sample(SLUGS, self.random.randrange(3))
            steps.append(
                self.random.choice(
                    [
                        search(at, words, hits=hits, has_cookie=False),
                        search(at, words, hits=hits, has_cookie=True, degraded=self.random.random() < 0.1),
                        click(at, slug, 1, words),
                        view(at, slug),
                        engaged(at, slug),
                        vote(at, slug, self.random.choice(["yes", "no"])),
                        form(at),
                        confirm(at, slug),
                        withdraw(at, slug),
                        left_form(at),
                        script(at),
                        (at, "signed_in", {"user_id": self.log.person(f"p{self.random.randrange(6)}"), "value": self.random.choice([None, None, "staff"])}),
                        sent(at, 1),
                    ]
                )
            )
        self.log.visit(who, *steps, visit=visit)
        if self.random.random() < 0.3:
            self.log.ticket(at + 5, f"p{self.random.randrange(6)}", visit=visit, visitor=who, **self._held())

    def _mail(self, at: float) -> None:
        self.log.ticket(at, f"p{self.random.randrange(6)}", via="email", **self._held())

    def _held(self) -> dict[str, Any]:
        return {"suspended_reason": "too fast"} if self.random.random() < 0.2 else {}

    def _release_or_hold(self) -> None:
        with self.log.database.write() as session:
            ids = list(session.scalars(select(Ticket.id)))
            if ids:
                reason = self.random.choice([None, None, "spam"])
                session.execute(update(Ticket).where(Ticket.id == self.random.choice(ids)).values(suspended_reason=reason))

    def _solve(self, day: int) -> None:
        with self.log.database.write() as session:
            ids = list(session.scalars(select(Ticket.id).where(Ticket.status == "new")))
            if ids:
                ticket, at = self.random.choice(ids), NOON + timedelta(days=day)
                session.execute(update(Ticket).where(Ticket.id == ticket).values(status="solved", solved_at=at))
                session.add(TicketArticle(ticket_id=ticket, relation="linked", slug=self.random.choice(SLUGS), title="A", created_at=at))


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 7))])
def test_stored_days_say_what_counting_anew_says_at_any_time(log: Log, seed: int) -> None:
    history = History(log, seed)
    for day in range(24):
        history.go_on(day)
        if history.random.random() < 0.6:
            as_of = NOON + timedelta(days=day, hours=history.random.randrange(12))
            assert read(log, as_of) == count_anew(log, as_of)
    for later in (0, 1, 3, 8, 20, 21):
        as_of = NOON + timedelta(days=24 + later, hours=5)
        assert read(log, as_of) == count_anew(log, as_of)
        history.come_late(24 + later)
    assert read(log, as_of) == count_anew(log, as_of)
    assert months_stored(log) == [date(2026, 3, 1)], "March was summed up anew"
    with time_machine.travel(as_of, tick=False):
        before = stored(log)
        done = rebuild_days(log.database, None, None, lambda _done, _of: None)
    assert (done.days > 20, done.changed) == (True, ())
    assert {day: (row.counts, row.articles, row.clusters, row.requesters) for day, row in before.items()} == {
        day: (row.counts, row.articles, row.clusters, row.requesters) for day, row in stored(log).items() if day in before
    }


@pytest.mark.parametrize("seed", [11, 12])
def test_the_sum_of_days_is_what_one_look_at_everything_says(log: Log, seed: int) -> None:
    """Counted by another way: all visits at once, without days."""
    history = History(log, seed)
    for day in range(12):
        history.go_on(day)
    as_of = NOON + timedelta(days=40)
    found = read(log, as_of)
    with log.database.read() as session:
        listed = judged_visits(session, START, START + timedelta(days=PERIOD_DAYS), as_of)
        visits_stored = session.scalar(select(func.count()).select_from(ReportVisit))
    with_outcome = [one for one in listed if one.outcome]
    assert found.visits.visits == len(with_outcome) == visits_stored
    assert sum(found.visits.left_out.values()) == len(listed) - len(with_outcome)
    assert sum(week.form_deflection.of for week in found.weeks) == found.visits.form_visits


def test_a_day_is_counted_once_it_is_over_and_once_more_after_a_week(log: Log) -> None:
    log.visit("ann", search(0, "warp drive"), form(10), user="ann")
    log.ticket(3 * DAY, "ann", via="email")
    looks = []
    for hours in range(0, 12 * 24, 6):
        read(log, NOON + timedelta(hours=hours))
        looks.append(stored(log)[NOON.date()].as_of)
    # Over at noon, and from then on at most once more, when everybody of that day has been away for a week.
    assert sorted(set(looks)) == [NOON + timedelta(hours=hours) for hours in (0, 6, 12, 18, 24, 30, 36, 42, 204)]


def test_what_is_settled_is_not_read_again(log: Log) -> None:
    log.visit("ann", search(0, "warp drive"))
    first = read(log, LATER)
    with log.database.write() as session:
        session.execute(delete(Event))
    assert read(log, LATER + timedelta(days=1)).visits == first.visits


@pytest.mark.parametrize("late", [2 * HOUR, 23 * HOUR])
@pytest.mark.parametrize("as_of", [LATER, LATER + timedelta(days=20)], ids=["a settled day", "a month that was summed up"])
def test_a_ticket_that_is_stored_late_corrects_its_day(log: Log, late: float, as_of: datetime) -> None:
    log.visit("ann", form(0), engaged(30, "blink"), user="ann")
    log.visit("first of the month", search(-DAY, "blink"))
    assert read(log, as_of).visits.outcomes["form_left_after_reading"] == 1
    assert len(months_stored(log)) == (as_of > LATER)
    log.ticket(late, "ann", via="email")
    corrected = read(log, as_of + timedelta(hours=1))
    assert (corrected.visits.outcomes["form_left_after_reading"], corrected.visits.outcomes["ticket"]) == (0, 1)


def test_a_released_request_corrects_its_day(log: Log) -> None:
    log.visit("ann", form(0), sent(60, 1))
    ticket = log.ticket(60, "ann", visit="visit-ann", visitor="ann", suspended_reason="too fast")
    assert read(log, LATER).visits.left_out["held"] == 1
    with log.database.write() as session:
        session.execute(update(Ticket).where(Ticket.id == ticket).values(suspended_reason=None))
    assert read(log, LATER).visits.outcomes["ticket"] == 1


def test_a_page_that_waits_no_longer_says_how_many_days_are_due(log: Log) -> None:
    log.visit("ann", search(0, "warp drive"))
    impatient = SETTINGS.model_copy(update={"report_wait_s": 0.000_001})
    period = Period(START, START + timedelta(days=PERIOD_DAYS), LATER)
    left = [read_report(log.database, impatient, period).days_due for _ in range(3)]
    assert left[0] > left[1] > left[2] > 20
    assert read(log, LATER).days_due == 0


def test_days_counted_by_older_definitions_are_counted_again_while_their_events_are_there(log: Log) -> None:
    log.visit("ann", search(0, "warp drive"))
    for day in range(5):
        log.visit(f"bob{day}", search(day * DAY, "warp drive"))
    read(log, LATER)
    with log.database.write() as session:
        session.execute(update(ReportDay).values(definitions="1"))
    assert read(log, LATER).older_until is None
    with log.database.write() as session:
        session.execute(update(ReportDay).values(definitions="1"))
        session.execute(delete(Event).where(Event.at < NOON + timedelta(days=2)))
    assert read(log, LATER).older_until == NOON.date() + timedelta(days=3)
    assert read(log, LATER).visits.visits == 6


def test_costly_days_that_are_not_over_are_not_counted_for_each_reader(log: Log) -> None:
    log.visit("ann", search(0, "warp drive"))
    read(log, NOON + timedelta(hours=1))
    with log.database.write() as session:
        session.execute(update(ReportDay).values(took_ms=900))
    settings = SETTINGS.model_copy(update={"report_reuse_minutes": 75})
    soon = read(log, NOON + timedelta(hours=2), settings=settings)
    assert soon.as_of == NOON + timedelta(hours=1)
    assert read(log, NOON + timedelta(hours=3), settings=settings).as_of == NOON + timedelta(hours=3)


def test_two_who_count_the_same_day_at_once_store_it_once(log: Log) -> None:
    log.visit("ann", search(0, "warp drive"))
    count_and_store(log.database, NOON.date(), LATER)
    count_and_store(log.database, NOON.date(), LATER - timedelta(days=20))
    assert stored(log)[NOON.date()].as_of == LATER, "what is newer stays"
    with log.database.read() as session:
        assert session.scalar(select(func.count()).select_from(ReportVisit)) == 1


def test_the_worker_counts_what_is_due_and_then_rests(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tickets.deflection.jobs.AT_ONCE", replace(AT_ONCE, budget_s=3600))
    for day in range(20):
        log.visit(f"ann{day}", search(day * DAY, "warp drive"))
    with time_machine.travel(LATER, tick=True):
        count = handlers(log.database)[KIND]
        count(None)  # type: ignore[arg-type]
        assert len(stored(log)) == 31
        with log.database.read() as session:
            assert session.scalars(select(ReportDay).where(ReportDay.is_closed.is_(False))).all() != []
        assert refresh(log.database, START.date(), LATER.date(), LATER + timedelta(minutes=1), AT_ONCE) == []


def test_the_worker_is_asked_once(database: Database) -> None:
    from kb.jobs.models import OutboxJob

    for _ in range(3):
        with database.write() as session:
            ask_to_count(session, NOON)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(OutboxJob).where(OutboxJob.kind == KIND)) == 1


def test_events_are_kept_until_their_day_is_counted_for_good(log: Log) -> None:
    for day in range(30):
        log.visit(f"ann{day}", search(day * DAY, "warp drive"))
    brief = SETTINGS.model_copy(update={"event_retention_days": 8})
    as_of = NOON + timedelta(days=30)

    def oldest() -> datetime | None:
        with log.database.write() as session:
            forget_events(session, brief, as_of)
        with log.database.read() as session:
            return session.scalar(select(func.min(Event.at)))

    assert oldest() == NOON, "nothing was counted yet"
    before = read(log, as_of)
    assert (oldest() or NOON).date() == as_of.date() - timedelta(days=10)
    assert read(log, as_of) == before
    with log.database.read() as session:
        assert first_unsettled(session, as_of) == as_of.date() - timedelta(days=8)
        assert session.scalar(select(func.min(ReportVisit.started_at))) == as_of - timedelta(days=10)


def test_a_log_that_is_nearly_full_forgets_its_oldest_days_first(log: Log) -> None:
    for day in range(30):
        log.visit(f"ann{day}", search(day * DAY, "warp drive"), search(day * DAY + 50, "invoice"))
    with log.database.write() as session:
        session.execute(insert(EventCount), [{"day": NOON.date() + timedelta(days=day), "stored": 2} | dict.fromkeys(DROPPED, 0) for day in range(30)])
    as_of = NOON + timedelta(days=30)
    read(log, as_of)
    with log.database.write() as session:
        forget_events(session, SETTINGS.model_copy(update={"events_max": 50}), as_of)
    with log.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Event)) == 44
        assert session.scalar(select(func.sum(EventCount.stored))) == 44


DROPPED = ("dropped_visitor", "dropped_address", "dropped_day", "dropped_full", "dropped_waiting")


def test_a_ticket_is_avoidable_by_what_was_viewed_before_the_events_were_forgotten(log: Log) -> None:
    log.visit("ann", view(0, "blink"), view(20, "wifi"))
    read(log, LATER)
    with log.database.write() as session:
        session.execute(delete(Event))
    ticket = log.ticket(DAY, "bob", status="solved", solved_at=NOON + timedelta(days=2))
    with log.database.write() as session:
        session.add(TicketArticle(ticket_id=ticket, relation="linked", slug="blink", title="Blink", created_at=NOON))
    assert read(log, LATER).tickets.avoidable.count == 1
    with log.database.read() as session:
        assert dict(session.execute(select(FirstView.slug, FirstView.at)).all()) == {"blink": NOON, "wifi": NOON + timedelta(seconds=20)}
