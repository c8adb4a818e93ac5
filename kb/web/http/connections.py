"""The open connections of one server: how many there are, whose they are, and which of them are too slow."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Container, Sequence
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Protocol

from kb.config import Settings
from kb.web.http.client_address import network

log = logging.getLogger("deskbook.server")
LOG_EVERY_S = 60.0
LEAST_REFUSING = 4
"""Refused clients that are waited for at one time, however few connections are allowed; others may miss the answer they get."""


class Connection(Protocol):
    """One open connection, as the counts and the timer see it."""

    address: str

    def look(self, now: float) -> None:
        """Give the connection up if it has been too slow."""

    def give_way(self) -> None:
        """Close the connection, which has no request under way."""


class Connections:
    """Counts connections for each address and in all, and looks every second for those that are too slow.

    One timer for all of them: a timer for each request would cost every request what only slow ones need.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.most = settings.connections_max
        self._look_every_s = min(1.0, settings.header_timeout_s / 4, settings.send_timeout_s / 4, settings.close_timeout_s / 2)
        self._all: set[Connection] = set()
        self._of_address: dict[str, set[Connection]] = {}
        self._waiting: dict[Connection, None] = {}
        self._refusing: set[Connection] = set()
        self._refused: Counter[str] = Counter()
        self._timer: asyncio.TimerHandle | None = None
        self._said_at = 0.0
        self._is_free = uncounted_addresses(settings.trusted_proxies)

    def admit(self, connection: Connection, loop: asyncio.AbstractEventLoop) -> int:
        """Take a new connection in; return 0, or the status that it is to be refused with."""
        if self._timer is None:
            self._timer = loop.call_later(self._look_every_s, self._look, loop)
        whose = "" if self._is_free(connection.address) else network(connection.address)
        if whose and len(self._of_address.get(whose, ())) >= self.settings.connections_per_address and not self._make_room(self._of_address[whose]):
            return self._refuse(connection, 429)
        if len(self._all) >= self.most and not self._make_room(self._waiting):
            return self._refuse(connection, 503)
        self._all.add(connection)
        self._waiting[connection] = None
        if whose:
            self._of_address.setdefault(whose, set()).add(connection)
        return 0

    def may_linger(self, connection: Connection) -> bool:
        """Return True if there is room to wait until a refused client has read its answer."""
        return connection in self._refusing

    def leave(self, connection: Connection) -> None:
        """Forget a connection that is closed."""
        self._all.discard(connection)
        self._refusing.discard(connection)
        self._waiting.pop(connection, None)
        whose = network(connection.address)
        if held := self._of_address.get(whose):
            held.discard(connection)
            if not held:
                del self._of_address[whose]

    def starts(self, connection: Connection) -> None:
        """Note that a whole request has arrived on `connection`."""
        self._waiting.pop(connection, None)

    def waits(self, connection: Connection) -> None:
        """Note that `connection` has no request under way."""
        if connection in self._all:
            self._waiting[connection] = None

    def count(self, reason: str) -> None:
        """Count one client that was refused or cut off; the counts are logged once a minute."""
        self._refused[reason] += 1

    def _refuse(self, connection: Connection, status: int) -> int:
        if len(self._refusing) < max(LEAST_REFUSING, self.most // 10):
            self._refusing.add(connection)
        else:
            self.count(str(status))
        return status

    def _make_room(self, among: Container[Connection]) -> bool:
        """Close the connection of `among` that has waited longest without a request."""
        idle = next((one for one in self._waiting if one in among), None)
        if idle is None:
            return False
        self.leave(idle)
        idle.give_way()
        return True

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for connection in [*self._all, *self._refusing]:
            connection.look(now)
        if self._refused and now - self._said_at >= LOG_EVERY_S:
            self._said_at = now
            log.warning("clients refused or cut off: %s", ", ".join(f"{reason} ({count})" for reason, count in sorted(self._refused.items())))
            self._refused.clear()
        is_needed = self._all or self._refusing or self._refused
        self._timer = loop.call_later(self._look_every_s, self._look, loop) if is_needed else None


def uncounted_addresses(trusted_proxies: Sequence[str]) -> Callable[[str], bool]:
    """Return whether an address stands for many people, or for none: a trusted proxy, this machine, or what is no address."""
    trusted = [ip_network(proxy) for proxy in trusted_proxies]

    @lru_cache(10_000)
    def is_uncounted(address: str) -> bool:
        try:
            found = ip_address(address.partition("%")[0])
        except ValueError:
            return True
        found = getattr(found, "ipv4_mapped", None) or found
        return found.is_loopback or any(found in one for one in trusted)

    return is_uncounted
