"""Conditions as people read them: on the chips above a list, and where a view is described."""

from collections.abc import Mapping

from kb.i18n import gettext as _
from kb.i18n import ngettext, pgettext
from tickets.fields import LISTED, Kind
from tickets.lists.conditions import ME, NO, NONE, YES, Condition, Operator
from tickets.lists.time_values import age_of
from tickets.models import Ticket


def label_of(condition: Condition, categories: Mapping[str, str]) -> str:
    """Return the condition in words, such as `Status: Open or Pending`; `categories` are names by slug."""
    field = condition.definition
    if field.kind is Kind.TIME:
        values = [_time(condition.operator, value) for value in condition.values]
    else:
        values = [_value(condition, value, categories) for value in condition.values]
    text = values[0]
    for value in values[1:]:
        text = _("%(one)s or %(other)s", one=text, other=value)
    if condition.is_negated:
        text = _("not %(value)s", value=text)
    return _("%(field)s: %(value)s", field=_(field.label), value=text)


def group_label(word: str, ticket: Ticket, categories: Mapping[str, str]) -> str:
    """Return the heading of the group that the ticket is in, in a list grouped by the field with this word."""
    if word == "assignee":
        return ticket.assignee.shown_name if ticket.assignee else pgettext("assignee", "Nobody")
    value = getattr(ticket, word)
    if word == "category":
        return categories.get(value, value) or pgettext("category", "None")
    return LISTED[word].label_of(value)


def within_label(age: str) -> str:
    """Return in words what lies within an age such as `3d`."""
    number, unit = int(age[:-1]), age[-1]
    if unit == "m":
        return ngettext("in the last %(num)s minute", "in the last %(num)s minutes", number)
    if unit == "h":
        return ngettext("in the last %(num)s hour", "in the last %(num)s hours", number)
    if unit == "d":
        return ngettext("in the last %(num)s day", "in the last %(num)s days", number)
    return ngettext("in the last %(num)s week", "in the last %(num)s weeks", number)


def beyond_label(age: str) -> str:
    """Return in words what lies further back than an age such as `3d`."""
    number, unit = int(age[:-1]), age[-1]
    if unit == "m":
        return ngettext("more than %(num)s minute ago", "more than %(num)s minutes ago", number)
    if unit == "h":
        return ngettext("more than %(num)s hour ago", "more than %(num)s hours ago", number)
    if unit == "d":
        return ngettext("more than %(num)s day ago", "more than %(num)s days ago", number)
    return ngettext("more than %(num)s week ago", "more than %(num)s weeks ago", number)


def _value(condition: Condition, value: str, categories: Mapping[str, str]) -> str:
    field = condition.definition
    if value == ME and field.kind is Kind.PERSON:
        return pgettext("assignee", "me")
    if value == NONE and field.kind is Kind.PERSON:
        return pgettext("assignee", "Nobody")
    if value == ME and field.kind is Kind.GROUP:
        return pgettext("groups", "mine")
    if value == NONE and field.kind in (Kind.GROUP, Kind.ORGANIZATION, Kind.CATEGORY, Kind.TAGS):
        return pgettext("category", "None")
    if field.kind is Kind.IS_SET:
        return {YES: _("yes"), NO: _("no")}.get(value, value)
    if field.kind is Kind.CATEGORY:
        return categories.get(value, value)
    return field.label_of(value)


def _time(operator: Operator, value: str) -> str:
    if age_of(value) is not None:
        return beyond_label(value) if operator in (Operator.ABOVE, Operator.AT_LEAST) else within_label(value)
    shown = {"today": _("today"), "yesterday": _("yesterday")}.get(value, value.replace("..", " – "))
    return {
        Operator.IS: shown,
        Operator.BELOW: _("before %(day)s", day=shown),
        Operator.AT_MOST: _("until %(day)s", day=shown),
        Operator.ABOVE: _("after %(day)s", day=shown),
        Operator.AT_LEAST: _("from %(day)s on", day=shown),
    }[operator]
