"""Giving many tickets to another person or group, each by an update of its own, so that its history says so."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from kb.accounts.models import User
from kb.db import Database, now
from tickets.access import administrator
from tickets.update import TicketNotFound, Update, apply

AT_ONCE = 100
"""Tickets in one transaction: others write in between."""
Find = Callable[[Session, int, int], Sequence[int]]
"""Returns the numbers of tickets above the number given, in order, at most as many as said."""


def reassign(database: Database, find: Find, changes: Mapping[str, Any], by: User) -> int:
    """Change the tickets that `find` finds in the name of `by`; return how many. Nobody is emailed about each of them."""
    done, after = 0, 0
    while True:
        with database.write() as session:
            numbers = find(session, after, AT_ONCE)
            for number in numbers:
                try:
                    apply(session, number, Update(changes), actor=administrator(by), via="web", now=now())
                except TicketNotFound:
                    continue
        done, after = done + len(numbers), max([after, *numbers])
        if len(numbers) < AT_ONCE:
            return done
