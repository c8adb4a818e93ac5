"""The deflection report for agents: the figures, the visits behind each, and both as files."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from kb.accounts.permissions import Permission
from kb.accounts.sessions import require_permission
from kb.db import database, now
from kb.events.queries import counted
from kb.i18n import N_
from kb.i18n import gettext as _
from kb.web.templates import render
from tickets.access import person
from tickets.deflection.comparison import before
from tickets.deflection.csv_export import figures_as_csv, searches_as_csv
from tickets.deflection.days.queries import ListPosition
from tickets.deflection.drilldown import Selection, parse_position, visits_behind
from tickets.deflection.metrics.groups import metric_groups
from tickets.deflection.metrics.outcome_names import LEFT_OUT_NAMES, OUTCOME_MEANINGS, OUTCOME_NAMES
from tickets.deflection.period import BadPeriod, Period, parse_period
from tickets.deflection.report import Report
from tickets.deflection.report_reader import count_due_days, read_report
from tickets.deflection.trend import trend
from tickets.deflection.visits.outcomes import Outcome
from tickets.deflection.visits.timeline import timeline
from tickets.deflection.visits.traits import FORM, KINDS, LATE, READ
from tickets.queries import visible_numbers

URL = "/desk/reports/deflection"
PERIODS = ((N_("7 days"), 7), (N_("30 days"), 30), (N_("90 days"), 90), (N_("A year"), 365))
ARTICLES_SHOWN = 25
SEARCHES_SHOWN = 25


def reports(request: Request) -> Response:
    """There is one report: the way to it."""
    require_permission(request, Permission.SEE_REPORTS)
    return RedirectResponse(URL, 303)


def deflection(request: Request) -> Response:
    """The report; 422 with the form when the dates make no period."""
    require_permission(request, Permission.SEE_REPORTS)
    typed = {"from": request.query_params.get("from", ""), "to": request.query_params.get("to", "")}
    try:
        period = _period(request)
    except BadPeriod as problem:
        return render(request, "deflection/bad_period.html", {"typed": typed, "problem": str(problem), "periods": _periods(None)}, status=422)
    found, previous = _report(request, period), _report(request, period.previous, in_full=False)
    with database(request).read() as session:
        dropped = {"dropped": counted(session, period.first_day, period.last_day).dropped}
    return render(request, "deflection/report.html", _shown(request, found, period) | _compared(found, previous, period.previous) | dropped)


def visits(request: Request) -> Response:
    """The visits behind a figure, 20 on a page, with everything that happened in them."""
    actor = person(require_permission(request, Permission.SEE_REPORTS))
    period, selection, place = _period_or_400(request), _selection(request), _place(request)
    count_due_days(database(request), request.app.state.settings, period)
    with database(request).read() as session:
        found = visits_behind(session, period, selection, place)
        titles = _titles(request)
        shown = [(one, timeline(one.visit, titles) if one.visit else []) for one in found.visits]
        numbers = {number for one, steps in shown for number in (*one.tickets, *(step.ticket_id for step in steps)) if number is not None}
        visible = visible_numbers(session, actor, numbers)
    base = f"{URL}/visits?{_without_place(request)}"
    context = {
        "period": period,
        "found": found,
        "shown": shown,
        "names": {outcome: _(name) for outcome, name in OUTCOME_NAMES.items()},
        "selection": selection,
        "visible": visible,
        "searches": [trait.removeprefix("search_") for trait in selection.traits if trait.startswith("search_")],
        "newest": base if place else "",
        "older": f"{base}&before={found.older}" if found.older else "",
        "back": f"{URL}?{_days(period)}",
    }
    return render(request, "deflection/visits.html", context)


def figures_csv(request: Request) -> Response:
    """Every figure as a file."""
    require_permission(request, Permission.SEE_REPORTS)
    period = _period_or_400(request)
    return _file(figures_as_csv(_report(request, period)), "deflection", period)


def searches_csv(request: Request) -> Response:
    """The searches without an answer as a file."""
    require_permission(request, Permission.SEE_REPORTS)
    period = _period_or_400(request)
    return _file(searches_as_csv(_report(request, period)), "searches-without-an-answer", period)


def _shown(request: Request, found: Report, period: Period) -> dict[str, Any]:
    by_key = {line.key: line for group in metric_groups(found) for line in group.metrics}
    ladder = [(outcome, _(OUTCOME_NAMES[outcome]), _(OUTCOME_MEANINGS[outcome]), found.visits.outcomes[outcome]) for outcome in Outcome]
    return {
        "report": found,
        "period": period,
        "headline": by_key["form_deflection_rate"],
        "floor": by_key["confirmed_form_deflection_rate"],
        "metric_groups": metric_groups(found)[1:],
        "ladder": ladder,
        "trend": trend(found.weeks),
        "left_out": [(_(LEFT_OUT_NAMES[reason]), count) for reason, count in found.visits.left_out.items() if count],
        "searches": found.searches.top_unanswered[:SEARCHES_SHOWN],
        "articles": found.articles[:ARTICLES_SHOWN],
        "titles": _titles(request),
        "days": _days(period),
        "periods": _periods(period),
        "typed": {"from": period.first_day, "to": period.last_day},
    }


def _compared(found: Report, previous: Report, period: Period) -> dict[str, Any]:
    return {"before": before(found, previous), "previous": previous, "previous_period": period, "previous_days": _days(period)}


def _report(request: Request, period: Period, *, in_full: bool = True) -> Report:
    return read_report(database(request), request.app.state.settings, period, in_full=in_full)


def _period(request: Request) -> Period:
    return parse_period(request.query_params.get("from"), request.query_params.get("to"), None, now())


def _period_or_400(request: Request) -> Period:
    try:
        return _period(request)
    except BadPeriod as problem:
        raise HTTPException(400, str(problem)) from None


def _selection(request: Request) -> Selection:
    asked = request.query_params
    try:
        outcomes = frozenset(Outcome(name) for name in asked.getlist("outcome"))
    except ValueError:
        raise HTTPException(400, _("The outcome must be one of: %(choices)s.", choices=", ".join(Outcome))) from None
    search = asked.get("search", "")
    if search not in ("", *KINDS):
        raise HTTPException(400, _("The search must be one of: %(choices)s.", choices=", ".join(KINDS)))
    traits = [trait for name, trait in (("form", FORM), ("read", READ), ("late", LATE)) if name in asked]
    traits += [f"search_{search}"] if search else []
    return Selection(outcomes, tuple(traits), asked.get("query", "")[:500], asked.get("article", "")[:200])


def _place(request: Request) -> ListPosition | None:
    text = request.query_params.get("before")
    try:
        return parse_position(text) if text is not None else None
    except ValueError:
        raise HTTPException(404) from None


def _titles(request: Request) -> Mapping[str, str]:
    library = getattr(request.app.state, "library", None)
    return {} if library is None else {slug: article.title for slug, article in library.catalog.articles.items()}


def _periods(period: Period | None) -> list[tuple[str, str, bool]]:
    today = now().date()
    choices = [(_(name), today - timedelta(days=days - 1)) for name, days in PERIODS]
    shown = (period.first_day, period.last_day) if period else None
    return [(name, f"{URL}?from={first}&to={today}", shown == (first, today)) for name, first in choices]


def _days(period: Period) -> str:
    return urlencode({"from": period.first_day.isoformat(), "to": period.last_day.isoformat()})


def _without_place(request: Request) -> str:
    return urlencode([(name, value) for name, value in request.query_params.multi_items() if name != "before"])


def _file(text: str, name: str, period: Period) -> Response:
    disposition = f'attachment; filename="{name}-{period.first_day}-{period.last_day}.csv"'
    return Response(text, media_type="text/csv; charset=utf-8", headers={"Content-Disposition": disposition, "Cache-Control": "no-store"})


routes = [
    Route("/desk/reports", reports),
    Route(URL, deflection),
    Route(f"{URL}/visits", visits),
    Route(f"{URL}/figures.csv", figures_csv),
    Route(f"{URL}/searches.csv", searches_csv),
]
