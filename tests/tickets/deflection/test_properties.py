"""Whatever visitors do: every visit has exactly one outcome or one reason for having none, and every rate is a share."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from kb.events.models import Kind
from tests.tickets.deflection.script import NOON
from tickets.deflection.figures.rates import Rate
from tickets.deflection.figures.search_metrics import SearchTally, search_figures
from tickets.deflection.figures.visit_metrics import VisitTally, visit_figures
from tickets.deflection.queries import EventRow, TicketRow
from tickets.deflection.report import plain
from tickets.deflection.visits.clusters import Clusters
from tickets.deflection.visits.outcomes import WINDOW, Judged, Ties, judge
from tickets.deflection.visits.visits import GAP, visits

SLUGS = st.sampled_from(["blink", "wifi", None])
events = st.builds(
    EventRow,
    id=st.integers(1, 10**6),
    at=st.integers(0, 3 * 86400).map(lambda second: NOON + timedelta(seconds=second)),
    kind=st.sampled_from([str(kind) for kind in Kind]),
    visit=st.sampled_from(["a", "b", ""]),
    visitor=st.sampled_from(["ann", "bob"]),
    locale=st.sampled_from(["en", "de"]),
    query=st.one_of(st.none(), st.text(max_size=12)),
    hit_count=st.one_of(st.none(), st.integers(0, 3)),
    hits=st.one_of(st.none(), st.lists(st.sampled_from(["blink", "wifi"]), max_size=3)),
    rank=st.one_of(st.none(), st.integers(1, 9)),
    degraded=st.one_of(st.none(), st.booleans()),
    answered=st.one_of(st.none(), st.booleans()),
    slug=SLUGS,
    value=st.sampled_from(["yes", "no", None]),
)
filed = st.builds(
    TicketRow,
    id=st.integers(1, 5),
    created_at=st.integers(-86400, 12 * 86400).map(lambda second: NOON + timedelta(seconds=second)),
    visit=st.sampled_from(["a", "b", ""]),
    visitor=st.sampled_from(["ann", "bob", ""]),
    requester_id=st.integers(1, 3),
    is_held=st.booleans(),
)


def judged(rows: list[EventRow], tickets: list[TicketRow], days: int) -> list[Judged]:
    ordered = sorted(rows, key=lambda row: (row.visitor, row.at, row.id))
    ties = Ties(tickets, {"ann": {1}, "bob": {2}}, frozenset((3,)))
    return [judge(visit, ties, NOON + timedelta(days=days)) for visit in visits(ordered)]


@settings(max_examples=30, deadline=None)
@given(rows=st.lists(events, max_size=40), tickets=st.lists(filed, max_size=4), days=st.integers(0, 20))
def test_every_visit_has_exactly_one_outcome_or_one_reason(rows: list[EventRow], tickets: list[TicketRow], days: int) -> None:
    found = judged(rows, tickets, days)
    assert sum(len(one.visit.events) for one in found) == len(rows)
    for one in found:
        assert (one.outcome is None) != (one.left_out is None)
        assert all(after.at - before.at <= GAP for before, after in zip(one.visit.events, one.visit.events[1:], strict=False))
        if one.outcome is not None:
            assert one.visit.ended_at + WINDOW <= NOON + timedelta(days=days)


@settings(max_examples=30, deadline=None)
@given(rows=st.lists(events, max_size=40), tickets=st.lists(filed, max_size=4))
def test_every_rate_is_a_share_and_the_floor_is_below_the_headline(rows: list[EventRow], tickets: list[TicketRow]) -> None:
    visits, search, clusters = VisitTally(), SearchTally(), Clusters()
    for one in judged(rows, tickets, 20):
        visits.count(one)
        if one.outcome is not None:
            search.count(one, clusters)
    figures, searches = visit_figures(visits, None), search_figures(search, clusters)
    assert sum(figures.outcomes.values()) == figures.visits
    rates = [value for part in (figures, searches) for name in type(part).__slots__ if isinstance(value := getattr(part, name), Rate)]
    assert len(rates) == 12
    for rate in rates:
        assert 0 <= rate.count <= rate.of
        assert rate.value is None or 0 <= (rate.low or 0) <= rate.value + 1e-9 <= (rate.high or 0) + 2e-9
    assert figures.confirmed_form_deflection.count <= figures.form_deflection.count
    assert plain(searches)
