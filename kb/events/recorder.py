"""Recording events without making anybody wait: kept in memory for a moment, stored by one thread."""

import os
import re
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, cast

from sqlalchemy import Table
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from kb.db import Database, now
from kb.events.bots import is_bot
from kb.events.caps import Caps, Waiting, admit
from kb.events.models import Event, Kind
from kb.events.queries import Counts, count_events
from kb.web.http.client_address import client_address

VISITOR_COOKIE, VISIT_COOKIE = "deskbook_visitor", "deskbook_visit"
VISITOR_AGE_S, VISIT_AGE_S = 365 * 86400, 30 * 60
MOST_WAITING = 20_000
EVENTS = cast(Table, Event.__table__)
STAFF_COOKIE = b"deskbook_staff="
COOKIES = re.compile(rb"\bdeskbook_(visitor|visit)=([0-9a-f]{32})\b")
E_MAIL = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+\.[^\s@<>\"']+")
LONG_DIGITS = re.compile(r"\+?\d[\d\s-]{5,}\d")


@dataclass(frozen=True, slots=True)
class CurrentVisit:
    """Who is here, by random ids of our own: one visitor, and the visit that ends after 30 idle minutes."""

    id: str
    visitor: str
    is_secure: bool
    has_cookie: bool | None = None
    """Whether the request brought the visitor's id: then something keeps cookies, as browsers do."""
    address: str = ""
    """Where the request came from; counted for the caps and never stored."""

    def stamp(self, response: Response) -> None:
        """Keeps the ids in the visitor's browser; each stamp prolongs the visit."""
        response.raw_headers.extend(self.cookies())

    def cookies(self) -> tuple[tuple[bytes, bytes], tuple[bytes, bytes]]:
        """The headers that do so."""
        rest = "; Path=/; HttpOnly; SameSite=Lax; Secure" if self.is_secure else "; Path=/; HttpOnly; SameSite=Lax"
        return (
            (b"set-cookie", f"{VISITOR_COOKIE}={self.visitor}; Max-Age={VISITOR_AGE_S}{rest}".encode()),
            (b"set-cookie", f"{VISIT_COOKIE}={self.id}; Max-Age={VISIT_AGE_S}{rest}".encode()),
        )


class Recorder:
    """The event log's writer. `add` returns at once; rows are stored within `delay_s` by a thread of its own."""

    def __init__(self, database: Database, caps: Caps, *, key: str, is_on: bool = True, is_secure: bool = False, delay_s: float = 0.5) -> None:
        self._database, self._caps, self._key = database, caps, key.encode()
        self._is_on, self._is_secure, self._delay_s = is_on, is_secure, delay_s
        self._waiting: deque[Waiting] = deque()
        self._wake = threading.Event()
        self._storing = threading.Lock()
        self._stopping = threading.Event()
        self._lost = 0
        """Events that found no room while the database could not be written, and are not counted yet."""
        self._thread = threading.Thread(target=self._run, name="events", daemon=True)
        self._thread.start()

    def visit(self, request: Request) -> CurrentVisit | None:
        """The visit this request belongs to, begun now if there is none; None for staff, bots, prefetches and when recording is off."""
        if request.method == "HEAD":
            return None
        headers = dict(request.scope["headers"])
        address = client_address(request) if request.client else ""
        return self.visit_of(headers.get(b"cookie", b""), headers.get(b"user-agent", b""), headers.get(b"sec-purpose", b""), address)

    def visit_of(self, cookie: bytes, agent: bytes, purpose: bytes, address: str) -> CurrentVisit | None:
        """The same from the bare headers."""
        if not self._is_on or b"prefetch" in purpose or is_bot(agent) or STAFF_COOKIE in cookie:
            return None
        ids = dict(COOKIES.findall(cookie)) if cookie else {}
        visitor, visit = ids.get(b"visitor"), ids.get(b"visit")
        visit_id, visitor_id = visit.decode() if visit else os.urandom(16).hex(), visitor.decode() if visitor else os.urandom(16).hex()
        return CurrentVisit(visit_id, visitor_id, self._is_secure, visitor is not None, address)

    def add(self, visit: CurrentVisit, kind: Kind, **columns: Any) -> None:
        """Records one event of `visit`; `columns` are those of Event. Queries are scrubbed here."""
        if len(self._waiting) >= MOST_WAITING:
            self._lost += 1
            return
        self._waiting.append(Waiting(row(visit, kind, columns), visit.address))
        if not self._wake.is_set():
            self._wake.set()

    def flush(self) -> None:
        """Stores everything recorded so far, and returns once it is stored."""
        with self._storing:
            waiting, lost = [self._waiting.popleft() for _ in range(len(self._waiting))], self._lost
            if not waiting:
                return
            try:
                with self._database.write() as session:
                    self._store(session, waiting, lost)
            except SQLAlchemyError:
                self._waiting.extendleft(reversed(waiting))
                raise
            self._lost -= lost

    def close(self) -> None:
        """Stores what is left and ends the thread."""
        self._stopping.set()
        self._wake.set()
        self._thread.join(10)
        self.flush()

    def _store(self, session: Session, waiting: list[Waiting], lost: int) -> None:
        moment = now()
        for alike in _alike(admit(session, waiting, self._caps, self._key, moment)):
            session.connection().execute(EVENTS.insert(), alike)
        if lost:
            count_events(session, moment.date(), Counts(dropped_waiting=lost))

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.wait()
            self._stopping.wait(self._delay_s)
            self._wake.clear()
            try:
                self.flush()
            except SQLAlchemyError:
                self._wake.set()


def recorder(request: Request) -> Recorder:
    """The recorder of the app that serves this request."""
    return cast(Recorder, request.app.state.recorder)


def row(visit: CurrentVisit | None, kind: Kind, columns: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of one event, its query scrubbed; for storing inside a transaction of one's own."""
    who = {"visit": visit.id, "visitor": visit.visitor, "has_cookie": visit.has_cookie} if visit else {"visit": "", "visitor": "", "has_cookie": None}
    values: dict[str, Any] = {"at": now(), "kind": str(kind), **who, **columns}
    if values.get("query") is not None:
        values["query"] = scrub(values["query"])
    return values


def scrub(query: str) -> str:
    """`query` without email addresses and long runs of digits, at most 500 characters."""
    return LONG_DIGITS.sub("[number]", E_MAIL.sub("[email]", query[:2000]))[:500]


def _alike(rows: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Runs of rows that name the same columns, in order: each is one statement."""
    for _, run in groupby(rows, key=dict.keys):
        yield list(run)
