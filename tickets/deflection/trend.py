"""The weekly chart of the headline. Its axis runs from 0 to 100%, so that no difference looks larger than it is."""

from collections.abc import Sequence
from dataclasses import dataclass

from kb.i18n.formats import short_day
from tickets.deflection.report import Week

WIDTH, HEIGHT = 660, 264
LEFT, RIGHT, TOP, BOTTOM = 76, 630, 16, 224
MOST_LABELS = 5


@dataclass(frozen=True, slots=True)
class Point:
    """One week with visits that opened the form; shares from 0.0 to 1.0."""

    week: Week
    x: float
    main: float
    main_y: float
    floor: float
    floor_y: float


@dataclass(frozen=True, slots=True)
class Trend:
    """The chart."""

    points: tuple[Point, ...]
    labels: tuple[tuple[float, str], ...]
    """Where the names of some weeks stand."""
    grid: tuple[tuple[float, float], ...]
    """Shares and how high they stand."""
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = RIGHT


def trend(weeks: Sequence[Week]) -> Trend:
    """Return the chart of the weeks, oldest first."""
    step = (RIGHT - LEFT - 20) / max(1, len(weeks) - 1)
    places = [(week, round(LEFT + 10 + step * number, 1)) for number, week in enumerate(weeks)]
    points = tuple(_point(week, x) for week, x in places if week.form_deflection.of)
    every = -(-len(points) // MOST_LABELS) or 1
    labels = tuple((point.x, short_day(point.week.first_day)) for point in points[::every])
    return Trend(points, labels, tuple((share, _height(share)) for share in (0.0, 0.25, 0.5, 0.75, 1.0)))


def _point(week: Week, x: float) -> Point:
    main, floor = week.form_deflection.value or 0.0, week.confirmed.value or 0.0
    return Point(week, x, main, _height(main), floor, _height(floor))


def _height(share: float) -> float:
    return round(BOTTOM - share * (BOTTOM - TOP), 1)
