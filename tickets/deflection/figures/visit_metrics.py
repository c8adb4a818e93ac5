"""Figures of visits. N are the mature visits with a support act, F those that opened the form."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from kb.events.models import Kind
from tickets.deflection.figures.rates import Rate
from tickets.deflection.visits.outcomes import Judged, LeftOut, Outcome
from tickets.deflection.visits.traits import EVERY, traits
from tickets.deflection.visits.visits import Visit

OPENING = frozenset((Kind.SEARCH, Kind.ARTICLE_VIEW))


@dataclass(frozen=True, slots=True)
class VisitMetrics:
    """What became of the visits."""

    visits: int
    """N."""
    form_visits: int
    """F."""
    outcomes: dict[str, int]
    """Every rung of the ladder, in order."""
    form_outcomes: dict[str, int]
    """The same, of the visits that opened the form."""
    left_out: dict[str, int]
    """Visits that count in no rate, by reason."""
    form_deflection: Rate
    """The headline."""
    confirmed_form_deflection: Rate
    """Its floor, always beside it."""
    self_service_least: Rate
    self_service_most: Rate
    gave_up: Rate
    recontact: Rate
    steps_before_form: float | None
    """Median number of searches and articles opened before the form."""
    reported_readings: int
    """Articles read, as the page's script reported."""
    inferred_readings: int
    """Articles read, inferred from the time until the next request."""
    first_matures_at: datetime | None
    """When the first of the immature visits will count; None when there is none."""


@dataclass(slots=True)
class VisitTally:
    """Counts of judged visits."""

    outcomes: Counter[str] = field(default_factory=Counter)
    form_outcomes: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    seen_again: int = 0
    seen_for_a_week: int = 0
    readings: Counter[str] = field(default_factory=Counter)
    """`reported` and `inferred`."""
    steps: Counter[str] = field(default_factory=Counter)
    """Searches and articles before the form → visits."""
    traits: dict[str, Counter[str]] = field(default_factory=dict)
    """Outcome → trait → visits; `every` trait counts them all."""

    def count(self, judged: Judged) -> None:
        """Counts one visit, with or without an outcome."""
        visit = judged.visit
        if judged.outcome is None:
            self.left_out[str(judged.left_out)] += 1
            return
        self.outcomes[judged.outcome] += 1
        if visit.has_form:
            self.form_outcomes[judged.outcome] += 1
            self.steps[str(steps_before_form(visit))] += 1
        if judged.is_success and judged.is_week_old:
            self.seen_for_a_week += 1
            self.seen_again += judged.has_late_ticket
        for reading in visit.readings:
            self.readings["inferred" if reading.is_inferred else "reported"] += 1
        self.traits.setdefault(judged.outcome, Counter()).update((EVERY, *traits(judged)))


def visit_figures(tally: VisitTally, first_matures_at: datetime | None) -> VisitMetrics:
    """The figures of the visits counted."""
    visits, forms = tally.outcomes.total(), tally.form_outcomes.total()
    confirmed, left = tally.outcomes[Outcome.CONFIRMED], tally.outcomes[Outcome.FORM_LEFT_AFTER_READING]
    return VisitMetrics(
        visits=visits,
        form_visits=forms,
        outcomes={str(outcome): tally.outcomes[outcome] for outcome in Outcome},
        form_outcomes={str(outcome): tally.form_outcomes[outcome] for outcome in Outcome},
        left_out={str(reason): tally.left_out[reason] for reason in LeftOut},
        form_deflection=Rate(tally.form_outcomes[Outcome.CONFIRMED] + tally.form_outcomes[Outcome.FORM_LEFT_AFTER_READING], forms),
        confirmed_form_deflection=Rate(tally.form_outcomes[Outcome.CONFIRMED], forms),
        self_service_least=Rate(confirmed, visits),
        self_service_most=Rate(confirmed + left + tally.outcomes[Outcome.READ_AND_LEFT], visits),
        gave_up=Rate(tally.outcomes[Outcome.GAVE_UP], visits),
        recontact=Rate(tally.seen_again, tally.seen_for_a_week),
        steps_before_form=_median(tally.steps),
        reported_readings=tally.readings["reported"],
        inferred_readings=tally.readings["inferred"],
        first_matures_at=first_matures_at,
    )


def steps_before_form(visit: Visit) -> int:
    """Searches and articles opened before the form; 0 when the form came first."""
    opened = visit.form_opened_at
    return sum(event.kind in OPENING for event in visit.events if opened is not None and event.at < opened)


def _median(steps: Counter[str]) -> float | None:
    """Of a year's visits, without writing them all out."""
    total, seen = steps.total(), 0
    middles: list[int] = []
    for value, count in sorted((int(value), count) for value, count in steps.items()):
        middles += [value] * sum(seen <= place < seen + count for place in ((total - 1) // 2, total // 2))
        seen += count
    return sum(middles) / 2 if middles else None
