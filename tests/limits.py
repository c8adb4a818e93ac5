"""Tests of limits in seconds that the client itself must keep."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

SHORT_S, LONG_S = 0.4, 8.0


def with_longer_limit(test: Callable[..., None]) -> Callable[..., None]:
    """Run a test with a short `limit_s`; run it again with a long one if it fails, since a busy machine keeps no short one."""

    @functools.wraps(test)
    def run(*arguments: Any, **named: Any) -> None:
        try:
            test(*arguments, limit_s=SHORT_S, **named)
        except (AssertionError, OSError):
            test(*arguments, limit_s=LONG_S, **named)

    whole = inspect.signature(test)
    run.__signature__ = whole.replace(parameters=[one for name, one in whole.parameters.items() if name != "limit_s"])  # type: ignore[attr-defined]
    return run
