"""The views of the desk: named lists of tickets, and the orders they can be read in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class View:
    """A list of tickets; `empty` says why it may hold none, and what to do next; `order` is its usual one."""

    slug: str
    name: str
    empty: str
    order: str = "waiting"


VIEWS = (
    View("unassigned", "Unassigned", "Every ticket has somebody in charge. New requests appear here."),
    View("mine", "Mine", "No ticket waits for you. Take one from Unassigned."),
    View("open", "Open", "Nothing waits for an answer of yours."),
    View("pending", "Pending", "No ticket waits for its requester."),
    View("on-hold", "On hold", "No ticket waits for somebody else."),
    View("solved", "Solved", "Nothing was solved yet, or it is closed by now.", "changed"),
    View("suspended", "Suspended", "Nothing is held for review."),
    View("all", "All tickets", "There are no tickets yet. The first request will appear here.", "changed"),
)
BY_SLUG = {view.slug: view for view in VIEWS}
ORDERS = {"waiting": "Longest waiting first", "newest": "Newest first", "priority": "Highest priority first", "changed": "Last changed first"}
