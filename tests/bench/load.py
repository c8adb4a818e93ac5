"""Load on one address: `wrk` where it is installed, else a small client of our own (slower than the server it measures)."""

import asyncio
import re
import shutil
import subprocess
import time
from collections.abc import Sequence
from statistics import median
from urllib.parse import urlsplit


def requests_per_second(url: str, *, connections: int, seconds: float, headers: dict[str, str]) -> float:
    """Answers a second with `connections` kept busy; raises RuntimeError when any is not 2xx."""
    if shutil.which("wrk"):
        return _wrk(url, connections, seconds, headers)
    return asyncio.run(_ask(url, connections, seconds, headers))


def line(name: str, figures: Sequence[float], unit: str, beside: Sequence[float] | None = None) -> None:
    """Prints the median and the spread of `figures`, one of each round, and the median of their ratios to those of the same rounds `beside` them.

    A busy machine slows both halves of a round alike, so the ratio holds where the figures do not.
    """
    ratio = f"{median(one / other for one, other in zip(figures, beside, strict=True)):6.2f} ×" if beside else ""
    print(f"  {name:<58} {median(figures):10,.2f} {unit:<6} ({min(figures):,.2f} to {max(figures):,.2f})  {ratio}", flush=True)


def _wrk(url: str, connections: int, seconds: float, headers: dict[str, str]) -> float:
    given = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", *given, url]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    report = done.stdout
    if done.returncode or "Non-2xx" in report or "Socket errors" in report:
        raise RuntimeError(f"{' '.join(command)} (exit {done.returncode}): {report}{done.stderr}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", report)
    assert found
    return float(found[1])


async def _ask(url: str, connections: int, seconds: float, headers: dict[str, str]) -> float:
    parts = urlsplit(url)
    lines = [f"GET {parts.path or '/'}{'?' + parts.query if parts.query else ''} HTTP/1.1", f"Host: {parts.netloc}", *(f"{n}: {v}" for n, v in headers.items())]
    asked = ("\r\n".join(lines) + "\r\n\r\n").encode()
    until = time.perf_counter() + seconds
    began = time.perf_counter()
    counts = await asyncio.gather(*(_connection(parts.hostname or "", parts.port or 80, asked, until) for _ in range(connections)))
    return sum(counts) / (time.perf_counter() - began)


async def _connection(host: str, port: int, asked: bytes, until: float) -> int:
    reader, writer = await asyncio.open_connection(host, port)
    count = 0
    while time.perf_counter() < until:
        writer.write(asked)
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head.lower())
        if not head.startswith(b"HTTP/1.1 2") or length is None:
            raise RuntimeError(head[:300].decode(errors="replace"))
        await reader.readexactly(int(length[1]))
        count += 1
        if b"connection: close" in head.lower():
            writer.close()
            reader, writer = await asyncio.open_connection(host, port)
    writer.close()
    return count
