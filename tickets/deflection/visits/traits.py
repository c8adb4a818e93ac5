"""The traits of a visit that lists are filtered by: form opened, articles read, kinds of search."""

from collections.abc import Callable, Iterator

from tickets.deflection.visits.intents import Intent
from tickets.deflection.visits.outcomes import Judged

EVERY, FORM, READ, LATE = "every", "form", "read", "late"
SEARCHES: dict[str, Callable[[Intent], bool]] = {
    "any": lambda _intent: True,
    "no_result": lambda intent: not intent.has_hits,
    "unanswered": lambda intent: intent.is_unanswered,
    "no_click": lambda intent: intent.has_hits and intent.clicked_rank is None,
    "click": lambda intent: intent.has_hits and intent.clicked_rank is not None,
    "refined": lambda intent: intent.is_refined,
}
"""Kinds of search a visit may have had; only settled ones that no outage touched count."""
DEGRADED = "degraded"
KINDS = (*SEARCHES, DEGRADED)
TRAITS = (FORM, READ, LATE, *(f"search_{kind}" for kind in KINDS))
BIT = {trait: 1 << place for place, trait in enumerate(TRAITS)}
"""Trait → its bit in a stored visit. New traits go to the end."""


def traits(judged: Judged) -> Iterator[str]:
    """The traits of one mature visit, each once."""
    visit = judged.visit
    if visit.has_form:
        yield FORM
    if visit.readings:
        yield READ
    if judged.is_success and judged.is_week_old and judged.has_late_ticket:
        yield LATE
    counted = [intent for intent in visit.intents if intent.is_settled and not intent.degraded]
    yield from (f"search_{kind}" for kind, is_kind in SEARCHES.items() if any(map(is_kind, counted)))
    if any(intent.degraded for intent in visit.intents):
        yield f"search_{DEGRADED}"


def bits(judged: Judged) -> int:
    """The traits as one number."""
    return sum(BIT[trait] for trait in traits(judged))
