"""Limit how often one address may search. Each process counts in memory, because the process is what has to be kept free.

Counting in the database would make every search a write. Of several processes each lets as many through.
"""

import math
import threading
from collections.abc import Callable
from functools import lru_cache
from time import monotonic

from starlette.exceptions import HTTPException
from starlette.requests import Request

from kb.i18n import ngettext
from kb.web.http.client_address import client_address, network

KEYSTROKES = 10
"""Requests while typing for each search: an office of a hundred shares one address, and a word is typed in five keys."""
MOST_ADDRESSES = 10_000
THIS_MACHINE = network("::1")


class SearchLimit:
    """So many searches a minute for each address, all at once if need be, then one as soon as one is due again."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}
        """Address → searches left, and when that was so."""
        self._lock = threading.Lock()

    def wait_s(self, address: str, cost: float = 1.0) -> float:
        """Takes a search from the address's share: 0.0 when there was one, else the seconds until there is."""
        now, rate = self._clock(), self._per_minute / 60
        with self._lock:
            left, since = self._left.get(address, (float(self._per_minute), now))
            left = min(self._per_minute, left + (now - since) * rate)
            if left < cost:
                return (cost - left) / rate
            self._left[address] = (left - cost, now)
            if len(self._left) > MOST_ADDRESSES:
                self._forget(now - 60)
        return 0.0

    def _forget(self, before: float) -> None:
        """Addresses idle for a minute have all their searches again; of too many others the oldest are let off."""
        idle = [address for address, (_, since) in self._left.items() if since <= before]
        for address in idle or list(self._left)[: MOST_ADDRESSES // 10]:
            del self._left[address]


def require_share(request: Request, *, is_typing: bool = False) -> None:
    """Raises 429 for an address that searches too often. This machine's own is let through: a proxy's visitors cannot be told apart by it."""
    address = _network(client_address(request))
    if address is None:
        return
    wait_s = math.ceil(request.app.state.search_limit.wait_s(address, 1 / KEYSTROKES if is_typing else 1.0))
    if wait_s:
        detail = ngettext(
            "Too many searches came from your network, which you may share with others. Search again in %(num)s second, or browse by topic.",
            "Too many searches came from your network, which you may share with others. Search again in %(num)s seconds, or browse by topic.",
            wait_s,
        )
        raise HTTPException(429, detail, {"Retry-After": str(wait_s)})


@lru_cache(maxsize=MOST_ADDRESSES)
def _network(address: str) -> str | None:
    """The address, or its network where one customer has a whole one; None for this machine."""
    found = network(address)
    return None if found == THIS_MACHINE or found.startswith("127.") else found
