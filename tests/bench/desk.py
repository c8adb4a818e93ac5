"""How long the desk's lists and its search take at 10,000 and 100,000 tickets with five comments each, on each database."""

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from kb.accounts.models import User
from kb.config import Settings
from kb.db import Database, now
from kb.migrations import migrate
from kb.site.app import create_app
from tests.cast import sign_in
from tests.ports import free_port
from tests.services import MissingService, postgres_folder, running_postgres
from tickets.models import Comment, Ticket, TicketTag
from tickets.search import index_queries
from tickets.search.index_text import IndexText, people_text, stems

SIZES = (10_000, 100_000)
AGENTS, PER_CUSTOMER, COMMENTS, BATCH = 100, 10, 5, 2_000
COMMON, RARE = "invoice", "zeppelin"
PAGES = {
    "unassigned": "/desk/views/unassigned",
    "mine": "/desk/views/mine",
    "all, last changed": "/desk/views/all",
    "all, by subject": "/desk/views/all?order=subject",
    "a page far behind": "",
    "filter: tag, status": "/desk/views/all?q=tag%3At7+status%3Aunsolved",
    "filter: nobody has it": "/desk/views/all?q=tag%3Anothing",
    "filter: requester": "/desk/search?q=from%3Acustomer77",
    "search: no hit": "/desk/search?q=nosuchword",
    "search: a rare word": f"/desk/search?q={RARE}",
    "search: a word in 30 %": f"/desk/search?q={COMMON}+",
    "search: the same, two filters": f"/desk/search?q={COMMON}++status%3Aopen+priority%3Ahigh",
    "with ten stored views": "/desk/views/pending",
}


def measure(_content: Path, _seconds: float, tickets: int) -> None:
    """Print a table for each database; `--rounds` is another number of tickets."""
    sizes = SIZES if tickets == SIZES[-1] else (tickets,)
    for name, place in (("SQLite", _sqlite), ("PostgreSQL", _postgres)):
        for size in sizes:
            try:
                with tempfile.TemporaryDirectory() as folder, place(Path(folder)) as url:
                    _measure_one(name, url, Path(folder), size)
            except MissingService as missing:
                print(f"{name}: not measured: {missing}")


def _measure_one(name: str, url: str, folder: Path, size: int) -> None:
    with closing(Database(url)) as database:
        migrate(database)
        began = time.perf_counter()
        fill(database, size)
        filled = time.perf_counter() - began
    (folder / "content").mkdir()
    settings = Settings(data=folder, content=folder / "content", worker=False, database_url=url)
    with TestClient(create_app(settings), headers={"user-agent": "Mozilla/5.0 (bench)"}, follow_redirects=False) as client:
        with client.app.state.database.read() as session:
            agent = session.get_one(User, 1)
        sign_in(client, agent)
        print(f"\n## The desk at {size:,} tickets, {name} (filled in {filled:.0f} s)\n\n| page | p50 | p95 |\n|---|---:|---:|")
        pages = PAGES | {"a page far behind": _far_behind(client)}
        for label, path in pages.items():
            if label.startswith("with ten"):
                for number in range(10):
                    client.post("/desk/views", data={"name": f"View {number}", "filter": f"tag:t{number} status:unsolved", "order": "newest"})
            times = sorted(_took_ms(client, path) for _ in range(20))
            print(f"| {label} | {statistics.median(times):.1f} ms | {times[18]:.1f} ms |", flush=True)


def _far_behind(client: TestClient) -> str:
    """The page before the last ten tickets of all, however many there are."""
    page = client.get("/desk/views/all?order=number").text
    last = page.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
    return last.replace("order=number", "order=-number") if last else "/desk/views/all?order=-number"


def _took_ms(client: TestClient, path: str) -> float:
    began = time.perf_counter()
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return (time.perf_counter() - began) * 1000


