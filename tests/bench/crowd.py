"""Many who type at once: whether a queue grows, and what each of them waits."""

import asyncio
import re
from statistics import median, quantiles
from time import perf_counter
from urllib.parse import quote, urlsplit

from tests.bench.serving import BROWSER

AT_ONCE = 32


def crowd(name: str, url: str, typed: list[str]) -> None:
    """Prints answers a second and the wait, for one and for AT_ONCE people: each with keystrokes that nobody sent before, then all with the same ones."""
    for people, mark in ((1, "x"), (AT_ONCE, "y")):
        asyncio.run(_together(f"{name}: {people} at a time, new to Deskbook", url, [[f"{text} {mark}{number}" for text in typed] for number in range(people)]))
        asyncio.run(_typist(url, typed))
        asyncio.run(_together(f"{name}: {people} at a time, asked before", url, [typed] * people))


async def _together(name: str, url: str, asked: list[list[str]]) -> None:
    began = perf_counter()
    waits = sorted([one for found in await asyncio.gather(*(_typist(url, texts) for texts in asked)) for one in found])
    took, each = perf_counter() - began, [wait for _, wait in waits]
    halves = [median(half) for half in (each[: len(each) // 2], each[len(each) // 2 :])]
    told = f"p50 {median(each):.1f} ms, p95 {quantiles(each, n=20)[18]:.1f} ms; p50 of the first half {halves[0]:.1f}, of the second {halves[1]:.1f}"
    print(f"  {name:<52} {len(each) / took:8,.0f}/s  {told}", flush=True)


async def _typist(url: str, texts: list[str]) -> list[tuple[float, float]]:
    """When each answer was there, and how long it took in ms."""
    parts, waits = urlsplit(url), []
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    for text in texts:
        began = perf_counter()
        writer.write(f"GET /search/instant?q={quote(text)} HTTP/1.1\r\nHost: {parts.netloc}\r\nUser-Agent: {BROWSER}\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head.lower())
        assert length, head[:300]
        assert head.startswith(b"HTTP/1.1 200"), head[:300]
        await reader.readexactly(int(length[1]))
        waits.append((perf_counter(), (perf_counter() - began) * 1000))
    writer.close()
    return waits
