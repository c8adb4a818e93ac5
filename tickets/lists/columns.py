"""The columns that a list can have; the subject is always among them."""

from collections.abc import Iterable, Mapping

from kb.i18n import N_

SUBJECT = "subject"
COLUMNS: Mapping[str, str] = {
    "number": N_("Number"),
    SUBJECT: N_("Subject"),
    "from": N_("Requester"),
    "status": N_("Status"),
    "priority": N_("Priority"),
    "type": N_("Type"),
    "category": N_("Category"),
    "tag": N_("Tags"),
    "assignee": N_("Assignee"),
    "created": N_("Created"),
    "updated": N_("Updated"),
    "waiting": N_("Last message"),
    "via": N_("Channel"),
}
"""Name, the word of the field in filters → heading, in the order of lists."""
USUAL_COLUMNS = ("number", SUBJECT, "from", "status", "assignee", "waiting")


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Return the known columns among `names` in the order of lists, and the subject."""
    chosen = {*names, SUBJECT}
    return tuple(name for name in COLUMNS if name in chosen)
