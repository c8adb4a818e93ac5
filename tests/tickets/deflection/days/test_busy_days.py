"""Days with many visits: the worker counts them, so that nobody waits for the report."""

from datetime import timedelta

import time_machine
from sqlalchemy import func, select

from kb.config import Settings
from kb.db import now
from kb.jobs.models import OutboxJob
from kb.jobs.worker import Worker
from tests.tickets.deflection.script import DAY, LATER, NOON, Log, search
from tickets.deflection.days.day import midnight
from tickets.deflection.jobs import KIND, handlers
from tickets.deflection.period import Period
from tickets.deflection.report import Report
from tickets.deflection.report_reader import read_report, run

SETTINGS = Settings().model_copy(update={"report_wait_s": 3600, "report_reuse_minutes": 0})
START = midnight(NOON.date() - timedelta(days=5))


def read(log: Log, settings: Settings) -> Report:
    with time_machine.travel(LATER, tick=False):
        return read_report(log.database, settings, Period(START, START + timedelta(days=40), LATER))


def test_a_busy_day_is_left_to_the_worker(log: Log) -> None:
    for number in range(9):
        log.visit(f"ann{number}", search(number, "warp drive"))
    log.visit("bob", search(DAY, "warp drive"))
    settings = SETTINGS.model_copy(update={"report_events_at_once": 8})
    quick = read(log, settings)
    assert (quick.days_due > 0, quick.visits.visits) == (True, 1), "the quiet days are there"
    with log.database.read() as session:
        assert session.scalar(select(func.count()).select_from(OutboxJob).where(OutboxJob.kind == KIND)) == 1
    with time_machine.travel(LATER, tick=True):
        worker = Worker(log.database, handlers(log.database))
        while worker.run_once(now()):
            pass
    counted = read(log, settings)
    assert (counted.days_due, counted.visits.visits) == (0, 10)


def test_a_reader_counts_days_until_their_events_are_too_many_together(log: Log) -> None:
    for day in range(6):
        for number in range(3):
            log.visit(f"ann{day}-{number}", search(day * DAY + number, "warp drive"))
    settings = SETTINGS.model_copy(update={"report_events_at_once": 7})
    found = read(log, settings)
    assert found.visits.visits == 6, "the last two days, with six events"
    assert found.days_due == 4


def test_the_terminal_counts_busy_days_itself(log: Log) -> None:
    for number in range(9):
        log.visit(f"ann{number}", search(number, "warp drive"))
    settings = SETTINGS.model_copy(update={"report_events_at_once": 0})
    with time_machine.travel(LATER, tick=False):
        found = run(log.database, settings, str(START.date()), str(LATER.date()))
    assert (found.days_due, found.visits.visits) == (0, 9)
