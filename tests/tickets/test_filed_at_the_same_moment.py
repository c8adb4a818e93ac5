"""Requests filed while another transaction that files is not over yet."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from kb.accounts.models import User
from kb.db import Database, now
from tickets.creation import FiledTicket, NewTicket, create
from tickets.models import Audit, Comment, Ticket

NONCE = "0" * 32


def file(database: Database, subject: str, nonce: str | None, *, is_pipelined: bool) -> FiledTicket:
    with database.write(is_pipelined=is_pipelined) as session:
        return create(session, NewTicket(email="new@example.com", subject=subject, body="It smokes.", form_nonce=nonce), now=now())


def file_beside(database: Database, subject: str, nonce: str | None, *, is_pipelined: bool) -> tuple[FiledTicket, FiledTicket]:
    """The ticket of a request, and that of one which is sent before the first is committed."""
    with ThreadPoolExecutor(1) as pool:
        with database.write() as session:
            first = create(session, NewTicket(email="new@example.com", subject="Smoke", body="It smokes.", form_nonce=NONCE), now=now())
            second = pool.submit(file, database, subject, nonce, is_pipelined=is_pipelined)
        return first, second.result(20)


def counts(database: Database) -> list[int | None]:
    with database.read() as session:
        return [session.scalar(select(func.count()).select_from(model)) for model in (User, Ticket, Comment, Audit)]


@pytest.mark.parametrize("is_pipelined", [False, True])
def test_the_same_form_is_one_ticket(database: Database, is_pipelined: bool) -> None:
    first, second = file_beside(database, "Smoke", NONCE, is_pipelined=is_pipelined)
    assert (second.id, second.salt, second.is_new) == (first.id, first.salt, False)
    assert counts(database) == [1, 1, 1, 1]


@pytest.mark.parametrize("is_pipelined", [False, True])
def test_two_requests_of_one_new_person_are_two_tickets_of_one_person(database: Database, is_pipelined: bool) -> None:
    first, second = file_beside(database, "Fire", None, is_pipelined=is_pipelined)
    assert second.is_new
    assert first.requester_id == second.requester_id
    assert counts(database) == [1, 2, 2, 2]
