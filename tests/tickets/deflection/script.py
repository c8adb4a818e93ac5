"""Scripts of visits: who did what how many seconds after noon, written as the rows the site would have stored."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert

from kb.accounts.models import User
from kb.db import Database
from kb.events.models import Event
from tickets.deflection.report import Report, judged_visits, report
from tickets.models import Ticket

TimelineStep = tuple[float, str, dict[str, Any]]
MINUTE, HOUR, DAY = 60, 3600, 86400
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=30)


class Log:
    """Writes what visitors did, at chosen seconds after noon of the first day."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._people: dict[str, int] = {}

    def visit(self, name: str, *steps: TimelineStep, visit: str = "", user: str | None = None) -> None:
        """The visitor `name` takes `steps`: seconds after noon, kind, columns."""
        base = {"visit": visit or f"visit-{name}", "visitor": name, "user_id": self.person(user) if user else None, "locale": "en"}
        rows = [complete({"at": NOON + timedelta(seconds=second), "kind": kind, **base, **columns}) for second, kind, columns in steps]
        with self.database.write() as session:
            session.execute(insert(Event), rows)

    def person(self, name: str, role: str = "customer") -> int:
        """The account of `name`."""
        if name not in self._people:
            with self.database.write() as session:
                user = User(email=f"{name}@example.org", role=role, created_at=NOON)
                session.add(user)
                session.flush()
                self._people[name] = user.id
        return self._people[name]

    def ticket(self, second: float, who: str, *, visit: str = "", visitor: str = "", **columns: Any) -> int:
        """A ticket of `who`, filed so many seconds after noon."""
        at, person = NOON + timedelta(seconds=second), self.person(who)
        with self.database.write() as session:
            ticket = Ticket(
                subject="Help", requester_id=person, submitter_id=person, salt="s", created_at=at, updated_at=at, visit=visit, visitor=visitor, **columns
            )
            session.add(ticket)
            session.flush()
            return ticket.id

    def report(self, as_of: datetime = LATER, *, days: float = 10, from_day: float = -1, cost: float = 0.0) -> Report:
        """The report on `days` from midnight of `from_day`."""
        start = NOON.replace(hour=0) + timedelta(days=from_day)
        with self.database.read() as session:
            return report(session, start, start + timedelta(days=days), as_of, cost_per_ticket=cost)

    def outcomes(self, as_of: datetime = LATER) -> dict[str, str]:
        """Visitor → outcome, or why there is none; of several visits the last."""
        start = NOON - timedelta(days=1)
        with self.database.read() as session:
            found = judged_visits(session, start, start + timedelta(days=10), as_of)
            return {judged.visit.visitor: str(judged.outcome or judged.left_out) for judged in found}


def complete(columns: dict[str, Any]) -> dict[str, Any]:
    """A whole row of the event table."""
    return {"source": "web"} | {column.key: columns.get(column.key) for column in Event.__table__.columns if column.key not in ("id", "source")}


def search(at: float, query: str, *, hits: list[str] | None = None, **columns: Any) -> TimelineStep:
    found = hits or []
    return at, "search", {"query": query, "hits": found, "hit_count": len(found), "answered": bool(found), "degraded": False} | columns


def click(at: float, slug: str, rank: int, query: str | None = None) -> TimelineStep:
    return at, "search_click", {"slug": slug, "rank": rank, "query": query}


def view(at: float, slug: str) -> TimelineStep:
    return at, "article_view", {"slug": slug, "digest": "d1"}


def engaged(at: float, slug: str) -> TimelineStep:
    return at, "article_engaged", {"slug": slug, "digest": "d1"}


def vote(at: float, slug: str, value: str) -> TimelineStep:
    return at, "vote", {"slug": slug, "value": value}


def form(at: float) -> TimelineStep:
    return at, "form_open", {}


def confirm(at: float, slug: str = "blink") -> TimelineStep:
    return at, "deflect_confirmed", {"slug": slug}


def withdraw(at: float, slug: str = "blink") -> TimelineStep:
    return at, "deflect_withdrawn", {"slug": slug}


def script(at: float) -> TimelineStep:
    return at, "script_ran", {}


def left_form(at: float) -> TimelineStep:
    return at, "form_abandoned", {}


def sent(at: float, ticket_id: int) -> TimelineStep:
    return at, "ticket_created", {"ticket_id": ticket_id}
