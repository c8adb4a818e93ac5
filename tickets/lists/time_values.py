"""Times in filters: days, months and years, `today`, stretches such as `2026-01-01..2026-01-31`, and ages such as `3d`."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_AGE = re.compile(r"([1-9][0-9]{0,3})(m|h|d|w)")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_DATE = re.compile(r"([12][0-9]{3})(?:-(0?[1-9]|1[0-2])(?:-(0?[1-9]|[12][0-9]|3[01]))?)?")


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `start`, up to but without `end`."""

    start: datetime
    end: datetime


def age_of(text: str) -> timedelta | None:
    """Return the length of time that `text` names, such as `3d`; None for anything else."""
    found = _AGE.fullmatch(text)
    return int(found[1]) * _UNITS[found[2]] if found else None


def stretch_of(text: str, now: datetime) -> Stretch | None:
    """Return the day, month, year or stretch of days that `text` names, in UTC; None for anything else."""
    first, dots, last = text.partition("..")
    if dots:
        begin, end = stretch_of(first, now) if ".." not in last else None, stretch_of(last, now) if ".." not in last else None
        return Stretch(begin.start, end.end) if begin and end and begin.start < end.end else None
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if text in ("today", "yesterday"):
        start = midnight - timedelta(days=text == "yesterday")
        return Stretch(start, start + timedelta(days=1))
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    year, month, day = (int(part) if part else 0 for part in found.groups())
    try:
        if day:
            start = datetime(year, month, day, tzinfo=UTC)
            return Stretch(start, start + timedelta(days=1))
        following = (year + month // 12, month % 12 + 1) if month else (year + 1, 1)
        return Stretch(datetime(year, month or 1, 1, tzinfo=UTC), datetime(*following, 1, tzinfo=UTC))
    except (ValueError, OverflowError):
        return None


def is_time(text: str, now: datetime) -> bool:
    """Return whether filters know this time."""
    return age_of(text) is not None or stretch_of(text, now) is not None
