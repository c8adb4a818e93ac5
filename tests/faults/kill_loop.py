"""A site killed again and again, at random moments and in every way, while several clients write to it; then everything is counted."""

import re
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from sqlalchemy import text

from kb.db import Database
from tests.faults.inventory import Found, compare, compare_mail, mails_missing, take_inventory
from tests.faults.processes import wait_for
from tests.faults.site import Site, site
from tests.faults.stories import Client, Door
from tests.services import Mailbox, postgres_programs, smtp_sink

CLIENTS = 4
AGENT = "agnes@example.com"
KILLED_WHILE_STARTING = 0.15
"""Of the rounds: the start that follows is killed as well."""


@dataclass
class Outcome:
    """What happened, and what came of it."""

    rounds: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    acknowledged: Counter[str] = field(default_factory=Counter)
    files: int = 0
    given_up: int = 0
    sent_again: int = 0
    mails: int = 0
    mails_again: int = 0
    recovery_s: dict[str, float] = field(default_factory=dict)
    """Way to be killed → longest time from the start of what was killed to the next message acknowledged."""
    found: Found = field(default_factory=Found)
    wrong: list[str] = field(default_factory=list)
    """Answers and ends that should not be, and what the database says of itself."""

    @property
    def faults(self) -> list[str]:
        """All that should not be."""
        return [*self.found.faults, *self.wrong]


def run(
    kind: str, rounds: int, folder: Path, content: Path, *, ways: Sequence[str] = (), seed: int = 1, tell: Callable[[str], None] = lambda _: None
) -> Outcome:
    """Kills a site on `sqlite` or `postgres` that often, in these ways (or all) in turn; `tell` hears of each round."""
    settings = {"TRUSTED_PROXIES": "127.0.0.1", "LOG_LEVEL": "error"}
    with smtp_sink() as mailbox, site(kind, content, folder / "var", SMTP_URL=mailbox.url, **settings) as killed:
        killed.start()
        door = _door(killed)
        clients = [Client(door, f"{kind}-{place}-{seed}") for place in range(CLIENTS)]
        for client in clients:
            client.start()
        outcome = Outcome(rounds)
        try:
            for number in range(rounds):
                in_turn = ways or list(killed.ways_to_kill)
                _round(killed, door, in_turn[number % len(in_turn)], Random(f"{kind} {seed} {number}"), outcome)
                tell(f"{kind}, round {number + 1} of {rounds}: {door.log.acknowledged} acknowledged")
        except AssertionError as error:
            outcome.wrong.append(f"it did not come back: {error}")
        finally:
            door.end.set()
        for client in clients:
            client.join(300)
        outcome.wrong += [f"a client hangs: {client.name}" for client in clients if client.is_alive()]
        _count(killed, door, clients, mailbox, outcome)
    return outcome


def _door(killed: Site) -> Door:
    added = killed.run("user", "add", AGENT, "--role", "agent")
    link = re.search(r"(/sign-in/link/\S+)", added)
    assert link, added
    assert killed.served
    door = Door(killed.served.url)
    connection = killed.served.connect()
    with closing(connection):
        connection.request("POST", link[1], "", {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"})
        cookies = [cookie.partition(";")[0] for cookie in connection.getresponse().headers.get_all("Set-Cookie", [])]
    door.agent = {"Cookie": "; ".join(cookies)}
    door.bearer = {"Authorization": f"Bearer {killed.run('api-key', 'add', 'clients', '--user', AGENT).split()[-1]}"}
    return door


def _round(killed: Site, door: Door, way: str, chance: Random, outcome: Outcome) -> None:
    enough = door.log.acknowledged + chance.randint(1, 20)
    wait_for(lambda: door.log.acknowledged >= enough or door.log.wrong, 300)
    time.sleep(chance.random() * 0.05)  # so that the kill meets any moment of what is under way
    killed.ways_to_kill[way]()
    outcome.kills[way] += 1
    if killed.served is None and (killed.postgres is None or killed.postgres.process.poll() is None) and chance.random() < KILLED_WHILE_STARTING:
        killed.start_and_kill(chance.random() * 2)
        outcome.kills["Deskbook while it started"] += 1
    began = time.monotonic()
    killed.require_running()
    killed.start()
    assert killed.served
    door.url = killed.served.url
    wait_for(lambda: door.log.last_at > began or door.log.wrong, 300)
    outcome.recovery_s[way] = max(outcome.recovery_s.get(way, 0.0), door.log.last_at - began)


def _count(killed: Site, door: Door, clients: list[Client], mailbox: Mailbox, outcome: Outcome) -> None:
    stories = [story for client in clients for story in client.stories]
    killed.require_running()
    killed.stop()
    _end_leases(killed)
    killed.start()
    assert killed.served
    door.url = killed.served.url
    inventory = take_inventory(door)
    outcome.found = compare(door, inventory, stories)
    _wait_for_mail(lambda: mails_missing(mailbox, inventory, stories))
    compare_mail(mailbox, inventory, stories, outcome.found)
    killed.stop()
    acts = [act for story in stories for act in story.acts]
    outcome.acknowledged = Counter(act.kind for act in acts if act.is_acknowledged)
    outcome.files = sum(len(act.files) for act in acts if act.is_acknowledged)
    outcome.given_up = sum(not act.is_acknowledged for act in acts)
    outcome.sent_again = door.log.sent_again
    outcome.mails = len(mailbox.messages)
    outcome.mails_again = outcome.mails - len({mail["Message-ID"] for mail in mailbox.messages})
    outcome.wrong += [*door.log.wrong, *(f"ended by itself: {end}" for end in killed.ended_by_themselves), *_database_faults(killed)]


def _end_leases(killed: Site) -> None:
    """Killed workers hold jobs until their leases end, some minutes later: that wait is nothing to measure."""
    with closing(Database(killed.database_url)) as database, database.write() as session:
        session.execute(text("UPDATE outbox_jobs SET leased_until = NULL, lease = NULL, due_at = created_at WHERE done_at IS NULL"))


def _wait_for_mail(is_missing: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 300
    while is_missing() and time.monotonic() < deadline:
        threading.Event().wait(0.5)


def _database_faults(killed: Site) -> list[str]:
    """What the database says of itself, read from the first page to the last."""
    if killed.postgres:
        dump = [postgres_programs() / "pg_dump", "--dbname", killed.database_url]
        ran = subprocess.run(dump, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        return [ran.stderr] if ran.returncode else []
    with closing(sqlite3.connect(killed.data / "deskbook.sqlite")) as database:
        faults = [row[0] for row in database.execute("PRAGMA integrity_check") if row[0] != "ok"]
        return faults + [f"refers to nothing: {row}" for row in database.execute("PRAGMA foreign_key_check")]
