"""A circuit breaker: stop calling a service that fails, and try again now and then."""

from collections.abc import Callable
from threading import Lock
from time import monotonic


class CircuitBreaker:
    """Opens after `failures` failures in a row; while open it lets one attempt through every `probe_every_s` seconds."""

    def __init__(self, failures: int = 5, probe_every_s: float = 10.0, clock: Callable[[], float] = monotonic) -> None:
        self._allowed_failures = failures
        self._probe_every_s = probe_every_s
        self._clock = clock
        self._failures = 0
        self._next_probe = 0.0
        self._lock = Lock()

    @property
    def is_open(self) -> bool:
        """Whether attempts are held back."""
        return self._failures >= self._allowed_failures

    def allows(self) -> bool:
        """Whether to attempt now; an attempt let through while open counts as the probe."""
        with self._lock:
            if not self.is_open:
                return True
            if self._clock() < self._next_probe:
                return False
            self._next_probe = self._clock() + self._probe_every_s
            return True

    def succeeded(self) -> bool:
        """Closes it; True when attempts had failed before."""
        with self._lock:
            had_failed, self._failures = self._failures > 0, 0
            return had_failed

    def failed(self, *, retry_after_s: float = 0.0) -> None:
        """Counts a failure; with `retry_after_s` it opens at once for that long."""
        with self._lock:
            self._failures = max(self._failures + 1, self._allowed_failures if retry_after_s else 0)
            self._next_probe = self._clock() + max(self._probe_every_s, retry_after_s)
