"""How long tests with generated inputs search: a fixed number of examples, or for minutes by a variable."""

import functools
import os
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

MINUTES = float(os.environ.get("DESKBOOK_GENERATE_MINUTES") or 0)
GRACE_S = 180


def searches(*, examples: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Run a `@given` test on the same `examples` inputs each time, or on new ones until `DESKBOOK_GENERATE_MINUTES` are over.

    Goes above `@given`. Each test, and each set of parameters of one, takes the whole time. A failure prints the input; `@example` keeps it.
    """

    def decorate(test: Callable[..., Any]) -> Callable[..., Any]:
        bounded = settings(
            max_examples=examples,
            deadline=None,
            derandomize=not MINUTES,
            suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
            print_blob=True,
        )(test)
        if not MINUTES:
            return pytest.mark.generated(bounded)

        @functools.wraps(bounded)
        def for_minutes(*arguments: Any, **named: Any) -> None:
            end = time.monotonic() + MINUTES * 60
            while time.monotonic() < end:
                bounded(*arguments, **named)

        return pytest.mark.generated(pytest.mark.timeout(int(MINUTES * 60) + GRACE_S)(for_minutes))

    return decorate