def fill(database: Database, size: int) -> None:
    """Store agents, customers and tickets with comments, tags and index, the same every time."""
    chance = random.Random(7)
    moment = now()
    sentences = _sentences(chance)
    customers = max(10, size // PER_CUSTOMER)
    with database.write(may_take_long=True) as session:
        people = [{"email": f"agent{n}@example.com", "name": f"Agent {n}", "role": "agent", "created_at": moment} for n in range(AGENTS)]
        people += [{"email": f"customer{n}@example.com", "name": f"Customer {n}", "role": "customer", "created_at": moment} for n in range(customers)]
        session.execute(insert(User), people)
    for first in range(0, size, BATCH):
        with database.write(may_take_long=True) as session:
            _fill_batch(session, range(first + 1, min(first + BATCH, size) + 1), size, customers, sentences, chance, moment)
        print(f"\r{first + BATCH:,} of {size:,}", end="", file=sys.stderr)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    print(file=sys.stderr)


def _fill_batch(session: Session, numbers: range, size: int, customers: int, sentences: list[tuple[str, str]], chance: random.Random, moment: datetime) -> None:
    tickets: list[dict[str, Any]] = []
    comments: list[dict[str, Any]] = []
    tags: list[dict[str, Any]] = []
    rows: list[tuple[int, IndexText, IndexText | None]] = []
    for number in numbers:
        at = moment - timedelta(minutes=5 * (size - number))
        customer = chance.randrange(customers)
        requester = AGENTS + 1 + customer
        is_old = number < size * 0.95
        status = chance.choice(["solved", "closed", "closed", "closed"] if is_old else ["new", "open", "open", "pending", "hold"])
        assignee = chance.randrange(1, AGENTS + 1) if is_old or chance.random() < 0.6 else None
        subject, subject_stems = chance.choice(sentences)
        tickets.append(
            {"id": number, "subject": subject[:120], "status": status, "priority": chance.choice(["low", "normal", "normal", "high", "urgent"])}
            | {"requester_id": requester, "submitter_id": requester, "assignee_id": assignee, "salt": f"{number:032x}", "created_at": at}
            | {"updated_at": at + timedelta(hours=2), "waiting_since": at, "solved_at": at + timedelta(hours=2) if status in ("solved", "closed") else None}
        )
        tags.append({"ticket_id": number, "name": f"t{number % 40}"})
        public, whole = [], []
        for place in range(COMMENTS):
            body, body_stems = chance.choice(sentences)
            is_public = place != 3 or number % 5 > 0
            by = requester if place % 2 == 0 or assignee is None else assignee
            comments.append({"ticket_id": number, "author_id": by, "body": body, "is_public": is_public, "created_at": at + timedelta(minutes=place)})
            whole.append(body_stems)
            public += [body_stems] if is_public else []
        people = people_text(f"Customer {customer}", f"customer{customer}@example.com")
        staff = IndexText(subject_stems, people, f"t{number % 40}", " ".join(whole)) if len(public) < len(whole) else None
        rows.append((number, IndexText(subject_stems, people, f"t{number % 40}", " ".join(public)), staff))
    session.execute(insert(Ticket), tickets)
    session.execute(insert(Comment), comments)
    session.execute(insert(TicketTag), tags)
    for number, row, staff in rows:
        index_queries.store(session, index_queries.PUBLIC, number, row)
        if staff is not None:
            index_queries.store(session, index_queries.STAFF, number, staff)


def _sentences(chance: random.Random) -> list[tuple[str, str]]:
    """Sentences with their stems: six in a hundred hold the common word, so that it is in about 30 % of the tickets, and one the rare one."""
    vocabulary = [f"{chance.choice('bcdfgklmnprst')}{chance.choice('aeiou')}{chance.choice('bdglmnrst')}{chance.choice('aeio')}{n}" for n in range(4_000)]
    texts = []
    for number in range(3_000):
        words = chance.choices(vocabulary, k=30)
        if number % 17 == 0:
            words[5] = COMMON
        if number == 1_234:
            words[7] = RARE
        texts.append(" ".join(words))
    return [(text, stems(text, ("en",))) for text in texts]


@contextmanager
def _sqlite(folder: Path) -> Iterator[str]:
    yield f"sqlite:///{folder / 'deskbook.sqlite'}"


@contextmanager
def _postgres(_folder: Path) -> Iterator[str]:
    with postgres_folder() as home, running_postgres(home, free_port()) as (cluster, _):
        yield cluster.create("desk")
