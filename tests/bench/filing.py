"""A request filed without attachment through the front door, beside the same two rows committed through the bare ORM."""

import re
import socket
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
from tests import services
from tests.bench.load import line
from tests.bench.serving import BROWSER, deskbook
from tickets.models import Comment, Ticket

AT_ONCE = (1, 8)
FORMS = 240
"""Requests in one round."""
LEAST_AGE_S = 2.5
"""A form sent within two seconds of being opened is held for review."""


def measure(content: Path, _seconds: float, rounds: int) -> None:
    """Prints requests filed per second on each database; the forms are fetched before the clock starts."""
    print(f"\nFiling a request, no attachment, {FORMS} a round (goal: 0.60 of the bare ORM)")
    with tempfile.TemporaryDirectory() as folder:
        _compare(content, rounds, "SQLite", f"sqlite:///{folder}/bare.sqlite", "")
    with services.postgres_cluster() as cluster:
        _compare(content, rounds, "PostgreSQL", cluster.create("bare"), cluster.create("served"))


def _compare(content: Path, rounds: int, name: str, bare_url: str, served_url: str) -> None:
    bare: list[float] = []
    through: dict[int, list[float]] = {at_once: [] for at_once in AT_ONCE}
    with deskbook(content, WORKER="false", DATABASE_URL=served_url) as served, _bare_database(bare_url) as (database, person_id):
        for number in range(rounds):
            bare.append(rows_per_second(database, person_id))
            for at_once in AT_ONCE:
                through[at_once].append(_filed_per_second(served.url, at_once, f"{number}-{at_once}"))
    line(f"{name}: ticket and first message, bare ORM", bare, "/s", bare)
    for at_once, figures in through.items():
        line(f"{name}: request filed over HTTP, {at_once} at a time", figures, "/s", bare)


@contextmanager
def _bare_database(url: str) -> Iterator[tuple[Database, int]]:
    database = Database(url)
    migrate(database)
    with database.write() as session:
        person = User(email="a@example.com", created_at=now())
        session.add(person)
        session.flush()
        person_id = person.id
    yield database, person_id
    database.close()


def rows_per_second(database: Database, person_id: int) -> float:
    """Tickets with their first message that the bare ORM commits in a second."""
    began = time.perf_counter()
    for _ in range(FORMS):
        with database.write() as session:
            moment = now()
            ticket = Ticket(subject="The board", requester_id=person_id, submitter_id=person_id, salt="0" * 32, created_at=moment, updated_at=moment)
            session.add(ticket)
            session.flush()
            session.add(Comment(ticket_id=ticket.id, author_id=person_id, body="It does not start.", is_public=True, created_at=moment))
    return FORMS / (time.perf_counter() - began)


def _filed_per_second(url: str, at_once: int, name: str) -> float:
    with ThreadPoolExecutor(at_once) as pool:
        waiting = list(pool.map(lambda place: _forms(url, FORMS // at_once, f"{name}-{place}"), range(at_once)))
        time.sleep(LEAST_AGE_S)
        began = time.perf_counter()
        list(pool.map(lambda forms: _send(url, forms), waiting))
        return FORMS / (time.perf_counter() - began)


def _forms(url: str, count: int, name: str) -> list[bytes]:
    host = urlsplit(url).netloc
    connection, forms = HTTPConnection(host), []
    for place in range(count):
        connection.request("GET", "/requests/new", headers={"User-Agent": BROWSER})
        page = connection.getresponse().read().decode()
        found = re.search(r'name="nonce" value="([^"]+)"', page)
        assert found, page[:500]
        typed = {"nonce": found[1], "email": f"c{name}-{place}@example.com", "subject": "The board", "description": "It does not start.", "category": ""}
        forms.append(_posted(host, urlencode(typed)))
    return forms


def _posted(host: str, form: str) -> bytes:
    headers = {"Host": host, "User-Agent": BROWSER, "Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
    lines = ["POST /requests HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), f"Content-Length: {len(form)}"]
    return "\r\n".join([*lines, "", form]).encode()


def _send(url: str, forms: list[bytes]) -> None:
    """Send each form once the one before is answered: over a plain socket, as http.client would take a good part of the time measured."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for form in forms:
            connection.sendall(form)
            answer = b""
            while b"\r\n\r\n" not in answer:
                received = connection.recv(65_536)
                assert received, answer
                answer += received
            assert answer.startswith(b"HTTP/1.1 303 "), answer[:2000]
            assert b"\r\ncontent-length: 0\r\n" in answer, answer[:2000]
