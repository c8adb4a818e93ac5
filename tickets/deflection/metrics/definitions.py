"""The definition of every figure: its name, its meaning, and the list of visits behind it."""

from dataclasses import dataclass

from kb.i18n import N_
from tickets.deflection.metrics.outcome_names import OUTCOME_MEANINGS
from tickets.deflection.report import LIFT_NOTE
from tickets.deflection.visits.outcomes import Outcome


@dataclass(frozen=True, slots=True)
class Definition:
    """What a figure is called and what it says, in English."""

    name: str
    meaning: str
    drilldown: str = ""
    """Query of the list of the visits that the figure counts, or whose searches it counts; empty when there is none."""


DEFINITIONS = {
    "form_deflection_rate": Definition(
        N_("Form deflection"),
        N_("Visits that opened the form and were then confirmed as solved, or read an article and left without sending the form."),
        "form=1&outcome=confirmed&outcome=form_left_after_reading",
    ),
    "confirmed_form_deflection_rate": Definition(
        N_("Confirmed form deflection"),
        N_("The minimum: only visits that said “this solved it”."),
        "form=1&outcome=confirmed",
    ),
    "self_service_at_least": Definition(
        N_("Self-service, at least"),
        N_("Confirmed visits out of all visits."),
        "outcome=confirmed",
    ),
    "self_service_at_most": Definition(
        N_("Self-service, at most"),
        N_("Confirmed, left the form after reading, or read and left. Some of these people may not have found help, so the true rate is between the two."),
        "outcome=confirmed&outcome=form_left_after_reading&outcome=read_and_left",
    ),
    "gave_up_rate": Definition(N_("Gave up"), OUTCOME_MEANINGS[Outcome.GAVE_UP], "outcome=gave_up"),
    "recontact_rate": Definition(
        N_("Came back later"),
        N_("Successful visits followed by a ticket after 24 hours but within 7 days."),
        "late=1",
    ),
    "self_service_score": Definition(
        N_("Self-service score"),
        N_("Visits per requester, to compare with other systems. It counts every visit as a success."),
        "all=1",
    ),
    "tickets": Definition(
        N_("Tickets"),
        N_("Created in this period on any channel. Requesters who never visited the site can’t be matched to a visit."),
    ),
    "knowledge_first_rate": Definition(
        N_("Searched first"),
        N_("Tickets whose requester searched or read an article in the 24 hours before. Opening the form doesn’t count."),
    ),
    "avoidable_ticket_rate": Definition(
        N_("Avoidable"),
        N_("Solved tickets with a linked article that existed and was read before. The true number is at least this."),
    ),
    "ticket_after_view_rate": Definition(
        N_("Ticket after reading"),
        N_("The average that each article below is compared with."),
        "read=1&outcome=ticket",
    ),
    "no_result_rate": Definition(
        N_("No result"),
        N_("Searches that found nothing. Typing and correcting one search counts once."),
        "search=no_result",
    ),
    "unanswered_rate": Definition(N_("No answer"), N_("Found nothing, or nothing likely to be an answer."), "search=unanswered"),
    "no_click_rate": Definition(N_("No click"), N_("Found results, but none was clicked."), "search=no_click"),
    "click_through_rate": Definition(N_("Click-through"), N_("Found results, and one was clicked."), "search=click"),
    "mean_click_position": Definition(N_("Average click position"), N_("Position of the first result clicked. 1 is the top."), "search=click"),
    "refinement_rate": Definition(N_("Searched again"), N_("Followed by another search within 60 seconds."), "search=refined"),
    "search_to_ticket_rate": Definition(N_("Ended in a ticket"), N_("Searches in visits that ended with a ticket."), "search=any&outcome=ticket"),
    "degraded_searches": Definition(
        N_("During an outage"),
        N_("Searches answered by the fallback engine. They don’t count in the rates above."),
        "search=degraded",
    ),
    "tickets_saved": Definition(
        N_("Tickets saved"),
        N_("Confirmed visits. This is what you can claim without a control group."),
        "outcome=confirmed",
    ),
    "cost_saved": Definition(N_("Cost saved"), N_("Tickets saved × the cost per ticket from the settings."), "outcome=confirmed"),
    "deflection_lift": Definition(N_("Deflection lift"), LIFT_NOTE),
    "steps_before_form": Definition(
        N_("Steps before the form"),
        N_("Median number of searches and articles opened before the form. Every page links to the form, so no steps are required."),
        "form=1",
    ),
    "csat": Definition(N_("Satisfaction"), N_("Customers are not asked yet, so we can’t tell whether the form gets in their way.")),
}
