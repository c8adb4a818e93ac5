"""Filters as people type them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.db import Database
from tests.generators import searches
from tickets.access import SYSTEM
from tickets.creation import NewTicket, create
from tickets.lists import sort_orders
from tickets.lists.condition_queries import Viewpoint
from tickets.lists.conditions import Condition, Operator
from tickets.lists.filter_words import BY_WORD, compose, parse
from tickets.lists.page_queries import page, sort_keys
from tickets.lists.time_values import stretch_of

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def test_words_with_a_colon_are_conditions_and_the_rest_is_searched_for() -> None:
    found = parse('status:open,pending assignee:me  tag:refund -from:"Ana B" created:>2026-01-01 paper jam sort:-created', NOW)
    assert found.problems == ()
    assert found.conditions == (
        Condition("status", ("open", "pending")),
        Condition("assignee_id", ("me",)),
        Condition("tags", ("refund",)),
        Condition("requester_id", ("Ana B",), is_negated=True),
        Condition("created_at", ("2026-01-01",), Operator.ABOVE),
    )
    assert (found.words, found.order) == ("paper jam", "-created")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("status:On-Hold", "status:hold"),
        ("status:unsolved", "status:new,open,pending,hold"),
        ("status:open status:new", "status:open,new"),
        ("tag:a tag:b", "tag:a tag:b"),
        ("tag:Big,Box", "tag:big,box"),
        ("assignee:nobody", "assignee:none"),
        ("created:3D", "created:3d"),
        ("held:yes", "held:yes"),
        ("https://example.com/a:b", "https://example.com/a:b"),
        ("Re: printer", "Re: printer"),
        ("colour:red", "colour:red"),
        ('subject:"paper jam"', 'subject:"paper jam"'),
        ("status:open,", "status:open"),
    ],
)
def test_what_is_typed_is_read_and_written_in_one_way(typed: str, meant: str) -> None:
    found = parse(typed, NOW)
    assert (found.text, found.problems) == (meant, ())
    assert parse(found.text, NOW) == found


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("status:opne", "status:opne"),
        ("created:soon", "2026-03-31"),
        ("created:2026-02-30", "2026-02-30"),
        ("created:2026-02-02..2026-01-01", "not a time"),
        ("priority:>low", "only times"),
        ("held:maybe", "yes, no"),
        ("sort:colour", "waiting"),
        ('from:""', "no value"),
        (" ".join(f"tag:t{n}" for n in range(21)), "20"),
    ],
)
def test_what_is_not_understood_is_named(typed: str, said: str) -> None:
    assert any(said in problem for problem in parse(typed, NOW).problems), parse(typed, NOW)


def test_days_months_years_and_stretches_are_whole() -> None:
    day = timedelta(days=1)
    for text, length in (
        ("2026-02", 28 * day),
        ("2024-02-29", day),
        ("2026", 365 * day),
        ("2026-12", 31 * day),
        ("today", day),
        ("2026-01-01..2026-01-07", 7 * day),
    ):
        stretch = stretch_of(text, NOW)
        assert stretch is not None, text
        assert stretch.end - stretch.start == length, text
    for text in ("9999-12-31", "9999", "2999-12", "..", "2026-01..", "2026-01-01..2026-01-02..2026-01-03"):
        stretch_of(text, NOW)


def test_a_form_becomes_the_words_that_would_be_typed() -> None:
    assert compose([("status", ["open", "new"]), ("tag", [""]), ("from", ["Ana B"]), ("created", ["<7d"])]) == 'status:open,new from:"Ana B" created:<7d'


@pytest.fixture
def filled(database: Database) -> Database:
    with database.write() as session:
        for number in range(3):
            create(session, NewTicket(email=f"c{number}@example.com", subject=f"Ticket {number}", body="Hm."), now=NOW)
    return database


def test_every_field_and_every_order_reaches_both_databases(filled: Database) -> None:
    viewpoint = Viewpoint(SYSTEM, NOW)
    values = {
        "status": "new",
        "priority": "normal",
        "type": "question",
        "held": "no",
        "assignee": "none,me,ada",
        "from": "c",
        "tag": "none,x",
        "category": "none,x",
    }
    with filled.read() as session:
        for word, field in BY_WORD.items():
            value = values.get(word, "today" if str(field.kind) == "time" else "x")
            for typed in (f"{word}:{value}", f"-{word}:{value}"):
                wanted = parse(typed, NOW)
                assert wanted.problems == (), typed
                page(session, wanted, viewpoint, order="newest", place=None, limit=2)
        for order in [name for one in sort_orders.orders() for name in (one, f"-{one.removeprefix('-')}") if sort_orders.is_order(name)]:
            sort_orders.label_of(order)
            first = page(session, parse("", NOW), viewpoint, order=order, place=None, limit=2)
            assert len(first.tickets) == 2, order
            assert first.after, order
            assert len(sort_keys(order, parse("", NOW))) >= 1


@searches(examples=300)
@given(typed=st.text(alphabet=st.sampled_from('status:open,-"<>=tag:created2026-01.. x\x00é#%')))
def test_anything_can_be_typed(typed: str) -> None:
    found = parse(typed, NOW)
    if not found.problems:
        assert parse(found.text, NOW).text == found.text
