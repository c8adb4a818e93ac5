"""Dates, numbers, sizes and lists as readers of the language in use write them."""

from collections.abc import Iterable
from datetime import UTC, date, datetime

from babel.dates import format_date, format_skeleton, format_time, get_datetime_format
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent

from kb.i18n.translate import current, gettext, ngettext

MINUTE, HOUR, DAY = 60, 3600, 86400
KB, MB = 1000, 1_000_000


def ago(moment: datetime, now: datetime | None = None) -> str:
    """Return how long ago it was: `just now`, `5 minutes ago`, `yesterday`, `3 days ago`, then the date."""
    seconds = ((now or datetime.now(UTC)) - moment).total_seconds()
    if seconds < MINUTE:
        return gettext("just now")
    if seconds < HOUR:
        return ngettext("%(num)s minute ago", "%(num)s minutes ago", int(seconds // MINUTE))
    if seconds < DAY:
        return ngettext("%(num)s hour ago", "%(num)s hours ago", int(seconds // HOUR))
    if seconds < 2 * DAY:
        return gettext("yesterday")
    return ngettext("%(num)s day ago", "%(num)s days ago", int(seconds // DAY)) if seconds < 30 * DAY else day(moment)


def time_of_day(moment: datetime) -> str:
    """Return the time of day: `09:05 UTC`."""
    return format_time(moment.astimezone(UTC), "short", locale=current().formats) + " UTC"


def short_day(moment: date) -> str:
    """Return the date without its year: `7 Mar`."""
    return format_skeleton("MMMd", moment, locale=current().formats)


def medium_day(moment: date) -> str:
    """Return the date in a short form: `7 Mar 2026`."""
    return format_date(moment, "medium", locale=current().formats)


def day(moment: date) -> str:
    """Return the date: `7 March 2026`."""
    return format_date(moment, "long", locale=current().formats)


def minute(moment: datetime) -> str:
    """Return the date and the time of day: `7 Mar 2026, 09:05 UTC`."""
    formats, utc = current().formats, moment.astimezone(UTC)
    pattern = str(get_datetime_format("medium", formats))
    return pattern.format(format_time(utc, "short", locale=formats), format_date(utc, "medium", locale=formats)) + " UTC"


def number(value: float, digits: int | None = None) -> str:
    """Return the number with its separators: `12,345.6`; with `digits`, that many after the point."""
    pattern = None if digits is None else "#,##0." + "0" * digits if digits else "#,##0"
    return format_decimal(value, pattern, locale=current().formats)


def percent(share: float, digits: int = 0) -> str:
    """Return a share of 0.0 to 1.0 in per cent, with that many digits after the point: `46%`, in German with a space."""
    pattern = str(current().formats.percent_formats[None].pattern)
    return format_percent(share, pattern.replace("0", "0." + "0" * digits) if digits else pattern, locale=current().formats)


def in_sentence(noun: str) -> str:
    """Return a label as it stands inside a sentence: in lower case, except in German, which writes nouns with a capital."""
    return noun if current().code == "de" else noun.lower()


def enumerated(items: Iterable[str]) -> str:
    """Return the items as a list inside a sentence: `one, two and three`."""
    return format_list(list(items), locale=current().formats)


def size(count: int) -> str:
    """Return bytes in words: `812 bytes`, `14 KB`, `2.5 MB`, `10 MB`."""
    if count < KB:
        return ngettext("%(num)s byte", "%(num)s bytes", count)
    if round(count / KB) < KB:
        return f"{round(count / KB)} KB"
    return f"{number(round(count / MB, 1))} MB"


def size_above(count: int, limit: int) -> str:
    """Return `count`, which is more than `limit`, in words that differ from those for `limit`: `10,000,001 bytes` where both would be `10 MB`."""
    return size(count) if size(count) != size(limit) else gettext("%(number)s bytes", number=number(count))
