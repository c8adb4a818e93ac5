"""Logging that something is away: once when it goes, again at growing intervals, and once when it is back."""

import logging
import time

FIRST_REMINDER_S, LONGEST_WAIT_S = 60.0, 3600.0


class OutageLog:
    """Turns a failure at every try into few lines of the log."""

    def __init__(self, log: logging.Logger, what: str) -> None:
        """`what` is the start of each sentence, such as `the outbox`."""
        self._log, self._what = log, what
        self._began_at = self._remind_at = self._wait_s = 0.0
        self._failures = 0

    def note_failure(self, reason: str, moment: float | None = None) -> None:
        """Log that it cannot be read, unless that was said a short while ago. `moment` is in seconds of the monotonic clock."""
        moment = time.monotonic() if moment is None else moment
        self._failures += 1
        if self._failures == 1:
            self._began_at, self._wait_s = moment, FIRST_REMINDER_S
            self._log.error("%s cannot be read, and is tried again until it can: %s", self._what, reason)
        elif moment >= self._remind_at:
            self._wait_s = min(self._wait_s * 2, LONGEST_WAIT_S)
            self._log.error("%s cannot be read for %.0f s now, after %d tries: %s", self._what, moment - self._began_at, self._failures, reason)
        else:
            return
        self._remind_at = moment + self._wait_s

    def note_success(self, moment: float | None = None) -> None:
        """Log that it can be read again, if it could not."""
        if self._failures:
            moment = time.monotonic() if moment is None else moment
            self._log.warning("%s can be read again, after %.0f s and %d failed tries", self._what, moment - self._began_at, self._failures)
            self._failures = 0
