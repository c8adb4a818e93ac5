"""The report as lines to be read: every figure with its name, its value, and what it means. Page, text and CSV show the same."""

from dataclasses import dataclass

from kb.text.counted import counted
from tickets.deflection.figures.rates import Rate
from tickets.deflection.report import LIFT_NOTE, Report
from tickets.deflection.visits.outcomes import Outcome

UNKNOWN = "–"
OUTCOME_NAMES = {
    Outcome.TICKET: "Filed a request",
    Outcome.CONFIRMED: "Confirmed: “this solved it”",
    Outcome.FORM_LEFT_AFTER_READING: "Left the form after reading",
    Outcome.READ_AND_LEFT: "Read and left",
    Outcome.GAVE_UP: "Gave up",
}
OUTCOME_MEANINGS = {
    Outcome.TICKET: "A ticket by the same person within 24 hours, whatever its channel.",
    Outcome.CONFIRMED: "Said “this solved it” on the request form, and did not take it back.",
    Outcome.FORM_LEFT_AFTER_READING: "Opened the form, then really read an article, and did not send the form.",
    Outcome.READ_AND_LEFT: "Really read an article and never opened the form.",
    Outcome.GAVE_UP: "Everything else: read nothing, opened the form after reading and left it, or took “this solved it” back. Never a success.",
}
LEFT_OUT_NAMES = {
    "staff": "by agents and admins",
    "automated": "by programs (over 1,000 events, or over 100 in a minute)",
    "held": "whose request is held for review",
    "no_support_act": "without looking for help (no search, nothing read, no form)",
    "unproven": "with no sign of a person (no script ran, and no second page was opened)",
    "immature": "whose 24 hours have not passed yet",
}
DRILLDOWNS = {
    "form_deflection_rate": "form=1&outcome=confirmed&outcome=form_left_after_reading",
    "confirmed_form_deflection_rate": "form=1&outcome=confirmed",
    "self_service_at_least": "outcome=confirmed",
    "self_service_at_most": "outcome=confirmed&outcome=form_left_after_reading&outcome=read_and_left",
    "gave_up_rate": "outcome=gave_up",
    "recontact_rate": "late=1",
    "ticket_after_view_rate": "read=1&outcome=ticket",
    "no_result_rate": "search=no_result",
    "unanswered_rate": "search=unanswered",
    "no_click_rate": "search=no_click",
    "click_through_rate": "search=click",
    "refinement_rate": "search=refined",
    "search_to_ticket_rate": "search=any&outcome=ticket",
    "self_service_score": "all=1",
    "mean_click_position": "search=click",
    "degraded_searches": "search=degraded",
    "tickets_saved": "outcome=confirmed",
    "cost_saved": "outcome=confirmed",
    "steps_before_form": "form=1",
}
"""Figure → the list of the visits that it counts, or whose searches it counts."""


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


@dataclass(frozen=True, slots=True)
class MetricGroup:
    """Figures on one subject."""

    name: str
    metrics: tuple[Metric, ...]


def metric_groups(report: Report) -> list[MetricGroup]:
    """Every figure of the report, the most important first."""
    return [
        MetricGroup("Request form", _form(report)),
        MetricGroup("All visits", _visits(report)),
        MetricGroup("Tickets", _tickets(report)),
        MetricGroup("Searches", _searches(report)),
        MetricGroup("What it saved", _saved(report)),
        MetricGroup("Guardrails", _guardrails(report)),
    ]


def rate(key: str, name: str, figure: Rate, things: str, meaning: str, *, tickets: tuple[int, ...] = ()) -> Metric:
    """The line of a rate: `38 %`, `3 of 8 visits`, with its bounds."""
    basis = f"{figure.count:,} of {counted(figure.of, things)}"
    drilldown = DRILLDOWNS.get(key, "") if figure.of else ""
    return Metric(key, name, percent(figure.value), basis, meaning, figure.value, figure.count, figure.of, figure.low, figure.high, drilldown, tickets)


def number(key: str, name: str, value: float | None, meaning: str, *, basis: str = "", digits: int = 0, counted: int = 0) -> Metric:
    """The line of a number that is no share; `counted` of the visits or searches in the list behind it."""
    return Metric(key, name, UNKNOWN if value is None else f"{value:,.{digits}f}", basis, meaning, value, drilldown=DRILLDOWNS.get(key, "") if counted else "")


def percent(value: float | None) -> str:
    """`38 %`; one decimal under ten percent; a dash when unknown."""
    if value is None:
        return UNKNOWN
    return f"{value * 100:.1f} %" if 0 < value < 0.1 else f"{value * 100:.0f} %"


def _form(report: Report) -> tuple[Metric, ...]:
    visits = report.visits
    return (
        rate(
            "form_deflection_rate",
            "Form deflection",
            visits.form_deflection,
            "visits that opened the form",
            "Visits that opened the form and ended confirmed, or read an article after opening it and left it unsent.",
        ),
        rate(
            "confirmed_form_deflection_rate",
            "Confirmed form deflection",
            visits.confirmed_form_deflection,
            "visits that opened the form",
            "The floor: only those who said “this solved it”.",
        ),
    )


