"""The room that bodies under way share: what each takes, whose it is, and which gives way when there is none left."""

import asyncio
from collections import Counter, deque
from dataclasses import dataclass, field
from enum import Enum

from kb.i18n.formats import MB
from kb.server_limits import ServerLimits
from kb.web.http.client_address import network
from kb.web.http.connections import uncounted_addresses

SMALL_BYTES = 64_000
"""Forms without files are no larger, and find room while large uploads do not."""


class Room(Enum):
    """The answer to a body that asks for room."""

    FREE = 0
    SITE_IS_FULL = 503
    ADDRESS_IS_FULL = 429


@dataclass(eq=False)
class Upload:
    """One body under way: how much was announced, how much arrived, and how much room it holds."""

    whose: str
    announced: int
    began_at: float
    arrived: int = 0
    held: int = 0
    gave_way: bool = False
    is_whole: bool = False
    waiting: asyncio.Timeout | None = None
    _marks: deque[tuple[float, int]] = field(default_factory=deque)

    @property
    def wanted(self) -> int:
        """Return the room that the whole body needs, in bytes."""
        return max(0, max(self.announced, self.arrived) - SMALL_BYTES)

    def note(self, size: int, now: float, window_s: float) -> None:
        """Count `size` more bytes."""
        self._forget(now - window_s)
        if not self._marks or now - self._marks[-1][0] > window_s / 20:
            self._marks.append((now, self.arrived))
        self.arrived += size

    def pace(self, now: float, window_s: float) -> float:
        """Return the bytes a second that arrived within the last `window_s`; at first, since the body began."""
        self._forget(now - window_s)
        arrived = self.arrived - (self._marks[0][1] if self._marks else self.arrived)
        return arrived / max(min(now - self.began_at, window_s), window_s / 20)

    def _forget(self, before: float) -> None:
        while self._marks and self._marks[0][0] < before:
            self._marks.popleft()


class UploadRoom:
    """Gives room to bodies: so much in all, so much to one address. Where there is none, those slower than the busy pace give way."""

    def __init__(self, limits: ServerLimits, trusted_proxies: tuple[str, ...] = ()) -> None:
        self._limits = limits
        self._is_uncounted = uncounted_addresses(trusted_proxies)
        self._uploads: set[Upload] = set()
        self._held = 0
        self._held_by: Counter[str] = Counter()

    def begin(self, address: str, announced: int, now: float) -> Upload:
        """Return a new body, which holds nothing yet."""
        return Upload("" if self._is_uncounted(address) else network(address), announced, now)

    def is_there(self, upload: Upload, now: float) -> Room:
        """Return whether all of `upload` would find room now."""
        return self._find(upload, now)[0]

    def take(self, upload: Upload, now: float) -> Room:
        """Hold room for all of `upload`; slower bodies are cut off where that makes the room."""
        found, giving_way = self._find(upload, now)
        if found is Room.FREE:
            for slow in giving_way:
                self._cut_off(slow, now)
            self._hold(upload, upload.wanted)
            self._uploads.add(upload)
        return found

    def leave(self, upload: Upload) -> None:
        """Free what `upload` holds."""
        self._hold(upload, 0)
        self._uploads.discard(upload)

    def _find(self, upload: Upload, now: float) -> tuple[Room, list[Upload]]:
        limits, more = self._limits, upload.wanted - upload.held
        giving_way: list[Upload] = []
        slow = self._slowest_first(upload, now)
        if upload.whose:
            own = [one for one in slow if one.whose == upload.whose]
            if not _frees(self._held_by[upload.whose] + more - limits.bodies_per_address_mb * MB, own, giving_way):
                return Room.ADDRESS_IS_FULL, []
        freed = sum(one.held for one in giving_way)
        others = [one for one in slow if one not in giving_way]
        if not _frees(self._held - freed + more - limits.bodies_max_mb * MB, others, giving_way):
            return Room.SITE_IS_FULL, []
        return Room.FREE, giving_way

    def _slowest_first(self, upload: Upload, now: float) -> list[Upload]:
        window_s, least = self._limits.body_pace_s, self._limits.transfer_busy_bytes_per_s
        paces = [(one.pace(now, window_s), one.began_at, one) for one in self._uploads if one is not upload and not one.is_whole and one.held]
        return [one for _, _, one in sorted((pace for pace in paces if pace[0] < least), key=lambda pace: pace[:2])]

    def _cut_off(self, slow: Upload, now: float) -> None:
        self.leave(slow)
        slow.gave_way = True
        if slow.waiting is not None:
            slow.waiting.reschedule(now)

    def _hold(self, upload: Upload, size: int) -> None:
        self._held += size - upload.held
        if upload.whose:
            self._held_by[upload.whose] += size - upload.held
            if not self._held_by[upload.whose]:
                del self._held_by[upload.whose]
        upload.held = size


def _frees(missing: int, slow: list[Upload], giving_way: list[Upload]) -> bool:
    """Add those of `slow` to `giving_way` that free `missing` bytes; return False where all of them do not."""
    for one in slow:
        if missing <= 0:
            break
        giving_way.append(one)
        missing -= one.held
    return missing <= 0
