"""The period as somebody types it."""

from datetime import UTC, datetime, timedelta

import pytest

from kb.config import Settings
from tests.tickets.deflection.script import Log, form, search
from tickets.deflection.period import BadPeriod, parse_period
from tickets.deflection.report_reader import run
from tickets.deflection.terminal import as_text

NOW = datetime(2026, 3, 31, 15, 30, tzinfo=UTC)


def test_both_days_are_included() -> None:
    period = parse_period("2026-03-01", "2026-03-07", "2026-03-20", NOW)
    assert (period.start, period.end) == (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 8, tzinfo=UTC))
    assert period.as_of == datetime(2026, 3, 21, tzinfo=UTC)
    assert (period.first_day.day, period.last_day.day) == (1, 7)


def test_without_dates_it_is_the_last_thirty_days() -> None:
    period = parse_period(None, None, None, NOW)
    assert (period.first_day.isoformat(), period.last_day.isoformat()) == ("2026-03-02", "2026-03-31")
    assert period.as_of == NOW


def test_a_time_is_taken_exactly() -> None:
    period = parse_period("2026-03-01T12:00+02:00", "2026-03-01T18:00Z", None, NOW)
    assert period.end - period.start == timedelta(hours=8)


def test_nothing_is_known_of_the_future() -> None:
    assert parse_period(None, None, "2027-01-01", NOW).as_of == NOW


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("1 March", None, "from: “1 March” is not a date"),
        (None, "2026-02-30", "to: “2026-02-30” is not a date"),
        ("2026-03-02", "2026-03-01", "Swap the two dates"),
        ("2020-01-01", "2026-01-01", "longer than three years"),
        ("0001-01-01", "0001-01-02", "between 1970 and 2999"),
        (None, "0001-01-02", "between 1970 and 2999"),
        (None, "9999-12-30", "between 1970 and 2999"),
        (None, "9999-12-31", "is not a date"),
    ],
)
def test_impossible_periods_are_explained(first: str | None, last: str | None, words: str) -> None:
    with pytest.raises(BadPeriod, match=words):
        parse_period(first, last, None, NOW)


def test_the_report_as_text(log: Log) -> None:
    log.visit("ann", search(0, "warp\x1b[2J drive"))
    log.visit("bob", form(0))
    text = as_text(run(log.database, Settings(), "2026-03-01", "2026-03-07"))
    assert "Deflection, 2026-03-01 to 2026-03-07 (UTC, both included)" in text
    assert "What became of 2 visits (1 of them opened the form)" in text
    assert "warp [2J drive" in text
    assert "\x1b" not in text


def test_an_empty_report_as_text_says_so(log: Log) -> None:
    assert "No mature visits yet." in as_text(run(log.database, Settings(), "2026-03-01", "2026-03-07"))
