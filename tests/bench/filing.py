"""A request filed without attachment through the front door, beside the same two rows committed through the bare ORM."""

import re
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from kb.accounts.models import User
from kb.db import Database, now
from kb.migrations import migrate
from tests.bench.load import line
from tests.bench.serving import BROWSER, deskbook
from tickets.models import Comment, Ticket

AT_ONCE = 4
FORMS = 200
"""Requests in one round."""
LEAST_AGE_S = 2.5
"""A form sent within two seconds of being opened is held for review."""


def measure(content: Path, _seconds: float, rounds: int) -> None:
    """Prints requests filed per second; the forms are fetched before the clock starts."""
    print(f"\nFiling a request, no attachment, {FORMS} a round (goal: 0.40 of the bare ORM)")
    bare: list[float] = []
    through: list[float] = []
    with deskbook(content, WORKER="false") as served, _bare_database() as (database, person_id):
        for number in range(rounds):
            through.append(_filed_per_second(served.url, number))
            bare.append(_rows_per_second(database, person_id))
    line("ticket and first message, bare ORM, one after the other", bare, "/s", bare)
    line(f"request filed over HTTP, {AT_ONCE} at a time", through, "/s", bare)


@contextmanager
def _bare_database() -> Iterator[tuple[Database, int]]:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/bare.sqlite")
        migrate(database)
        with database.write() as session:
            person = User(email="a@example.com", created_at=now())
            session.add(person)
            session.flush()
            person_id = person.id
        yield database, person_id
        database.close()


def _rows_per_second(database: Database, person_id: int) -> float:
    began = time.perf_counter()
    for _ in range(FORMS):
        with database.write() as session:
            moment = now()
            ticket = Ticket(subject="The board", requester_id=person_id, submitter_id=person_id, salt="0" * 32, created_at=moment, updated_at=moment)
            session.add(ticket)
            session.flush()
            session.add(Comment(ticket_id=ticket.id, author_id=person_id, body="It does not start.", is_public=True, created_at=moment))
    return FORMS / (time.perf_counter() - began)


def _filed_per_second(url: str, number: int) -> float:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        waiting = list(pool.map(lambda place: _forms(url, FORMS // AT_ONCE, f"{number}-{place}"), range(AT_ONCE)))
        time.sleep(LEAST_AGE_S)
        began = time.perf_counter()
        list(pool.map(lambda forms: _send(url, forms), waiting))
        return FORMS / (time.perf_counter() - began)


def _forms(url: str, count: int, name: str) -> list[str]:
    connection, forms = HTTPConnection(urlsplit(url).netloc), []
    for place in range(count):
        connection.request("GET", "/requests/new", headers={"User-Agent": BROWSER})
        page = connection.getresponse().read().decode()
        found = re.search(r'name="nonce" value="([^"]+)"', page)
        assert found, page[:500]
        typed = {"nonce": found[1], "email": f"c{name}-{place}@example.com", "subject": "The board", "description": "It does not start.", "category": ""}
        forms.append(urlencode(typed))
    return forms


def _send(url: str, forms: list[str]) -> None:
    connection = HTTPConnection(urlsplit(url).netloc)
    headers = {"User-Agent": BROWSER, "Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
    for form in forms:
        connection.request("POST", "/requests", form, headers)
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status == 303, text[:2000]
