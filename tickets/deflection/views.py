"""The deflection report for agents: the figures, the visits behind each, and both as files."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from kb.accounts.sessions import require_staff
from kb.db import database, now
from kb.events.queries import counted
from kb.web.templates import render
from tickets.deflection.behind import LAST_PAGE, SEARCHES, Selection, visits_behind
from tickets.deflection.comparing import before
from tickets.deflection.lines import LEFT_OUT_NAMES, OUTCOME_MEANINGS, OUTCOME_NAMES, groups
from tickets.deflection.outcomes import Outcome
from tickets.deflection.period import BadPeriod, Period, parse_period
from tickets.deflection.report import Report, judged_visits, report
from tickets.deflection.sheets import figures_sheet, searches_sheet
from tickets.deflection.steps import steps

URL = "/desk/reports/deflection"
PERIODS = (("7 days", 7), ("30 days", 30), ("90 days", 90), ("A year", 365))
ARTICLES_SHOWN = 25
SEARCHES_SHOWN = 25


def reports(request: Request) -> Response:
    """There is one report: the way to it."""
    require_staff(request)
    return RedirectResponse(URL, 303)


def deflection(request: Request) -> Response:
    """The report; 422 with the form when the dates make no period."""
    require_staff(request)
    typed = {"from": request.query_params.get("from", ""), "to": request.query_params.get("to", "")}
    try:
        period = _period(request)
    except BadPeriod as problem:
        return render(request, "deflection/bad_period.html", {"typed": typed, "problem": str(problem), "periods": _periods(None)}, status=422)
    found, previous = _report(request, period), _report(request, period.previous)
    with database(request).read() as session:
        dropped = {"dropped": counted(session, period.first_day, period.last_day).dropped}
    return render(request, "deflection/report.html", _shown(request, found, period) | _compared(found, previous, period.previous) | dropped)


def visits(request: Request) -> Response:
    """The visits behind a figure, 20 on a page, with everything that happened in them."""
    require_staff(request)
    period, selection = _period_or_400(request), _selection(request)
    with database(request).read() as session:
        found = visits_behind(judged_visits(session, period.start, period.end, period.as_of), selection, _page(request))
    titles = _titles(request)
    context = {
        "period": period,
        "found": found,
        "shown": [(one, steps(one.visit, titles)) for one in found.visits],
        "names": OUTCOME_NAMES,
        "selection": selection,
        "base": f"{URL}/visits?{_without_page(request)}&",
        "back": f"{URL}?{_days(period)}",
    }
    return render(request, "deflection/visits.html", context)


def figures_csv(request: Request) -> Response:
    """Every figure as a file."""
    require_staff(request)
    period = _period_or_400(request)
    return _file(figures_sheet(_report(request, period)), "deflection", period)


def searches_csv(request: Request) -> Response:
    """The searches without an answer as a file."""
    require_staff(request)
    period = _period_or_400(request)
    return _file(searches_sheet(_report(request, period)), "searches-without-an-answer", period)


def _shown(request: Request, found: Report, period: Period) -> dict[str, Any]:
    by_key = {line.key: line for group in groups(found) for line in group.lines}
    ladder = [(outcome, OUTCOME_NAMES[outcome], OUTCOME_MEANINGS[outcome], found.visits.outcomes[outcome]) for outcome in Outcome]
    return {
        "report": found,
        "period": period,
        "headline": by_key["form_deflection_rate"],
        "floor": by_key["confirmed_form_deflection_rate"],
        "groups": groups(found)[1:],
        "ladder": ladder,
        "most": max(found.visits.outcomes.values(), default=0),
        "left_out": [(LEFT_OUT_NAMES[reason], count) for reason, count in found.visits.left_out.items() if count],
        "searches": found.searches.top_unanswered[:SEARCHES_SHOWN],
        "articles": found.articles[:ARTICLES_SHOWN],
        "titles": _titles(request),
        "days": _days(period),
        "periods": _periods(period),
        "typed": {"from": period.first_day, "to": period.last_day},
    }


def _compared(found: Report, previous: Report, period: Period) -> dict[str, Any]:
    return {"before": before(found, previous), "previous": previous, "previous_period": period, "previous_days": _days(period)}


def _report(request: Request, period: Period) -> Report:
    with database(request).read() as session:
        return report(session, period.start, period.end, period.as_of, cost_per_ticket=request.app.state.settings.cost_per_ticket)


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
        raise HTTPException(400, f"An outcome is one of: {', '.join(Outcome)}.") from None
    if asked.get("search", "") not in ("", *SEARCHES):
        raise HTTPException(400, f"A search is one of: {', '.join(SEARCHES)}.")
    return Selection(
        outcomes, "form" in asked, "read" in asked, "late" in asked, asked.get("search", ""), asked.get("query", "")[:500], asked.get("article", "")[:200]
    )


def _page(request: Request) -> int:
    text = request.query_params.get("page", "1")
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= LAST_PAGE):
        raise HTTPException(404)
    return int(text)


def _titles(request: Request) -> Mapping[str, str]:
    library = getattr(request.app.state, "library", None)
    return {} if library is None else {slug: article.title for slug, article in library.catalog.articles.items()}


def _periods(period: Period | None) -> list[tuple[str, str, bool]]:
    today = now().date()
    choices = [(name, today - timedelta(days=days - 1)) for name, days in PERIODS]
    shown = (period.first_day, period.last_day) if period else None
    return [(name, f"{URL}?from={first}&to={today}", shown == (first, today)) for name, first in choices]


def _days(period: Period) -> str:
    return urlencode({"from": period.first_day.isoformat(), "to": period.last_day.isoformat()})


def _without_page(request: Request) -> str:
    return urlencode([(name, value) for name, value in request.query_params.multi_items() if name != "page"])


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
