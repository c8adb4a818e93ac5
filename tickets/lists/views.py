"""The views of the desk: named lists of tickets, each a filter in words and an order."""

from dataclasses import dataclass

from kb.i18n import N_


@dataclass(frozen=True, slots=True)
class View:
    """A list of tickets; `empty` says why it may hold none, and what to do next; `order` is its usual one."""

    slug: str
    name: str
    filter: str
    empty: str
    order: str = "waiting"


VIEWS = (
    View("unassigned", N_("Unassigned"), "status:unsolved assignee:nobody held:no", N_("Every ticket is assigned. New requests appear here.")),
    View("mine", N_("Mine"), "status:unsolved assignee:me held:no", N_("No tickets are assigned to you. Take one from Unassigned.")),
    View("open", N_("Open"), "status:new,open held:no", N_("No tickets need a reply.")),
    View("pending", N_("Pending"), "status:pending held:no", N_("No tickets are waiting for the customer.")),
    View("on-hold", N_("On hold"), "status:hold held:no", N_("No tickets are on hold.")),
    View("solved", N_("Solved"), "status:solved held:no", N_("No tickets were solved recently."), "changed"),
    # Put away is decided: the view holds what still has to be looked at.
    View("suspended", N_("Suspended"), "status:unsolved held:yes", N_("No requests are held for review.")),
    View("all", N_("All tickets"), "held:no", N_("There are no tickets yet. The first request will appear here."), "changed"),
)
BY_SLUG = {view.slug: view for view in VIEWS}
