"""A year of a busy help centre for the report: raw events of the last days, counted as always, and stored days made of copies of one of them."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.orm import Session

from kb.accounts.models import User
from kb.db import Database
from kb.events.models import Event, Kind
from tickets.deflection.days.day import midnight
from tickets.deflection.models import ReportDay
from tickets.deflection.visits.outcomes import second_look_at
from tickets.models import Ticket, TicketArticle

CUSTOMERS = 50_000
SLUGS = [f"article-{number}" for number in range(600)]
THINGS = (
    "invoice",
    "printer",
    "password",
    "delivery",
    "warranty",
    "refund",
    "driver",
    "firmware",
    "battery",
    "account",
    "parcel",
    "licence",
    "sensor",
    "cable",
)
ACTS = ("change", "cancel", "reset", "find", "replace", "update", "connect", "order", "return", "cannot open", "lost my", "broken", "slow", "wrong")
QUERIES = [f"{act} {thing} {number}".removesuffix(" 0") for act in ACTS for thing in THINGS for number in range(12)]
AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Year:
    """What was made."""

    last_day: date
    raw_days: tuple[date, ...]
    """Days whose events are there, the first of them counted by hand."""


def fill_customers(session: Session, at: datetime) -> None:
    """Stores the customers."""
    for begin in range(0, CUSTOMERS, AT_ONCE):
        rows = [{"email": f"c{n}@example.org", "created_at": at} for n in range(begin, begin + AT_ONCE)]
        session.execute(insert(User), rows)


def fill_day(database: Database, day: date, visits: int, until: datetime, seed: int) -> int:
    """Stores one day of raw events and tickets, as far as `until`; how many events it has."""
    chance = random.Random(seed)
    events: list[dict[str, Any]] = []
    tickets: list[dict[str, Any]] = []
    for number in range(visits):
        _visit(chance, midnight(day), f"{day:%y%m%d}{number:026d}", events, tickets)
    events = [event for event in events if event["at"] < until]
    tickets = [ticket for ticket in tickets if ticket["created_at"] < until]
    with database.write() as session:
        for begin in range(0, len(tickets), AT_ONCE):
            session.execute(insert(Ticket), tickets[begin : begin + AT_ONCE])
        for begin in range(0, len(events), AT_ONCE):
            session.execute(insert(Event), events[begin : begin + AT_ONCE])
    return len(events)


def copy_days(database: Database, model: date, days: int, now: datetime) -> None:
    """Copies the counted day `model`, with its visits and tickets, to so many days before it."""
    with database.read() as session:
        row = session.get_one(ReportDay, model)
    for back in range(1, days + 1):
        with database.write() as session:
            _copy_rows(session, model, back)
            session.execute(insert(ReportDay), [_copied_day(row, model - timedelta(days=back), back, now)])
    with database.write() as session:
        linked = select(Ticket.id, text("'linked'"), text("'article-' || (id % 600)"), text("''"), text("''"), Ticket.created_at).where(Ticket.id % 10 == 0)
        session.execute(insert(TicketArticle).from_select(["ticket_id", "relation", "slug", "title", "digest", "created_at"], linked))
        read = select(Ticket.id, text("'read'"), text("'article-' || (id % 500)"), text("''"), text("''"), Ticket.created_at)
        session.execute(insert(TicketArticle).from_select(["ticket_id", "relation", "slug", "title", "digest", "created_at"], read))
        # None of these tickets came late.
        session.execute(update(ReportDay).values(newest_ticket=session.scalar(select(func.max(Ticket.id)))))


def analyse(database: Database) -> None:
    """Lets the planner know the tables, as the databases do by themselves over time."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")


def _copied_day(row: ReportDay, day: date, back: int, now: datetime) -> dict[str, Any]:
    chance = random.Random(back)
    values = {column.key: getattr(row, column.key) for column in ReportDay.__table__.columns}
    as_of = min(max(second_look_at(midnight(day)), midnight(day) + timedelta(days=2, hours=2)), now)
    clusters = [[f"{key} {back}" if number > 50 else key, *rest] for number, (key, *rest) in enumerate(row.clusters)]
    requesters = sorted(chance.sample(range(1, CUSTOMERS), len(row.requesters)))
    return values | {"day": day, "as_of": as_of, "is_closed": True, "clusters": clusters, "requesters": requesters}


