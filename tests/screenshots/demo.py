"""A small help desk in use: people, tickets, what one of them tried, and twelve weeks of visits for the report."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from kb.accounts import people
from kb.accounts.models import Role, User
from kb.db import Database
from kb.events.models import Event
from kb.events.recorder import CurrentVisit
from tests.tickets.deflection.script import TimelineStep, complete, confirm, engaged, form, left_form, script, search, sent, view
from tickets.access import link_holder, person
from tickets.comment import NewComment
from tickets.creation import NewTicket, create
from tickets.models import Ticket
from tickets.update import Update, apply

SEED, WEEKS, VISITS_A_WEEK = 7, 12, 60
ANSWERED = (
    ("install deskbook", "install-deskbook"),
    ("serve my own articles", "your-own-articles"),
    ("send mail through smtp", "send-mail"),
    ("add an agent", "add-people"),
)
UNANSWERED = ("export all tickets", "change the sender of one email", "merge two tickets", "opening hours", "sso with azure")
PRINT = "We hand out printed instructions in the workshop. The pictures should be on the page, large enough to see the screws."


def fill(database: Database, now: datetime) -> User:
    """Fill an empty database; return the agent at whose desk the pictures are taken."""
    with database.write() as session:
        ann = people.add_user(session, "ann@example.com", "Ann Larsson", Role.ADMIN, now - timedelta(days=200))
        lee = people.add_user(session, "lee@example.com", "Lee Sander", Role.AGENT, now - timedelta(days=90))
    _tickets(database, ann, lee, now)
    chance = random.Random(SEED)
    for week in range(WEEKS):
        for number in range(VISITS_A_WEEK):
            start = now - timedelta(weeks=WEEKS - week) + timedelta(days=chance.uniform(0, 6))
            _visit(database, chance, start, f"{week:02d}{number:030d}", 0.25 + 0.4 * week / WEEKS)
    return ann


def _tickets(database: Database, ann: User, lee: User, now: datetime) -> None:
    visitor = "f" * 32
    with database.write() as session:
        tried = (
            script(0),
            search(5, "print an article on paper", hits=["put-your-name-on-it"] * 35, answered=False),
            (20, "article_view", {"slug": "put-your-name-on-it", "digest": "3f9c2a17"}),
            (95, "article_view", {"slug": "images-and-video", "digest": "b80d41e6"}),
            form(160),
        )
        _store(session, tried, now - timedelta(days=1, minutes=6), visitor)
        printing = _ticket(session, now - timedelta(days=1), "Kim Doe", "Can I print an article with its pictures?", PRINT, visitor=visitor)
        password = _ticket(
            session, now - timedelta(hours=9), "Noor Haddad", "My sign-in link has expired", "I opened it the next morning. Can I have a new one?"
        )
        invoice = _ticket(
            session, now - timedelta(hours=5), "Jo Berg", "Where do I find last month’s invoice?", "The link in your email leads to an empty page."
        )
        _ticket(session, now - timedelta(hours=2), "Sam Okafor", "Two people want to write one article", "Who wins when both change the same file?")
    with database.write() as session:
        _writes(
            session,
            printing,
            lee,
            "Asked the writers for a print style that shows pictures in full.",
            now - timedelta(minutes=40),
            is_public=False,
            priority="high",
        )
        _writes(session, password, ann, "Here is a new link. It works for an hour.", now - timedelta(hours=7), status="pending")
        _writes(session, invoice, ann, "We are looking into it.", now - timedelta(hours=4), tags=["billing"])
    with database.write() as session:
        ticket = session.get_one(Ticket, invoice)
        apply(
            session,
            invoice,
            Update(comment=NewComment("Thank you. It is the invoice of May.")),
            actor=link_holder(ticket),
            via="web",
            now=now - timedelta(hours=1),
        )


def _ticket(session: Session, at: datetime, name: str, subject: str, body: str, *, visitor: str = "") -> int:
    email = f"{name.split()[0].lower()}@example.com"
    visit = CurrentVisit(visitor, visitor, is_secure=False) if visitor else None
    return create(session, NewTicket(email=email, name=name, subject=subject, body=body, proof="session", visit=visit), now=at).id


def _writes(session: Session, number: int, user: User, body: str, at: datetime, *, is_public: bool = True, **changes: Any) -> None:
    apply(session, number, Update(changes, NewComment(body, is_public)), actor=person(user), via="web", now=at)


def _visit(database: Database, chance: random.Random, start: datetime, visitor: str, luck: float) -> None:
    """One visit: a search, what it found, and for some of them the form. `luck` is how likely an article helps."""
    with database.write() as session:
        _store(session, tuple(_steps(session, chance, start, visitor, luck)), start, visitor)


def _steps(session: Session, chance: random.Random, start: datetime, visitor: str, luck: float) -> Iterator[TimelineStep]:
    yield script(0)
    query, slug = chance.choice(ANSWERED) if chance.random() < 0.75 else (chance.choices(UNANSWERED, (5, 4, 3, 2, 1))[0], "")
    yield search(4, query, hits=[slug] if slug else [])
    if slug:
        yield view(12, slug)
        yield engaged(30, slug)
    if chance.random() < 0.55:
        yield form(60)
        if slug and chance.random() < luck:
            yield engaged(80, slug)
            yield confirm(110, slug) if chance.random() < 0.6 else left_form(110)
        elif chance.random() < 0.8:
            filed = start + timedelta(seconds=200)
            email = f"c{visitor[:8]}{visitor[-3:]}@example.org"
            ticket = create(
                session,
                NewTicket(email=email, subject=query.capitalize(), body="Please help.", visit=CurrentVisit(visitor, visitor, is_secure=False)),
                now=filed,
            )
            apply(session, ticket.id, Update({"status": "solved"}), actor=person(session.get_one(User, 1)), via="web", now=filed + timedelta(hours=5))
            yield sent(200, ticket.id)


def _store(session: Session, steps: tuple[TimelineStep, ...], start: datetime, visitor: str) -> None:
    base = {"visit": visitor, "visitor": visitor, "has_cookie": True, "locale": "en"}
    rows = [complete({"at": start + timedelta(seconds=second), "kind": kind, **base, **columns}) for second, kind, columns in steps]
    session.execute(insert(Event), rows)
