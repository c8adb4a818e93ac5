"""The worker killed around the moment a mail is handed over: the mail arrives, and a second copy is known for one."""

import asyncio
import threading
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import update

from kb.config import Settings
from kb.db import Database, now
from kb.jobs.models import OutboxJob
from kb.jobs.worker import LEASE
from tests.faults.processes import command, environ, wait_for
from tests.ports import free_port
from tickets.creation import NewTicket, create

pytestmark = pytest.mark.slow


class Holding:
    """An SMTP server that stops answering at one command until it is released."""

    def __init__(self) -> None:
        self.port = free_port()
        self.hold_at = ""
        self.held = threading.Event()
        self.released = threading.Event()
        self.message_ids: list[str] = []

    async def handle_MAIL(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        await self._at("MAIL")
        envelope.mail_from = address
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.message_ids.append(str(message_from_bytes(envelope.content)["Message-ID"]))
        await self._at("DATA")
        return "250 OK"

    async def handle_QUIT(self, _server: Any, _session: Any, _envelope: Any) -> str:
        await self._at("QUIT")
        return "221 Bye"

    async def _at(self, place: str) -> None:
        if place == self.hold_at and not self.released.is_set():
            self.held.set()
            while not self.released.is_set():
                await asyncio.sleep(0.01)


@pytest.fixture
def holding() -> Iterator[Holding]:
    handler = Holding()
    controller = Controller(handler, hostname="127.0.0.1", port=handler.port)
    controller.start()
    yield handler
    handler.released.set()
    controller.stop()


@pytest.mark.parametrize(("moment", "copies"), [("MAIL", 1), ("DATA", 2), ("QUIT", 2)])
def test_a_mail_outlives_its_worker(settings: Settings, tmp_path: Path, holding: Holding, moment: str, copies: int) -> None:
    holding.hold_at = moment
    database = Database(settings.database)
    with database.write() as session:
        create(session, NewTicket(email="alice@example.com", subject="It burns", body="Help"), now=now())
    variables = environ(settings.content, settings.data, SMTP_URL=f"smtp://127.0.0.1:{holding.port}")
    with command(["worker"], variables, tmp_path / "killed.log") as worker:
        wait_for(holding.held.is_set)
        worker.kill()
        worker.wait()
    holding.released.set()
    _let_the_lease_pass(database)
    with command(["worker", "--once"], variables, tmp_path / "next.log") as worker:
        assert worker.wait(60) == 0, (tmp_path / "next.log").read_text()
    assert len(holding.message_ids) == copies
    assert len(set(holding.message_ids)) == 1
    with database.read() as session:
        job = session.get(OutboxJob, 1)
        assert job is not None
        assert job.done_at is not None
    database.close()


def _let_the_lease_pass(database: Database) -> None:
    with database.write() as session:
        session.execute(update(OutboxJob).where(OutboxJob.leased_until.is_not(None)).values(leased_until=now() - LEASE))
