"""The views of the desk: named lists of tickets, each a filter in words, an order, columns and a grouping."""

from collections.abc import Mapping
from dataclasses import dataclass

from kb.i18n import N_
from kb.i18n import gettext as _
from tickets.fields import LISTED, Kind
from tickets.lists.columns import USUAL_COLUMNS

MOST_COUNTED = 1000
"""Up to here the tickets of a view that somebody made are counted."""
GROUPS: Mapping[str, str] = {
    field.filter_word: field.label for field in LISTED.values() if field.order is not None and field.kind in (Kind.CHOICE, Kind.PERSON, Kind.CATEGORY)
}
"""What lists can be grouped by: the word of a field → its label."""


@dataclass(frozen=True, slots=True)
class View:
    """A list of tickets; `empty` says why it may hold none, and what to do next; `order` is its usual one."""

    slug: str
    name: str
    filter: str
    empty: str = N_("No tickets match this view.")
    order: str = "waiting"
    columns: tuple[str, ...] = USUAL_COLUMNS
    group_by: str = ""
    id: int | None = None
    """Of its row; None for a built-in one."""
    owner_id: int | None = None
    """Whose own view it is; None for one that everybody has."""

    @property
    def is_built_in(self) -> bool:
        """Return whether it comes with Deskbook."""
        return self.id is None

    @property
    def shown_name(self) -> str:
        """Return the name as people read it."""
        return _(self.name) if self.is_built_in else self.name


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
