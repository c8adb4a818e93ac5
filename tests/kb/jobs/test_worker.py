"""The worker: each job once, in spite of everything."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.db import Database
from kb.jobs import outbox
from kb.jobs.models import OutboxJob
from kb.jobs.worker import LEASE, Job, PermanentFailure, Worker

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def _enqueue(database: Database, count: int = 1, kind: str = "test") -> None:
    with database.write() as session:
        for number in range(count):
            outbox.enqueue(session, kind, {"number": number}, now=NOON)


def _jobs(database: Database) -> list[OutboxJob]:
    with database.read() as session:
        return list(session.scalars(select(OutboxJob).order_by(OutboxJob.id)))


def _failing(job: Job) -> None:
    raise ConnectionError("the server\nsaid no")


def test_a_job_is_done_once_and_marked(database: Database) -> None:
    seen: list[Job] = []
    worker = Worker(database, {"test": seen.append})
    _enqueue(database)
    assert worker.run_once(NOON) == 1
    assert worker.run_once(NOON) == 0
    assert [job.payload for job in seen] == [{"number": 0}]
    assert _jobs(database)[0].done_at == NOON


def test_a_job_of_a_rolled_back_transaction_does_not_exist(database: Database) -> None:
    def fail() -> None:
        with database.write() as session:
            outbox.enqueue(session, "test", {}, now=NOON)
            session.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert _jobs(database) == []


def test_a_failing_job_waits_longer_each_time_and_fails_after_five_days(database: Database) -> None:
    worker = Worker(database, {"test": _failing})
    _enqueue(database)
    moment, waits = NOON, []
    while (job := _jobs(database)[0]).failed_at is None:
        worker.run_once(job.due_at)
        moment, after = job.due_at, _jobs(database)[0]
        waits.append(after.due_at - moment)
    minutes = [wait.total_seconds() / 60 for wait in waits[:10]]
    assert minutes == [1, 2, 4, 8, 16, 32, 64, 128, 240, 240]
    assert timedelta(days=4, hours=20) < job.failed_at - NOON <= timedelta(days=5)
    assert job.last_error == "ConnectionError: the server said no"


def test_what_can_never_be_done_is_not_tried_again(database: Database) -> None:
    def refuse(job: Job) -> None:
        raise PermanentFailure("550 no such mailbox")

    worker = Worker(database, {"test": refuse})
    _enqueue(database)
    worker.run_once(NOON)
    assert worker.run_once(NOON + timedelta(days=1)) == 0
    (job,) = _jobs(database)
    assert (job.failed_at, job.last_error) == (NOON, "550 no such mailbox")


def test_jobs_of_unknown_kinds_are_left_alone(database: Database) -> None:
    _enqueue(database, kind="of a later version")
    assert Worker(database, {"test": _failing}).run_once(NOON) == 0
    assert _jobs(database)[0].attempts == 0


def test_a_job_whose_worker_died_is_done_by_another_once_the_lease_is_over(database: Database) -> None:
    def die(job: Job) -> None:
        raise KeyboardInterrupt

    seen: list[Job] = []
    _enqueue(database)
    with pytest.raises(KeyboardInterrupt):
        Worker(database, {"test": die}).run_once(NOON)
    other = Worker(database, {"test": seen.append})
    assert other.run_once(NOON + LEASE - timedelta(seconds=1)) == 0
    assert other.run_once(NOON + LEASE + timedelta(seconds=1)) == 1
    assert len(seen) == 1


def test_several_workers_never_do_a_job_twice(database: Database) -> None:
    seen: list[int] = []
    _enqueue(database, 120)
    start = threading.Barrier(4)

    def work() -> None:
        worker = Worker(database, {"test": lambda job: seen.append(job.id)})
        start.wait()
        while worker.run_once(NOON):
            pass

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while Worker(database, {"test": lambda job: seen.append(job.id)}).run_once(NOON):
        pass
    assert sorted(seen) == sorted(set(seen))
    assert len(seen) == 120


def test_a_running_worker_hears_of_a_commit_and_stops_when_told(database: Database) -> None:
    done = threading.Event()
    worker = Worker(database, {"test": lambda job: done.set()})
    thread = threading.Thread(target=worker.run)
    thread.start()
    _enqueue(database)
    assert done.wait(120)
    worker.stop()
    thread.join(120)
    assert not thread.is_alive()


def test_a_chore_that_fails_does_not_end_the_worker(database: Database) -> None:
    def broken(_session: object, _moment: datetime) -> None:
        raise PermissionError("attachments")

    done = threading.Event()
    worker = Worker(database, {"test": lambda job: done.set()}, [broken])
    _enqueue(database)
    thread = threading.Thread(target=worker.run)
    thread.start()
    assert done.wait(120)
    worker.stop()
    thread.join(120)
    assert not thread.is_alive()


def test_cleaning_forgets_old_jobs_and_does_the_chores(database: Database) -> None:
    chores: list[datetime] = []
    worker = Worker(database, {"test": lambda job: None}, [lambda session, moment: chores.append(moment)])
    _enqueue(database)
    worker.run_once(NOON)
    worker.clean(NOON + timedelta(days=29))
    assert len(_jobs(database)) == 1
    worker.clean(NOON + timedelta(days=31))
    assert _jobs(database) == []
    assert len(chores) == 2


def test_a_chore_that_fails_keeps_nobody_from_the_others(database: Database) -> None:
    def failing(session: Session, moment: datetime) -> None:
        raise FileNotFoundError("gone while it was looked at")

    chores: list[datetime] = []
    worker = Worker(database, {"test": lambda job: None}, [failing, lambda session, moment: chores.append(moment)])
    worker.clean(NOON)
    assert chores == [NOON]