def _visits(report: Report) -> tuple[Metric, ...]:
    visits = report.visits
    return (
        rate("self_service_at_least", "Self-service, at least", visits.self_service_least, "visits", "Confirmed visits out of all."),
        rate(
            "self_service_at_most",
            "Self-service, at most",
            visits.self_service_most,
            "visits",
            "Confirmed, left the form after reading, or read and left. Who leaves in silence may still be unhelped: the truth lies between the two.",
        ),
        rate("gave_up_rate", "Gave up", visits.gave_up, "visits", OUTCOME_MEANINGS[Outcome.GAVE_UP]),
        rate(
            "recontact_rate",
            "Came back after all",
            visits.recontact,
            "successful visits a week old",
            "Successful visits followed by a ticket after the 24 hours but within 7 days.",
        ),
        number(
            "self_service_score",
            "Self-service score",
            report.self_service_score,
            "A ratio for comparison with other systems, not a rate: it takes every visit for a success.",
            basis=f"{counted(visits.visits, 'visits')} per {counted(report.tickets.requesters, 'requesters')}",
            digits=1,
            counted=visits.visits,
        ),
    )


def _tickets(report: Report) -> tuple[Metric, ...]:
    tickets = report.tickets
    ties = f"{tickets.tied_by_visit:,} tied by visit, {tickets.tied_by_requester:,} by requester, {tickets.untied:,} not at all"
    mean = report.ticket_after_view_mean
    return (
        number(
            "tickets",
            "Tickets",
            tickets.tickets,
            "Created in the period on any channel. A requester never seen on the site cannot be tied to a visit.",
            basis=ties,
        ),
        rate(
            "knowledge_first_rate",
            "Looked first",
            tickets.knowledge_first,
            "tickets that can be tied",
            "Tickets whose requester searched or read in the 24 hours before. Opening the form alone is not looking.",
            tickets=tickets.knowledge_first_ids,
        ),
        rate(
            "avoidable_ticket_rate",
            "Avoidable",
            tickets.avoidable,
            "tickets solved in the period",
            "Solved tickets with a linked article that somebody had viewed before they were created: a lower bound.",
            tickets=tickets.avoidable_ids,
        ),
        rate(
            "ticket_after_view_rate",
            "Ticket after reading",
            mean,
            "visits that read an article",
            "The mean that each article below is compared with.",
        ),
    )


def _searches(report: Report) -> tuple[Metric, ...]:
    searches = report.searches
    position = number(
        "mean_click_position",
        "Mean click position",
        searches.mean_click_position,
        "Rank of the first hit clicked; 1 is the top.",
        basis=counted(searches.click_through.count, "searches with a click"),
        digits=1,
        counted=searches.click_through.count,
    )
    return (
        rate(
            "no_result_rate", "No result", searches.no_result, "searches", "Searches that found nothing. Keystrokes and corrections of one search count once."
        ),
        rate("unanswered_rate", "No answer", searches.unanswered, "searches", "Found nothing, or nothing that the engine itself believed in."),
        rate("no_click_rate", "No click", searches.no_click, "searches with hits", "Found something, and nothing of it was clicked."),
        rate("click_through_rate", "Click-through", searches.click_through, "searches with hits", "Found something, and a hit was clicked."),
        position,
        rate("refinement_rate", "Asked again", searches.refinement, "searches", "Followed by another search within 60 seconds."),
        rate("search_to_ticket_rate", "Ended in a ticket", searches.to_ticket, "searches", "Searches in visits that ended with a ticket."),
        number(
            "degraded_searches",
            "During an outage",
            searches.degraded,
            "Searches that the fallback engine answered. They are in none of the rates above.",
            counted=searches.degraded,
        ),
    )


def _saved(report: Report) -> tuple[Metric, ...]:
    cost = f"{report.tickets_saved:,} × {report.cost_per_ticket:,.2f}" if report.cost_per_ticket else "no cost per ticket is configured"
    saved = report.tickets_saved
    return (
        number("tickets_saved", "Tickets saved", saved, "Confirmed visits: what can be claimed without a holdout.", basis="confirmed visits", counted=saved),
        number("cost_saved", "Cost saved", report.cost_saved, "Tickets saved times the configured cost of a ticket.", basis=cost, digits=2, counted=saved),
        number("deflection_lift", "Deflection lift", None, LIFT_NOTE, basis="not measured"),
    )


def _guardrails(report: Report) -> tuple[Metric, ...]:
    return (
        number(
            "steps_before_form",
            "Steps before the form",
            report.visits.steps_before_form,
            "Median number of searches and articles opened before the form. Every page links to the form, so nobody has to take any.",
            basis=counted(report.visits.form_visits, "visits that opened the form"),
            digits=1,
            counted=report.visits.form_visits,
        ),
        number("csat", "Satisfaction", None, "Requesters are not asked yet, so that it cannot be told whether deflection obstructs.", basis="not measured"),
    )