def _copy_rows(session: Session, model: date, back: int) -> None:
    is_sqlite = session.get_bind().dialect.name == "sqlite"

    def earlier(column: str) -> str:
        return f"strftime('%Y-%m-%d', {column}, '-{back} days') || substr({column}, 11)" if is_sqlite else f"{column} - interval '{back} days'"

    inside = {"start": midnight(model), "end": midnight(model + timedelta(days=1))}
    bound = {name: value.strftime("%Y-%m-%d %H:%M:%S.%f") if is_sqlite else value for name, value in inside.items()}
    kept = ("visitor", "outcome", "traits", "slugs", "searches", "tickets")
    names, moved = ", ".join(("started_at", "ended_at", *kept)), ", ".join((earlier("started_at"), earlier("ended_at"), *kept))
    session.execute(text(f"INSERT INTO report_visits ({names}) SELECT {moved} FROM report_visits WHERE started_at >= :start AND started_at < :end"), bound)
    kept = ("subject", "status", "priority", "type", "submitter_id", "category", "via", "locale", "visit", "visitor", "salt", "version")
    times = ("created_at", "updated_at", "waiting_since", "solved_at")
    names, moved = ", ".join(("requester_id", *times, *kept)), ", ".join((f"(requester_id * 7 + {back}) % {CUSTOMERS - 1} + 1", *map(earlier, times), *kept))
    session.execute(text(f"INSERT INTO tickets ({names}) SELECT {moved} FROM tickets WHERE created_at >= :start AND created_at < :end"), bound)


def _visit(chance: random.Random, start: datetime, visitor: str, events: list[dict[str, Any]], tickets: list[dict[str, Any]]) -> None:
    at = start + timedelta(seconds=chance.randrange(86_400), microseconds=chance.randrange(10**6))
    slug, visit = SLUGS[min(int(chance.expovariate(0.01)), len(SLUGS) - 1)], visitor[::-1]

    def did(kind: Kind, **columns: Any) -> None:
        nonlocal at
        at += timedelta(seconds=chance.choice((1, 2, 5, 12, 40)))
        blank = dict.fromkeys(("query", "hit_count", "hits", "rank", "degraded", "answered", "slug", "digest", "ticket_id", "user_id", "value"))
        events.append(
            {"at": at, "kind": str(kind), "visit": visit, "visitor": visitor, "has_cookie": True, "locale": "en", "source": "web", **blank, **columns}
        )

    did(Kind.SCRIPT_RAN)
    for _ in range(chance.choice((0, 1, 1, 1, 2))):
        query = QUERIES[min(int(chance.expovariate(0.003)), len(QUERIES) - 1)]
        hits = [] if chance.random() < 0.12 else chance.sample(SLUGS, 6)
        did(Kind.SEARCH, query=query, hits=hits, hit_count=len(hits), answered=bool(hits) and chance.random() < 0.8, degraded=False)
        if hits and chance.random() < 0.6:
            slug = hits[0]
            did(Kind.SEARCH_CLICK, slug=slug, rank=1, query=query)
    if chance.random() < 0.75:
        did(Kind.ARTICLE_VIEW, slug=slug, digest="d")
        if chance.random() < 0.7:
            did(Kind.ARTICLE_ENGAGED, slug=slug, digest="d")
        if chance.random() < 0.05:
            did(Kind.VOTE, slug=slug, value=chance.choice(("yes", "no")))
    if chance.random() < 0.3:
        _form(chance, did, slug, visit, visitor, lambda: at, tickets)


def _form(chance: random.Random, did: Any, slug: str, visit: str, visitor: str, at: Any, tickets: list[dict[str, Any]]) -> None:
    did(Kind.FORM_OPEN)
    did(Kind.SUGGEST_SHOWN, query="printer", hits=SLUGS[:3], hit_count=3)
    ending = chance.random()
    if ending < 0.15:
        did(Kind.ARTICLE_ENGAGED, slug=slug)
        did(Kind.DEFLECT_CONFIRMED, slug=slug)
    elif ending < 0.4:
        did(Kind.ARTICLE_ENGAGED, slug=slug)
        did(Kind.FORM_ABANDONED)
    elif ending < 0.9:
        person = chance.randrange(1, CUSTOMERS)
        did(Kind.TICKET_CREATED, user_id=person)
        tickets.append(_ticket(person, at(), visit, visitor, is_solved=chance.random() < 0.8))


def _ticket(person: int, at: datetime, visit: str, visitor: str, *, is_solved: bool) -> dict[str, Any]:
    who = {"requester_id": person, "submitter_id": person, "visit": visit, "visitor": visitor, "salt": "s" * 32}
    state = {"status": "closed" if is_solved else "open", "solved_at": at + timedelta(hours=5) if is_solved else None}
    return {"subject": "It does not work as the article says", "created_at": at, "updated_at": at, "waiting_since": at, **who, **state}


def raw_days(last: date, count: int) -> Iterator[date]:
    """The last so many days, oldest first."""
    return (last - timedelta(days=back) for back in reversed(range(count)))
