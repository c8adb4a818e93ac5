"""What readers notice while others attack: their waits before and during, and what the process holds."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from urllib.parse import urlsplit

from tests import services
from tests.bench.memory import resident_mb
from tests.bench.serving import BROWSER, CHECKOUT, Serving, deskbook

READERS = 4
PAUSE_S = 0.02
ATTACKS = {"1,200 slow connections": "slow", "100 MB of headers": "headers", "PostgreSQL silent": "waiters"}
LEAST_S = 10.0
"""Shorter runs end before a silent database is noticed, and before slow clients are given up."""


def measure(content: Path, seconds: float, rounds: int) -> None:
    """Prints readers' p50 and p95 before and during each attack, and the memory after it (goal: p95 at most doubles)."""
    print("\nReaders beside attackers (goal: p95 during at most twice that before)")
    with services.postgres_cluster() as cluster, deskbook(content, DATABASE_URL=cluster.create("bench")) as served:
        asyncio.run(_read(served.url, 2))
        for name, kind in ATTACKS.items():
            _round(served, name, kind, max(LEAST_S, seconds), rounds, cluster if kind == "waiters" else None)


def _round(served: Serving, name: str, kind: str, seconds: float, rounds: int, stopped: services.PostgresCluster | None) -> None:
    ratios, ratios_50 = [], []
    held = resident_mb(served.pid)
    for number in range(rounds):
        # Those who need the database ask for it as ever before it falls silent, too.
        with _attackers(kind, served.url, seconds + 1) if stopped else nullcontext():
            before = asyncio.run(_read(served.url, seconds))
        with _silence(stopped) if stopped else nullcontext(), _attackers(kind, served.url, seconds + 1) as did:
            during = asyncio.run(_read(served.url, seconds))
        ratios.append(_p95(during) / _p95(before))
        ratios_50.append(median(during) / median(before))
        print(f"  {name}, round {number + 1}: {_shown(before)} before, {_shown(during)} during; attackers: {did}", flush=True)
    told = f"p50 {median(ratios_50):.2f} ×, p95 {median(ratios):.2f} × ({min(ratios):.2f} to {max(ratios):.2f})"
    print(f"  {name:<28} {told}; memory {held:.0f} MB before, {resident_mb(served.pid):.0f} MB after, {resident_mb(served.pid, 'VmHWM'):.0f} MB at most")


async def _read(url: str, seconds: float) -> list[float]:
    """The waits of a few readers, in ms: pages, keystrokes and the request form, each with a pause after it."""
    until = perf_counter() + seconds
    return [wait for waits in await asyncio.gather(*(_reader(url, number, until) for number in range(READERS))) for wait in waits]


async def _reader(url: str, number: int, until: float) -> list[float]:
    parts, waits = urlsplit(url), []
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    for path in _paths(number):
        if perf_counter() > until:
            break
        began = perf_counter()
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUser-Agent: {BROWSER}\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head[:300]
        length = re.search(rb"content-length: (\d+)", head.lower())
        assert length
        await reader.readexactly(int(length[1]))
        waits.append((perf_counter() - began) * 1000)
        await asyncio.sleep(PAUSE_S)
    writer.close()
    return waits


def _paths(number: int) -> Iterator[str]:
    asked = 0
    while True:
        asked += 1
        yield from ("/", f"/search/instant?q=how+do+i+reset+{number}+{asked}", "/requests/new", f"/search/instant?q=upload+{number}+{asked}")


@contextmanager
def _attackers(kind: str, url: str, seconds: float) -> Iterator[dict[str, int]]:
    """What they did, once the block has ended."""
    did: dict[str, int] = {}
    command = [sys.executable, "-m", "tests.bench.attackers", kind, url, str(seconds)]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as process:
        yield did
        did |= json.loads(process.communicate(timeout=120)[0])


@contextmanager
def _silence(cluster: services.PostgresCluster) -> Iterator[None]:
    cluster.stop_answering()
    try:
        yield
    finally:
        cluster.answer_again()


def _p95(waits: list[float]) -> float:
    return quantiles(waits, n=20)[18]


def _shown(waits: list[float]) -> str:
    return f"p50 {median(waits):.1f} ms, p95 {_p95(waits):.1f} ms"
