"""Ask an embedder while words are searched for, and wait at most MOST_WAIT_S for it.

A dead or slow embedder costs quality, never an answer.
"""

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from functools import partial
from statistics import median
from time import monotonic
from typing import NamedTuple

from search.circuit_breaker import CircuitBreaker
from search.engine import EngineUnavailable, Query

log = logging.getLogger("deskbook.search")
MOST_WAIT_S = 0.3
MOST_ASKED_CHARS = 600
ASKING_AT_ONCE = 4
LEAST_TOLD = 10
"""With fewer articles near, what is usual of them cannot be told."""


class NearestArticles(NamedTuple):
    """The articles nearest to a question in meaning."""

    similarity: dict[str, float]
    """By slug, nearest first: 1.0 is the same, and everything else has a scale of the model's own."""
    leads: dict[str, float] = {}
    """How far each stands out, see `leads`; empty where too few are near to tell."""


Nearest = Callable[[str, int, Query], NearestArticles]
"""The articles nearest to a text, at most so many, that pass a query's filters; raises EngineUnavailable."""


class EmbeddingLookup:
    """Asks in threads of its own; leaves an embedder alone for a while that failed several times in a row."""

    def __init__(self, nearest: Nearest) -> None:
        self._nearest = nearest
        self._breaker = CircuitBreaker(failures=3)
        self._threads = ThreadPoolExecutor(ASKING_AT_ONCE, "meaning")

    def begin(self, text: str, most: int, query: Query) -> Callable[[], NearestArticles | None]:
        """Starts asking; what comes back gives the answer when it is called, None when there is none in time."""
        if not self._breaker.allows():
            return lambda: None
        due = monotonic() + MOST_WAIT_S
        return partial(self._answer, self._threads.submit(self._nearest, text[:MOST_ASKED_CHARS], most, query), due)

    def _answer(self, asked: Future[NearestArticles], due: float) -> NearestArticles | None:
        try:
            near = asked.result(max(0.0, due - monotonic()))
        except (EngineUnavailable, TookTooLong) as error:
            self._breaker.failed()
            log.warning("embedder: %s", str(error)[:300] or f"no answer within {MOST_WAIT_S} s; words alone answer")
            return None
        self._breaker.succeeded()
        return near


def leads(similarity: Mapping[str, float], own: Sequence[float]) -> dict[str, float]:
    """How far each article stands above the usual of those near, where 1.0 is as far as the nearest stands above the usual of its own neighbours.

    `own` holds the similarities of these to it, itself left out. A similarity by itself means something else with every model, and among
    articles on one thing something else than among others; this measures it with what the model makes of the article. Empty for too few.
    """
    if min(len(similarity), len(own)) < LEAST_TOLD:
        return {}
    usual, whole = median(similarity.values()), max(1.0 - median(own), 1e-3)
    return {slug: (value - usual) / whole for slug, value in similarity.items()}


def is_e5(model: str) -> bool:
    """Whether a model's name says E5: those are trained on texts that begin with `query: ` and `passage: ` (Wang et al. 2022, arXiv 2212.03533)."""
    return re.search(r"(?<![a-z0-9])m?e5(?![a-z0-9])", model.lower()) is not None
