"""Filters as values: conditions on fields of the registry, words to search for, and an order."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from tickets.fields import LISTED, Field, Kind

NONE, ME, UNSOLVED, YES, NO = "none", "me", "unsolved", "yes", "no"
"""Values with a meaning of their own: no value at all, who is asking, every status before solved, and whether there is a value."""
_PLAIN = re.compile(r'[^\s,"]+')


class Operator(StrEnum):
    """How a field's value is compared."""

    IS = ""
    BELOW = "<"
    ABOVE = ">"
    AT_MOST = "<="
    AT_LEAST = ">="


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that is asked of a ticket: that a field has one of the values, or lies on one side of the first."""

    field: str
    """Name in `fields.LISTED`."""
    values: tuple[str, ...]
    operator: Operator = Operator.IS
    is_negated: bool = False

    @property
    def definition(self) -> Field:
        """The field in the registry."""
        return LISTED[self.field]

    @property
    def text(self) -> str:
        """The condition as it is typed: `-status:open,pending`."""
        return f"{'-' if self.is_negated else ''}{self.definition.filter_word}:{self.operator}{','.join(map(quoted, self.values))}"


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """Which tickets are asked for, and in which order; `problems` says what was not understood."""

    conditions: tuple[Condition, ...] = ()
    words: str = ""
    order: str = ""
    """Of `sort_orders`; empty for the usual one."""
    problems: tuple[str, ...] = field(default=(), compare=False)

    @property
    def text(self) -> str:
        """The filter as it is typed, without its order."""
        return " ".join([*(condition.text for condition in self.conditions), *([self.words] if self.words else [])])

    def without(self, condition: Condition) -> "TicketFilter":
        """Return the filter with one condition less."""
        return TicketFilter(tuple(one for one in self.conditions if one != condition), self.words, self.order)

    def without_words(self) -> "TicketFilter":
        """Return the filter without the words to search for."""
        return TicketFilter(self.conditions, "", self.order)

    def values_of(self, name: str) -> tuple[str, ...] | None:
        """Return the values that the field may have; None where nothing is asked of it."""
        found = [one for one in self.conditions if one.field == name and one.operator is Operator.IS and not one.is_negated]
        return found[0].values if found else None


def joined(conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    """Return the conditions, each once. Several values asked of a field that has one value are alternatives; of tags, all must be there."""
    result: list[Condition] = []
    for one in conditions:
        is_alternative = one.operator is Operator.IS and not one.is_negated and one.definition.kind not in (Kind.TAGS, Kind.TIME)
        at = next((at for at, other in enumerate(result) if is_alternative and _has_place_of(other, one)), None)
        if at is not None:
            values = tuple(dict.fromkeys((*result[at].values, *one.values)))
            result[at] = Condition(one.field, values)
        elif one not in result:
            result.append(one)
    return tuple(result)


def quoted(value: str) -> str:
    """Return a value as it is typed: in quotation marks where it has spaces or commas."""
    return value if _PLAIN.fullmatch(value) else '"' + value.replace('"', "") + '"'


def _has_place_of(one: Condition, other: Condition) -> bool:
    return (one.field, one.operator, one.is_negated) == (other.field, other.operator, other.is_negated)
