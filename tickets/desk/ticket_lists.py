"""The views of the desk: named lists of tickets, and their orders."""

from dataclasses import dataclass

from kb.i18n import N_


@dataclass(frozen=True, slots=True)
class View:
    """A list of tickets; `empty` says why it may hold none, and what to do next; `order` is its usual one."""

    slug: str
    name: str
    empty: str
    order: str = "waiting"


VIEWS = (
    View("unassigned", N_("Unassigned"), N_("Every ticket is assigned. New requests appear here.")),
    View("mine", N_("Mine"), N_("No tickets are assigned to you. Take one from Unassigned.")),
    View("open", N_("Open"), N_("No tickets need a reply.")),
    View("pending", N_("Pending"), N_("No tickets are waiting for the customer.")),
    View("on-hold", N_("On hold"), N_("No tickets are on hold.")),
    View("solved", N_("Solved"), N_("No tickets were solved recently."), "changed"),
    View("suspended", N_("Suspended"), N_("No requests are held for review.")),
    View("all", N_("All tickets"), N_("There are no tickets yet. The first request will appear here."), "changed"),
)
BY_SLUG = {view.slug: view for view in VIEWS}
ORDERS = {"waiting": N_("Longest waiting first"), "newest": N_("Newest first"), "priority": N_("Highest priority first"), "changed": N_("Last changed first")}
