"""The orders of lists by name: those in common use, and every field that has an order, upwards or downwards (`-created`)."""

from collections.abc import Mapping

from kb.i18n import N_
from kb.i18n import gettext as _
from tickets.fields import LISTED

USUAL = "waiting"
RELEVANCE = "relevance"
"""Of a search for words; any other list has the newest first instead."""
COMMON: Mapping[str, str] = {
    "waiting": N_("Longest waiting first"),
    "newest": N_("Newest first"),
    "priority": N_("Highest priority first"),
    "changed": N_("Last changed first"),
    "-waiting": N_("Shortest waiting first"),
    "-priority": N_("Lowest priority first"),
}
NUMBER = "number"
BY_FIELD: Mapping[str, str] = {NUMBER: N_("Number")} | {
    field.filter_word: field.label for field in LISTED.values() if field.order is not None and field.filter_word not in ("waiting", "priority", "from")
}


def is_order(name: str) -> bool:
    """Return whether lists can be in this order."""
    return name == RELEVANCE or name in COMMON or name.removeprefix("-") in BY_FIELD


def orders() -> list[str]:
    """Return the names of all orders, the downward ones left out."""
    return [*COMMON, *BY_FIELD]


def label_of(name: str) -> str:
    """Return the order as people read it."""
    if name == RELEVANCE:
        return _("Best match first")
    if name in COMMON:
        return _(COMMON[name])
    label = _(BY_FIELD[name.removeprefix("-")])
    return _("%(field)s, descending", field=label) if name.startswith("-") else _("%(field)s, ascending", field=label)
