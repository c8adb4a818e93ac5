"""Filters as people type them: `status:open assignee:me tag:refund from:ana created:>2026-01-01 printer`. The one place that reads them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from kb.i18n import gettext as _
from kb.text.cleanup import one_line
from tickets.fields import LISTED, Field, Kind, clean_tag
from tickets.lists.conditions import ME, NO, NONE, UNSOLVED, YES, Condition, Operator, TicketFilter, joined, quoted
from tickets.lists.sort_orders import is_order, orders
from tickets.lists.time_values import is_time
from tickets.models import Status

MAX_FILTER_CHARS = 500
MOST_CONDITIONS, MOST_VALUES = 20, 30
BY_WORD: Mapping[str, Field] = {field.filter_word: field for field in LISTED.values()}
SORT = "sort"
WORKING = (Status.NEW, Status.OPEN, Status.PENDING, Status.HOLD)
_TERM = re.compile(r'(?P<not>-)?(?P<word>[a-z]+):(?P<operator><=|>=|<|>)?(?P<values>(?:"[^"]*"|[^\s",])+(?:,(?:"[^"]*"|[^\s",])+)*),*(?!\S)')
_WORD = re.compile(r"\S+")
_VALUE = re.compile(r'(?:"[^"]*"|[^",])+')
_NAMES = {"nobody": NONE, "unassigned": NONE, "empty": NONE, "no": NO, "yes": YES}


def parse(text: str, now: datetime) -> TicketFilter:
    """Return the filter that `text` says. What is not understood is a problem; a word that no field has is a word to search for."""
    text = one_line(text)[:MAX_FILTER_CHARS]
    conditions: list[Condition] = []
    problems: list[str] = []
    words: list[str] = []
    order, at = "", 0
    while at < len(text):
        found = _TERM.match(text, at)
        if found and found["word"] == SORT:
            order = found["values"]
            if not is_order(order):
                problems.append(_("Tickets can’t be sorted by “%(order)s”. Use one of: %(choices)s.", order=order, choices=", ".join(orders())))
                order = ""
        elif found and found["word"] in BY_WORD:
            condition, problem = _condition(BY_WORD[found["word"]], found, now)
            conditions += [condition] if condition else []
            problems += [problem] if problem else []
        else:
            found = _WORD.match(text, at)
            words += [found[0]] if found else []
        at = found.end() if found else len(text)
        at = next((place for place in range(at, len(text)) if text[place] != " "), len(text))
    if len(conditions) > MOST_CONDITIONS:
        problems.append(_("A filter can have %(most)s conditions. Remove some.", most=MOST_CONDITIONS))
    return TicketFilter(joined(conditions[:MOST_CONDITIONS]), " ".join(words), order, tuple(problems))


def compose(chosen: Iterable[tuple[str, Sequence[str]]]) -> str:
    """Return the filter in words that a form chose: pairs of a filter's word and its values, each perhaps with `<` or `>` in front."""
    return " ".join(f"{word}:{_typed(values)}" for word, values in chosen if any(value.strip() for value in values))


def _typed(values: Sequence[str]) -> str:
    kept = [value.strip() for value in values if value.strip()]
    operator = re.match("[<>]=?", kept[0])
    sign = operator[0] if operator else ""
    return sign + ",".join(quoted(value.removeprefix(sign).strip()) for value in kept)


def _condition(field: Field, found: re.Match[str], now: datetime) -> tuple[Condition | None, str]:
    """Return the condition, or what is wrong with it."""
    operator = Operator(found["operator"] or "")
    values = [one_line(value.replace('"', "")) for value in _VALUE.findall(found["values"])]
    values = [value for value in values if value][:MOST_VALUES]
    if not values:
        return None, _("“%(filter)s” has no value.", filter=found[0])
    if operator is not Operator.IS and field.kind is not Kind.TIME:
        return None, _("“%(filter)s”: only times can be compared with < and >.", filter=found[0])
    known = [_known_value(field, value, now) for value in values]
    if None in known:
        return None, _problem(field, values[known.index(None)])
    flat = dict.fromkeys(one for value in known if value for one in value)
    return Condition(field.name, tuple(flat), operator, found["not"] is not None), ""


def _known_value(field: Field, value: str, now: datetime) -> tuple[str, ...] | None:
    """Return what the typed value stands for; None for one that the field cannot have."""
    folded = value.casefold()
    if field.kind is Kind.CHOICE:
        if field.name == "status" and folded == UNSOLVED:
            return tuple(map(str, WORKING))
        spelled = {label.casefold().replace(" ", "-"): choice for choice, label in field.choices.items()}
        choice = folded if folded in field.choices else spelled.get(folded.replace(" ", "-"))
        return None if choice is None else (choice,)
    if field.kind is Kind.TIME:
        return (folded,) if is_time(folded, now) else None
    if field.kind is Kind.IS_SET:
        return (_NAMES[folded],) if _NAMES.get(folded) in (YES, NO) else None
    if field.kind is Kind.TAGS:
        return (NONE,) if folded == NONE else (clean_tag(value),)
    if field.kind is Kind.ORGANIZATION and folded == NONE:
        return (NONE,)
    if field.kind in (Kind.PERSON, Kind.GROUP, Kind.CATEGORY) and _NAMES.get(folded, folded) in (NONE, ME):
        return (_NAMES.get(folded, folded),)
    return (value,)


def _problem(field: Field, value: str) -> str:
    word = field.filter_word
    if field.kind is Kind.TIME:
        return _("“%(value)s” is not a time. Use a day such as 2026-03-31, a month such as 2026-03, today, or an age such as 3d.", value=value)
    choices = [YES, NO] if field.kind is Kind.IS_SET else [*field.choices, *([UNSOLVED] if field.name == "status" else [])]
    return _("There is no “%(word)s:%(value)s”. Use one of: %(choices)s.", word=word, value=value, choices=", ".join(choices))
