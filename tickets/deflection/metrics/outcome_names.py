"""The names and meanings of outcomes, and of the reasons why a visit is left out."""

from kb.i18n import N_
from tickets.deflection.visits.outcomes import Outcome

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
