"""Every figure of the report with its name, value and meaning. Page, terminal and CSV show the same."""

from dataclasses import dataclass

from kb.i18n import N_, ngettext, npgettext
from kb.i18n import gettext as _
from kb.i18n.formats import number as formatted
from tickets.deflection.figures.rates import Rate
from tickets.deflection.report import LIFT_NOTE, Report
from tickets.deflection.visits.outcomes import Outcome

UNKNOWN = "–"
OUTCOME_NAMES = {
    Outcome.TICKET: N_("Sent a request"),
    Outcome.CONFIRMED: N_("Confirmed: “this solved it”"),
    Outcome.FORM_LEFT_AFTER_READING: N_("Left the form after reading"),
    Outcome.READ_AND_LEFT: N_("Read and left"),
    Outcome.GAVE_UP: N_("Gave up"),
}
OUTCOME_MEANINGS = {
    Outcome.TICKET: N_("The same person opened a ticket within 24 hours, on any channel."),
    Outcome.CONFIRMED: N_("Said “this solved it” on the request form and didn’t take it back."),
    Outcome.FORM_LEFT_AFTER_READING: N_("Opened the form, then read an article, and didn’t send the form."),
    Outcome.READ_AND_LEFT: N_("Read an article and never opened the form."),
    Outcome.GAVE_UP: N_("Everything else: read nothing, left the form after reading, or took “this solved it” back. Never counts as a success."),
}
LEFT_OUT_NAMES = {
    "staff": N_("by agents and admins"),
    "automated": N_("by programs (over 1,000 events, or over 100 in a minute)"),
    "held": N_("whose request is held for review"),
    "no_support_act": N_("that didn’t look for help (no search, no article, no form)"),
    "unproven": N_("with no sign of a person (no script ran and no second page was opened)"),
    "immature": N_("less than 24 hours old"),
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

    key: str
    name: str
    metrics: tuple[Metric, ...]


def metric_groups(report: Report) -> list[MetricGroup]:
    """Every figure of the report, the most important first."""
    return [
        MetricGroup("form", _("Request form"), _form(report)),
        MetricGroup("visits", _("All visits"), _visits(report)),
        MetricGroup("tickets", _("Tickets"), _tickets(report)),
        MetricGroup("searches", _("Searches"), _searches(report)),
        MetricGroup("saved", _("What it saved"), _saved(report)),
        MetricGroup("guardrails", _("Guardrails"), _guardrails(report)),
    ]


def rate(key: str, name: str, figure: Rate, things: str, meaning: str, *, tickets: tuple[int, ...] = ()) -> Metric:
    """The line of a rate: `38 %`, `3 of 8 visits`, with its bounds."""
    basis = _("%(count)s of %(things)s", count=formatted(figure.count), things=_all(things, figure.of))
    drilldown = DRILLDOWNS.get(key, "") if figure.of else ""
    return Metric(key, name, percent(figure.value), basis, meaning, figure.value, figure.count, figure.of, figure.low, figure.high, drilldown, tickets)


def number(key: str, name: str, value: float | None, meaning: str, *, basis: str = "", digits: int = 0, counted: int = 0) -> Metric:
    """The line of a number that is no share; `counted` of the visits or searches in the list behind it."""
    return Metric(
        key, name, UNKNOWN if value is None else formatted(value, digits), basis, meaning, value, drilldown=DRILLDOWNS.get(key, "") if counted else ""
    )


def percent(value: float | None) -> str:
    """`38 %`; one decimal under ten percent; a dash when unknown."""
    if value is None:
        return UNKNOWN
    return f"{formatted(value * 100, 1 if 0 < value < 0.1 else 0)} %"


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


def _form(report: Report) -> tuple[Metric, ...]:
    visits = report.visits
    return (
        rate(
            "form_deflection_rate",
            _("Form deflection"),
            visits.form_deflection,
            "form",
            _("Visits that opened the form and were then confirmed as solved, or read an article and left without sending the form."),
        ),
        rate(
            "confirmed_form_deflection_rate",
            _("Confirmed form deflection"),
            visits.confirmed_form_deflection,
            "form",
            _("The minimum: only visits that said “this solved it”."),
        ),
    )


def _visits(report: Report) -> tuple[Metric, ...]:
    visits = report.visits
    return (
        rate(
            "self_service_at_least",
            _("Self-service, at least"),
            visits.self_service_least,
            "visits",
            _("Confirmed visits out of all visits."),
        ),
        rate(
            "self_service_at_most",
            _("Self-service, at most"),
            visits.self_service_most,
            "visits",
            _("Confirmed, left the form after reading, or read and left. Some of these people may not have found help, so the true rate is between the two."),
        ),
        rate("gave_up_rate", _("Gave up"), visits.gave_up, "visits", _(OUTCOME_MEANINGS[Outcome.GAVE_UP])),
        rate(
            "recontact_rate",
            _("Came back later"),
            visits.recontact,
            "week",
            _("Successful visits followed by a ticket after 24 hours but within 7 days."),
        ),
        number(
            "self_service_score",
            _("Self-service score"),
            report.self_service_score,
            _("Visits per requester, to compare with other systems. It counts every visit as a success."),
            basis=_(
                "%(visits)s per %(requesters)s",
                visits=ngettext("%(num)s visit", "%(num)s visits", visits.visits, num=formatted(visits.visits)),
                requesters=ngettext("%(num)s requester", "%(num)s requesters", report.tickets.requesters, num=formatted(report.tickets.requesters)),
            ),
            digits=1,
            counted=visits.visits,
        ),
    )


def _tickets(report: Report) -> tuple[Metric, ...]:
    tickets = report.tickets
    ties = _(
        "%(by_visit)s matched by visit, %(by_requester)s by requester, %(unmatched)s not matched",
        by_visit=formatted(tickets.tied_by_visit),
        by_requester=formatted(tickets.tied_by_requester),
        unmatched=formatted(tickets.untied),
    )
    mean = report.ticket_after_view_mean
    return (
        number(
            "tickets",
            _("Tickets"),
            tickets.tickets,
            _("Created in this period on any channel. Requesters who never visited the site can’t be matched to a visit."),
            basis=ties,
        ),
        rate(
            "knowledge_first_rate",
            _("Searched first"),
            tickets.knowledge_first,
            "matched",
            _("Tickets whose requester searched or read an article in the 24 hours before. Opening the form doesn’t count."),
            tickets=tickets.knowledge_first_ids,
        ),
        rate(
            "avoidable_ticket_rate",
            _("Avoidable"),
            tickets.avoidable,
            "solved",
            _("Solved tickets with a linked article that existed and was read before. The true number is at least this."),
            tickets=tickets.avoidable_ids,
        ),
        rate(
            "ticket_after_view_rate",
            _("Ticket after reading"),
            mean,
            "read",
            _("The average that each article below is compared with."),
        ),
    )


def _searches(report: Report) -> tuple[Metric, ...]:
    searches = report.searches
    clicks = searches.click_through.count
    position = number(
        "mean_click_position",
        _("Average click position"),
        searches.mean_click_position,
        _("Position of the first result clicked. 1 is the top."),
        basis=ngettext("%(num)s search with a click", "%(num)s searches with a click", clicks, num=formatted(clicks)),
        digits=1,
        counted=clicks,
    )
    return (
        rate(
            "no_result_rate",
            _("No result"),
            searches.no_result,
            "searches",
            _("Searches that found nothing. Typing and correcting one search counts once."),
        ),
        rate(
            "unanswered_rate",
            _("No answer"),
            searches.unanswered,
            "searches",
            _("Found nothing, or nothing likely to be an answer."),
        ),
        rate("no_click_rate", _("No click"), searches.no_click, "found", _("Found results, but none was clicked.")),
        rate(
            "click_through_rate",
            _("Click-through"),
            searches.click_through,
            "found",
            _("Found results, and one was clicked."),
        ),
        position,
        rate(
            "refinement_rate",
            _("Searched again"),
            searches.refinement,
            "searches",
            _("Followed by another search within 60 seconds."),
        ),
        rate(
            "search_to_ticket_rate",
            _("Ended in a ticket"),
            searches.to_ticket,
            "searches",
            _("Searches in visits that ended with a ticket."),
        ),
        number(
            "degraded_searches",
            _("During an outage"),
            searches.degraded,
            _("Searches answered by the fallback engine. They don’t count in the rates above."),
            counted=searches.degraded,
        ),
    )


def _saved(report: Report) -> tuple[Metric, ...]:
    cost = f"{formatted(report.tickets_saved)} × {formatted(report.cost_per_ticket, 2)}" if report.cost_per_ticket else _("no cost per ticket is set")
    saved = report.tickets_saved
    return (
        number(
            "tickets_saved",
            _("Tickets saved"),
            saved,
            _("Confirmed visits. This is what you can claim without a control group."),
            basis=_("confirmed visits"),
            counted=saved,
        ),
        number(
            "cost_saved", _("Cost saved"), report.cost_saved, _("Tickets saved × the cost per ticket from the settings."), basis=cost, digits=2, counted=saved
        ),
        number("deflection_lift", _("Deflection lift"), None, _(LIFT_NOTE), basis=_("not measured")),
    )


def _guardrails(report: Report) -> tuple[Metric, ...]:
    opened = report.visits.form_visits
    return (
        number(
            "steps_before_form",
            _("Steps before the form"),
            report.visits.steps_before_form,
            _("Median number of searches and articles opened before the form. Every page links to the form, so no steps are required."),
            basis=ngettext("%(num)s visit that opened the form", "%(num)s visits that opened the form", opened, num=formatted(opened)),
            digits=1,
            counted=opened,
        ),
        number(
            "csat", _("Satisfaction"), None, _("Customers are not asked yet, so we can’t tell whether the form gets in their way."), basis=_("not measured")
        ),
    )
