"""Add up dataclasses of counts, and store them as JSON. The tally of a year is the sum of its days."""

from collections import Counter
from dataclasses import fields
from typing import Any, TypeVar

Tally = TypeVar("Tally")


def add(total: Tally, part: Tally) -> None:
    """Adds every count of `part` to `total`."""
    for field in fields(total):  # type: ignore[arg-type]
        mine, other = getattr(total, field.name), getattr(part, field.name)
        if isinstance(mine, int):
            setattr(total, field.name, mine + other)
        elif isinstance(mine, Counter):
            mine.update(other)
        else:
            for key, counts in other.items():
                mine.setdefault(key, Counter()).update(counts)


def to_json(tally: object) -> dict[str, Any]:
    """Return the counts as plain values."""
    return {field.name: _plain(getattr(tally, field.name)) for field in fields(tally)}  # type: ignore[arg-type]


def from_json(kind: type[Tally], stored: dict[str, Any]) -> Tally:
    """Return the tally that `to_json` made `stored` of; counts it does not know are zero."""
    tally = kind()
    for field in fields(tally):  # type: ignore[arg-type]
        value, empty = stored.get(field.name), getattr(tally, field.name)
        if isinstance(empty, int):
            setattr(tally, field.name, value or 0)
        elif isinstance(empty, Counter):
            empty.update(value or {})
        else:
            empty.update({key: Counter(counts) for key, counts in (value or {}).items()})
    return tally


def _plain(value: Any) -> Any:
    if isinstance(value, Counter):
        return {str(key): count for key, count in value.items() if count}
    return {key: _plain(counts) for key, counts in value.items()} if isinstance(value, dict) else value
