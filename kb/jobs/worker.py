"""The worker: claims jobs, does them, marks them after. What was interrupted is done again, so a job must bear that."""

import logging
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from kb.db import Database, now
from kb.jobs import queries
from kb.jobs.models import OutboxJob
from kb.jobs.outage_log import OutageLog
from kb.jobs.outbox import BELL

log = logging.getLogger("deskbook.worker")

LEASE = timedelta(minutes=5)
GIVE_UP_AFTER = timedelta(days=5)
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=4)
POLL_S, CLEAN_S = 1.0, 3600.0
BATCH = 10


class PermanentFailure(Exception):
    """The job can never be done; the message says why. It is not tried again."""


class TryLater(Exception):
    """The job cannot be done now; the message says why, in a sentence for agents. It is tried again."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a handler is told."""

    id: int
    kind: str
    payload: dict[str, Any]
    ticket_id: int | None
    attempts: int
    created_at: datetime


Handler = Callable[[Job], None]
Chore = Callable[[Session, datetime], bool | None]
"""Return True when there is more to do: it is called again, in a transaction of its own."""


class Worker:
    """Does the jobs of `handlers` (kind → function), and every hour the `chores`, each in a transaction of its own.

    Any number may run, in threads and processes: while a lease lasts, a job has one worker.
    """

    def __init__(self, database: Database, handlers: Mapping[str, Handler], chores: Sequence[Chore] = ()) -> None:
        self._database, self._handlers, self._chores = database, handlers, chores
        self._name = secrets.token_hex(8)
        self._stopped = threading.Event()
        self._clean_at = 0.0
        self._outage = OutageLog(log, "the outbox")

    def run(self) -> None:
        """Works until `stop`; the database being away is waited out, any other fault is logged and survived."""
        while not self._stopped.is_set():
            try:
                self._clean()
                done = self.run_once(now())
                self._outage.note_success()
                if done:
                    continue
            except SQLAlchemyError as error:
                self._outage.note_failure(_line(error)[:300])
            except Exception:
                log.exception("the worker met a fault and goes on")
            BELL.wait(POLL_S)
            BELL.clear()

    def run_once(self, moment: datetime) -> int:
        """Does what is due at `moment`, one batch; how many jobs were tried."""
        lease = f"{self._name}-{secrets.token_hex(8)}"
        with self._database.read() as session:
            if not queries.has_due(session, self._handlers, moment):
                return 0
        with self._database.write() as session:
            jobs = [_job(row) for row in queries.claim(session, self._handlers, lease, lease_for=LEASE, now=moment, limit=BATCH)]
        ends = time.monotonic() + LEASE.total_seconds() / 2
        done = 0
        for job in jobs:
            # What is left of a slow batch goes back with its lease rather than be done by two.
            if self._stopped.is_set() or time.monotonic() > ends:
                break
            self._do(job, lease, moment)
            done += 1
        self._hand_back(jobs[done:], lease, moment)
        return done

    def stop(self) -> None:
        """Ends `run` after the job at hand."""
        self._stopped.set()
        BELL.set()

    def clean(self, moment: datetime) -> None:
        """Does the chores now. One that fails keeps nobody from the others, nor from the mail: it is done again in an hour."""
        for chore in (*self._chores, _forget_old_jobs):
            try:
                has_more: bool | None = True
                while has_more and not self._stopped.is_set():
                    with self._database.write(may_take_long=True) as session:
                        has_more = chore(session, moment)
            except Exception as error:
                log.warning("cleaning (%s): %s", getattr(chore, "__name__", chore), _line(error))

    def _clean(self) -> None:
        if time.monotonic() >= self._clean_at:
            self._clean_at = time.monotonic() + CLEAN_S
            self.clean(now())

    def _do(self, job: Job, lease: str, moment: datetime) -> None:
        try:
            self._handlers[job.kind](job)
        except PermanentFailure as error:
            self._give_up(job, lease, moment, str(error))
        except TryLater as error:
            log.warning("job %d (%s), attempt %d: %s (%s)", job.id, job.kind, job.attempts + 1, error, _line(error.__cause__ or error))
            self._try_later(job, lease, moment, str(error)[:1000])
        except Exception as error:
            log.warning("job %d (%s), attempt %d: %s", job.id, job.kind, job.attempts + 1, _line(error))
            self._try_later(job, lease, moment, _line(error))
        else:
            with self._database.write() as session:
                queries.mark_done(session, job.id, lease, moment)

    def _try_later(self, job: Job, lease: str, moment: datetime, error: str) -> None:
        due_at = moment + wait(job.attempts)
        if due_at - job.created_at > GIVE_UP_AFTER:
            self._give_up(job, lease, moment, error)
            return
        with self._database.write() as session:
            queries.mark_later(session, job.id, lease, due_at=due_at, error=error)

    def _give_up(self, job: Job, lease: str, moment: datetime, error: str) -> None:
        log.error("job %d (%s) is given up: %s", job.id, job.kind, error[:300])
        with self._database.write() as session:
            queries.mark_failed(session, job.id, lease, now=moment, error=error[:1000])

    def _hand_back(self, jobs: Sequence[Job], lease: str, moment: datetime) -> None:
        if jobs:
            with self._database.write() as session:
                queries.hand_back(session, [job.id for job in jobs], lease, moment)


def wait(attempts: int) -> timedelta:
    """How long after the attempt with this number, from 0, the next one waits: 1, 2, 4 … minutes, at most 4 hours."""
    doubled: timedelta = FIRST_WAIT * 2 ** min(attempts, 10)
    return min(doubled, LONGEST_WAIT)


def _job(row: OutboxJob) -> Job:
    return Job(row.id, row.kind, row.payload, row.ticket_id, row.attempts, row.created_at)


def _line(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:500]


def _forget_old_jobs(session: Session, moment: datetime) -> None:
    queries.delete_done_before(session, moment - timedelta(days=30))
