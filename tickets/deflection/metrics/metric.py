"""One line of the report, in words."""

from dataclasses import dataclass

from kb.i18n import gettext as _
from kb.i18n import npgettext
from kb.i18n.formats import number as formatted
from kb.i18n.formats import percent as formatted_percent
from tickets.deflection.figures.rates import Rate
from tickets.deflection.metrics.definitions import DEFINITIONS

UNKNOWN = "–"
FEW = 0.1
"""A share below this is shown with one decimal."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure, with its bounds where it is a rate."""

    key: str
    name: str
    value: str
    basis: str
    """What it was counted from, in words; empty when the value says it all."""
    meaning: str
    number: float | None = None
    count: int | None = None
    of: int | None = None
    low: float | None = None
    high: float | None = None
    drilldown: str = ""
    """Query of the list of visits behind the figure; empty when there are none."""
    tickets: tuple[int, ...] = ()
    """Of a figure counted from tickets: some of those it counts, newest first."""


def rate(key: str, figure: Rate, things: str, *, tickets: tuple[int, ...] = ()) -> Metric:
    """Return the line of a rate: `38%`, `3 of 8 visits`, with its bounds."""
    definition = DEFINITIONS[key]
    return Metric(
        key,
        _(definition.name),
        percent(figure.value),
        _("%(count)s of %(things)s", count=formatted(figure.count), things=_all(things, figure.of)),
        _(definition.meaning),
        figure.value,
        figure.count,
        figure.of,
        figure.low,
        figure.high,
        definition.drilldown if figure.of else "",
        tickets,
    )


def number(key: str, value: float | None, *, basis: str = "", digits: int = 0, counted: int = 0) -> Metric:
    """Return the line of a number that is no share; `counted` of the visits or searches in the list behind it."""
    definition = DEFINITIONS[key]
    words = UNKNOWN if value is None else formatted(value, digits)
    return Metric(key, _(definition.name), words, basis, _(definition.meaning), value, drilldown=definition.drilldown if counted else "")


def percent(value: float | None) -> str:
    """Return `38%`; one decimal under ten percent; a dash when unknown."""
    if value is None:
        return UNKNOWN
    return formatted_percent(value, 1 if 0 < value < FEW else 0)


def _all(kind: str, count: int) -> str:
    """Return what a rate is counted from, after “3 of”: `8 visits`."""
    num = formatted(count)
    of = {
        "visits": npgettext("after “3 of”", "%(num)s visit", "%(num)s visits", count, num=num),
        "form": npgettext("after “3 of”", "%(num)s visit that opened the form", "%(num)s visits that opened the form", count, num=num),
        "read": npgettext("after “3 of”", "%(num)s visit that read an article", "%(num)s visits that read an article", count, num=num),
        "week": npgettext("after “3 of”", "%(num)s successful visit a week old", "%(num)s successful visits a week old", count, num=num),
        "searches": npgettext("after “3 of”", "%(num)s search", "%(num)s searches", count, num=num),
        "found": npgettext("after “3 of”", "%(num)s search with results", "%(num)s searches with results", count, num=num),
        "matched": npgettext("after “3 of”", "%(num)s ticket that can be matched", "%(num)s tickets that can be matched", count, num=num),
        "solved": npgettext("after “3 of”", "%(num)s ticket solved in the period", "%(num)s tickets solved in the period", count, num=num),
    }
    return of[kind]
