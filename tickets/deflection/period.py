"""Parse the period of a report as people type it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from kb.i18n import gettext as _

DAYS_SHOWN = 30
LONGEST = timedelta(days=1100)
FIRST_YEAR, LAST_YEAR = 1970, 2999


class BadPeriod(ValueError):
    """The dates make no period; the message says what would."""


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` to just before `end`, as known at `as_of`; all aware, in UTC."""

    start: datetime
    end: datetime
    as_of: datetime

    @property
    def first_day(self) -> date:
        """The first day of the period."""
        return self.start.date()

    @property
    def last_day(self) -> date:
        """The last day of the period, which is part of it."""
        return (self.end - timedelta(microseconds=1)).date()

    @property
    def previous(self) -> "Period":
        """As long a period, just before, as known at the same moment."""
        return Period(self.start - (self.end - self.start), self.start, self.as_of)


def parse_period(first: str | None, last: str | None, as_of: str | None, now: datetime) -> Period:
    """The period from `first` to `last`, both days included, in UTC; raises BadPeriod.

    Each is `YYYY-MM-DD`, or an ISO 8601 time, which is then taken exactly (`last` as the first moment outside).
    Without `last`: up to the end of today. Without `first`: the 30 days before. `as_of` as a day is that day's end; without it: `now`.
    """
    end = _moment("to", last, is_end=True) if last else _midnight(now.date() + timedelta(days=1))
    start = _moment("from", first, is_end=False) if first else _midnight((end - timedelta(microseconds=1)).date() - timedelta(days=DAYS_SHOWN - 1))
    known = min(_moment("as-of", as_of, is_end=True), now) if as_of else now
    if start >= end:
        raise BadPeriod(_("The period ends before it begins. Swap the two dates."))
    if end - start > LONGEST:
        raise BadPeriod(_("The period is longer than three years. Choose a shorter one."))
    return Period(start, end, known)


def _moment(name: str, text: str, *, is_end: bool) -> datetime:
    try:
        if len(text) == len("2026-11-23"):
            moment = _midnight(date.fromisoformat(text) + timedelta(days=is_end))
        else:
            moment = datetime.fromisoformat(text)
            moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadPeriod(
            _("%(name)s: “%(text)s” is not a date. Enter a date like 2026-11-23 or a time like 2026-11-23T09:00Z.", name=name, text=text[:40])
        ) from None
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        day, limits = moment.date().isoformat(), {"first": FIRST_YEAR, "last": LAST_YEAR}
        raise BadPeriod(_("%(name)s: %(day)s is out of range. Choose a day between %(first)s and %(last)s.", name=name, day=day, **limits))
    return moment


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
