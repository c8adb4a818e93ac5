"""The form of filters above a list: one input for each field of the registry that people filter by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kb.accounts.models import Group, User
from kb.i18n import gettext as _
from kb.i18n import pgettext
from tickets.fields import LISTED, Field, Kind
from tickets.lists.conditions import ME, NO, NONE, UNSOLVED, YES
from tickets.lists.filter_labels import beyond_label, within_label

AGES = ("1d", "7d", "30d")


@dataclass(frozen=True, slots=True)
class FilterInput:
    """One input: a choice where there are options, else a box for words."""

    word: str
    label: str
    options: tuple[tuple[str, str], ...]


def filter_inputs(staff: Sequence[User], groups: Sequence[Group], categories: Mapping[str, str]) -> list[FilterInput]:
    """Return the inputs in the order of the registry."""
    return [
        FilterInput(field.filter_word, _(field.label), _options(field, staff, groups, categories))
        for field in LISTED.values()
        if groups or field.kind is not Kind.GROUP
    ]


def _options(field: Field, staff: Sequence[User], groups: Sequence[Group], categories: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    if field.kind is Kind.CHOICE:
        first = ((UNSOLVED, _("Not solved yet")),) if field.name == "status" else ()
        return (*first, *((value, _(label)) for value, label in field.choices.items()))
    if field.kind is Kind.PERSON:
        return ((ME, _("Me")), (NONE, pgettext("assignee", "Nobody")), *((person.email, person.shown_name) for person in staff))
    if field.kind is Kind.GROUP:
        return ((ME, _("My groups")), (NONE, pgettext("group", "None")), *((group.name, group.name) for group in groups))
    if field.kind is Kind.CATEGORY:
        return ((NONE, pgettext("category", "None")), *categories.items())
    if field.kind is Kind.IS_SET:
        return ((YES, _("yes")), (NO, _("no")))
    if field.kind is Kind.TIME:
        last = ((f"<{age}", within_label(age)) for age in AGES)
        before = ((f">{age}", beyond_label(age)) for age in AGES)
        return (*last, *before)
    return ()
