"""The figures of a report, added up visit by visit. N are the mature visits with a support act, F those that opened the form."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median

from kb.events.models import Kind
from tickets.deflection.outcomes import WINDOW, Judged, LeftOut, Outcome
from tickets.deflection.rates import Rate
from tickets.deflection.reading import ArticleTally
from tickets.deflection.searching import SearchTally
from tickets.deflection.visits import Visit

OPENING = frozenset((Kind.SEARCH, Kind.ARTICLE_VIEW))


@dataclass(frozen=True, slots=True)
class VisitFigures:
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
class Tally:
    """Adds up judged visits, which come visitor by visitor."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    form_outcomes: Counter[Outcome] = field(default_factory=Counter)
    left_out: Counter[LeftOut] = field(default_factory=Counter)
    seen_again: int = 0
    seen_for_a_week: int = 0
    readings: Counter[bool] = field(default_factory=Counter)
    steps: Counter[int] = field(default_factory=Counter)
    first_matures_at: datetime | None = None
    searches: SearchTally = field(default_factory=SearchTally)
    articles: ArticleTally = field(default_factory=ArticleTally)

    def add(self, judged: Judged) -> None:
        """Counts one visit of the period, with or without an outcome."""
        visit = judged.visit
        if judged.left_out in (None, LeftOut.NO_SUPPORT_ACT, LeftOut.IMMATURE):
            self.articles.add_votes(visit)
        if judged.outcome is None:
            self._leave_out(judged)
            return
        self.outcomes[judged.outcome] += 1
        if visit.has_form:
            self.form_outcomes[judged.outcome] += 1
            self.steps[steps_before_form(visit)] += 1
        if judged.is_success and judged.is_week_old:
            self.seen_for_a_week += 1
            self.seen_again += judged.has_late_ticket
        self.readings.update(reading.is_inferred for reading in visit.readings)
        self.searches.add(judged)
        self.articles.add(judged)

    def figures(self) -> VisitFigures:
        """The figures so far."""
        visits, forms = self.outcomes.total(), self.form_outcomes.total()
        confirmed, left = self.outcomes[Outcome.CONFIRMED], self.outcomes[Outcome.FORM_LEFT_AFTER_READING]
        return VisitFigures(
            visits=visits,
            form_visits=forms,
            outcomes={str(outcome): self.outcomes[outcome] for outcome in Outcome},
            form_outcomes={str(outcome): self.form_outcomes[outcome] for outcome in Outcome},
            left_out={str(reason): self.left_out[reason] for reason in LeftOut},
            form_deflection=Rate(self.form_outcomes[Outcome.CONFIRMED] + self.form_outcomes[Outcome.FORM_LEFT_AFTER_READING], forms),
            confirmed_form_deflection=Rate(self.form_outcomes[Outcome.CONFIRMED], forms),
            self_service_least=Rate(confirmed, visits),
            self_service_most=Rate(confirmed + left + self.outcomes[Outcome.READ_AND_LEFT], visits),
            gave_up=Rate(self.outcomes[Outcome.GAVE_UP], visits),
            recontact=Rate(self.seen_again, self.seen_for_a_week),
            steps_before_form=float(median(self.steps.elements())) if self.steps else None,
            reported_readings=self.readings[False],
            inferred_readings=self.readings[True],
            first_matures_at=self.first_matures_at,
        )

    def _leave_out(self, judged: Judged) -> None:
        assert judged.left_out is not None  # noqa: S101
        self.left_out[judged.left_out] += 1
        if judged.left_out is LeftOut.IMMATURE:
            matures_at = judged.visit.ended_at + WINDOW
            self.first_matures_at = min(matures_at, self.first_matures_at or matures_at)


def steps_before_form(visit: Visit) -> int:
    """Searches and articles opened before the form; 0 when the form came first."""
    opened = visit.form_opened_at
    return sum(event.kind in OPENING for event in visit.events if opened is not None and event.at < opened)
