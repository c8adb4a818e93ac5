"""The report as text for a terminal."""

from kb.text.counted import counted
from tickets.deflection.metrics.groups import MetricGroup, metric_groups
from tickets.deflection.metrics.metric import Metric, percent
from tickets.deflection.metrics.outcome_names import LEFT_OUT_NAMES, OUTCOME_NAMES
from tickets.deflection.period import Period
from tickets.deflection.report import Report
from tickets.deflection.visits.outcomes import Outcome

BAR = 30
TOP = 10


def as_text(report: Report) -> str:
    """The whole report, under 100 columns wide but for the queries themselves."""
    parts = [_head(report), _ladder(report), *(_group(group) for group in metric_groups(report)), _searches(report)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(report: Report) -> str:
    period = Period(report.start, report.end, report.as_of)
    days = f"{period.first_day} to {period.last_day} (UTC, both included)"
    lines = [f"Deflection, {days}, as known at {report.as_of:%Y-%m-%d %H:%M}Z; definitions {report.definitions}"]
    if not report.visits.visits:
        lines.append("No mature visits yet." + (f" First figures on {day:%Y-%m-%d %H:%M}Z." if (day := report.visits.first_matures_at) else ""))
    return "\n".join(lines)


def _ladder(report: Report) -> str:
    visits = report.visits
    lines = [f"What became of {counted(visits.visits, 'visits')} ({visits.form_visits:,} of them opened the form)"]
    for outcome in Outcome:
        count = visits.outcomes[outcome]
        share = count / visits.visits if visits.visits else None
        lines.append(f"  {OUTCOME_NAMES[outcome]:<30} {count:>8,}  {percent(share):>6}  {'█' * round(BAR * (share or 0))}".rstrip())
    lines += [f"  left out: {count:,} {LEFT_OUT_NAMES[reason]}" for reason, count in visits.left_out.items() if count]
    lines.append(f"  articles read: {visits.reported_readings:,} reported by the page, {visits.inferred_readings:,} inferred without JavaScript")
    return "\n".join(lines)


def _group(group: MetricGroup) -> str:
    return "\n".join([group.name, *(_line(line) for line in group.metrics)])


def _line(line: Metric) -> str:
    bounds = f"  [{percent(line.low)} to {percent(line.high)}]" if line.low is not None else ""
    return f"  {line.name:<30} {line.value:>8}  {line.basis}{bounds}".rstrip()


def _searches(report: Report) -> str:
    found = report.searches.top_unanswered[:TOP]
    if not found:
        return ""
    rows = [f"  {search.unanswered:>8,}  {len(search.tickets):>7,}  {_printable(search.query)}" for search in found]
    return "\n".join(["Searches without an answer", "  searches  tickets  query", *rows])


def _printable(query: str) -> str:
    """On one line, without what a terminal would obey."""
    return "".join(char if char.isprintable() else " " for char in query)[:100]
