"""A database that is away is a line of the log when it goes and when it is back, not one each second."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event, text

from kb.db import Database
from kb.jobs.outage_log import OutageLog
from kb.jobs.outbox import BELL
from kb.jobs.worker import Worker
from tests.faults.processes import wait_for

LOG = "deskbook.worker"


@contextmanager
def running(worker: Worker) -> Iterator[None]:
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join(120)


def hurried(condition: Callable[[], bool]) -> Callable[[], bool]:
    """The condition, with the worker woken each time it is looked at."""

    def looked_at() -> bool:
        BELL.set()
        return condition()

    return looked_at


def test_the_worker_says_once_that_the_outbox_is_away_and_once_that_it_is_back(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    tries: list[str] = []
    event.listen(database.engine, "handle_error", lambda context: tries.append(str(context.original_exception)))
    with database.write() as session:
        session.execute(text("ALTER TABLE outbox_jobs RENAME TO away"))
    with running(Worker(database, {})):
        wait_for(hurried(lambda: len(tries) >= 10), 120)
        with database.write() as session:
            session.execute(text("ALTER TABLE away RENAME TO outbox_jobs"))
        wait_for(hurried(lambda: "read again" in caplog.text), 120)
    said = [record for record in caplog.records if record.name == LOG and record.getMessage().startswith("the outbox")]
    assert [record.levelname for record in said] == ["ERROR", "WARNING"]
    assert "outbox_jobs" in said[0].getMessage()


def test_an_outage_that_lasts_is_said_again_at_growing_intervals(caplog: pytest.LogCaptureFixture) -> None:
    outage = OutageLog(logging.getLogger(LOG), "the outbox")
    for second in range(24 * 3600):
        outage.note_failure("no answer", second)
    lines = len(caplog.records)
    assert 24 <= lines <= 32
    outage.note_success(24 * 3600)
    outage.note_success(24 * 3600 + 1)
    assert "86400 s and 86400 failed tries" in caplog.records[-1].getMessage()
    assert len(caplog.records) == lines + 1


def test_the_next_outage_is_said_at_once(caplog: pytest.LogCaptureFixture) -> None:
    outage = OutageLog(logging.getLogger(LOG), "the outbox")
    outage.note_failure("no answer", 0)
    outage.note_success(1)
    outage.note_failure("no answer", 2)
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING", "ERROR"]
