"""The figures of a report by subject. Page, terminal and CSV show the same."""

from dataclasses import dataclass

from kb.i18n import gettext as _
from kb.i18n import ngettext
from kb.i18n.formats import number as formatted
from tickets.deflection.metrics.metric import Metric, number, rate
from tickets.deflection.report import Report


@dataclass(frozen=True, slots=True)
class MetricGroup:
    """Figures on one subject."""

    key: str
    name: str
    metrics: tuple[Metric, ...]


def metric_groups(report: Report) -> list[MetricGroup]:
    """Return every figure of the report, the most important first."""
    return [
        MetricGroup("form", _("Request form"), _form(report)),
        MetricGroup("visits", _("All visits"), _visits(report)),
        MetricGroup("tickets", _("Tickets"), _tickets(report)),
        MetricGroup("searches", _("Searches"), _searches(report)),
        MetricGroup("saved", _("What it saved"), _saved(report)),
        MetricGroup("guardrails", _("Guardrails"), _guardrails(report)),
    ]


def _form(report: Report) -> tuple[Metric, ...]:
    visits = report.visits
    return (
        rate("form_deflection_rate", visits.form_deflection, "form"),
        rate("confirmed_form_deflection_rate", visits.confirmed_form_deflection, "form"),
    )


def _visits(report: Report) -> tuple[Metric, ...]:
    visits, requesters = report.visits, report.tickets.requesters
    per_requester = _(
        "%(visits)s per %(requesters)s",
        visits=ngettext("%(num)s visit", "%(num)s visits", visits.visits, num=formatted(visits.visits)),
        requesters=ngettext("%(num)s requester", "%(num)s requesters", requesters, num=formatted(requesters)),
    )
    return (
        rate("self_service_at_least", visits.self_service_least, "visits"),
        rate("self_service_at_most", visits.self_service_most, "visits"),
        rate("gave_up_rate", visits.gave_up, "visits"),
        rate("recontact_rate", visits.recontact, "week"),
        number("self_service_score", report.self_service_score, basis=per_requester, digits=1, counted=visits.visits),
    )


def _tickets(report: Report) -> tuple[Metric, ...]:
    tickets = report.tickets
    ties = _(
        "%(by_visit)s matched by visit, %(by_requester)s by requester, %(unmatched)s not matched",
        by_visit=formatted(tickets.tied_by_visit),
        by_requester=formatted(tickets.tied_by_requester),
        unmatched=formatted(tickets.untied),
    )
    return (
        number("tickets", tickets.tickets, basis=ties),
        rate("knowledge_first_rate", tickets.knowledge_first, "matched", tickets=tickets.knowledge_first_ids),
        rate("avoidable_ticket_rate", tickets.avoidable, "solved", tickets=tickets.avoidable_ids),
        rate("ticket_after_view_rate", report.ticket_after_view_mean, "read"),
    )


def _searches(report: Report) -> tuple[Metric, ...]:
    searches = report.searches
    clicks = searches.click_through.count
    with_click = ngettext("%(num)s search with a click", "%(num)s searches with a click", clicks, num=formatted(clicks))
    return (
        rate("no_result_rate", searches.no_result, "searches"),
        rate("unanswered_rate", searches.unanswered, "searches"),
        rate("no_click_rate", searches.no_click, "found"),
        rate("click_through_rate", searches.click_through, "found"),
        number("mean_click_position", searches.mean_click_position, basis=with_click, digits=1, counted=clicks),
        rate("refinement_rate", searches.refinement, "searches"),
        rate("search_to_ticket_rate", searches.to_ticket, "searches"),
        number("degraded_searches", searches.degraded, counted=searches.degraded),
    )


def _saved(report: Report) -> tuple[Metric, ...]:
    saved = report.tickets_saved
    cost = f"{formatted(saved)} × {formatted(report.cost_per_ticket, 2)}" if report.cost_per_ticket else _("no cost per ticket is set")
    return (
        number("tickets_saved", saved, basis=_("confirmed visits"), counted=saved),
        number("cost_saved", report.cost_saved, basis=cost, digits=2, counted=saved),
        number("deflection_lift", None, basis=_("not measured")),
    )


def _guardrails(report: Report) -> tuple[Metric, ...]:
    opened = report.visits.form_visits
    with_form = ngettext("%(num)s visit that opened the form", "%(num)s visits that opened the form", opened, num=formatted(opened))
    return (
        number("steps_before_form", report.visits.steps_before_form, basis=with_form, digits=1, counted=opened),
        number("csat", None, basis=_("not measured")),
    )
