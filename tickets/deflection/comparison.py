"""Compare each figure with the period before, and say whether the difference is more than chance."""

from dataclasses import dataclass

from kb.i18n import gettext as _
from tickets.deflection.figures.rates import Rate, difference
from tickets.deflection.metrics.groups import metric_groups
from tickets.deflection.metrics.metric import Metric
from tickets.deflection.report import Report


@dataclass(frozen=True, slots=True)
class PreviousValue:
    """What a figure was in the period before."""

    value: str
    basis: str
    verdict: str
    """Of a rate: `higher now` and `lower now` when the 95% interval of the difference leaves out zero, else `no clear change`; empty for other numbers."""


def before(report: Report, previous: Report) -> dict[str, PreviousValue]:
    """Key of a figure → what it was; nothing when no visit of the period before counts."""
    if not previous.visits.visits:
        return {}
    earlier = _lines(previous)
    return {key: PreviousValue(earlier[key].value, earlier[key].basis, _verdict(line, earlier[key])) for key, line in _lines(report).items()}


def _lines(report: Report) -> dict[str, Metric]:
    return {line.key: line for group in metric_groups(report) for line in group.metrics}


def _verdict(line: Metric, earlier: Metric) -> str:
    rates = [Rate(one.count, one.of) for one in (line, earlier) if one.count is not None and one.of is not None]
    bounds = difference(*rates) if len(rates) == 2 else None
    if bounds is None:
        return ""
    low, high = bounds
    return _("higher now") if low > 0 else _("lower now") if high < 0 else _("no clear change")
