"""Clients that mean no good, as a program of its own: `python -m tests.bench.attackers KIND URL SECONDS`. Prints what it did as JSON."""

import asyncio
import contextlib
import json
import resource
import sys
import time
from collections import Counter
from urllib.parse import urlsplit

SLOW = 1200
HEADER_BYTES = 100_000_000
WAITING = 30
LINES = b"x-filler: " + b"a" * 90 + b"\r\n"


async def slow(url: str, until: float, seen: Counter[str]) -> None:
    """Hold 1,200 connections, each with a request whose headers grow by a line a second and never end."""

    async def one(number: int) -> None:
        await asyncio.sleep(number / SLOW)
        while time.monotonic() < until:
            reader, writer = await _connect(url)
            seen["opened"] += 1
            writer.write(f"GET / HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\n".encode())
            seen["open"] += 1
            seen["most open"] = max(seen["most open"], seen["open"])
            try:
                while time.monotonic() < until and not (answer := await _within(1, reader.read(20))):
                    writer.write(b"a: b\r\n")
                seen[_status(answer)] += bool(answer)
            except (OSError, EOFError):
                seen["cut off"] += 1
            seen["open"] -= 1
            writer.close()

    await asyncio.gather(*(one(number) for number in range(SLOW)))


async def headers(url: str, until: float, seen: Counter[str]) -> None:
    """Send 100 MB of header lines, on a new connection whenever one is refused, spread over the time there is."""
    began, seconds = time.monotonic(), until - time.monotonic()
    while seen["bytes"] < HEADER_BYTES and time.monotonic() < until + seconds:
        reader, writer = await _connect(url)
        seen["opened"] += 1
        writer.write(f"GET / HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\n".encode())
        with contextlib.suppress(OSError):
            while seen["bytes"] < HEADER_BYTES:
                writer.write(LINES * 500)
                await writer.drain()
                seen["bytes"] += len(LINES) * 500
                await asyncio.sleep(max(0.0, began + seconds * seen["bytes"] / HEADER_BYTES - time.monotonic()))
        with contextlib.suppress(OSError):
            seen[_status(await _within(1, reader.read(20)))] += 1
        writer.close()


async def waiters(url: str, until: float, seen: Counter[str]) -> None:
    """Ask for a page that needs the database, 30 at a time."""

    async def one() -> None:
        while time.monotonic() < until:
            reader, writer = await _connect(url)
            asked = f"GET /requests HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\nCookie: deskbook_session=nobody\r\nConnection: close\r\n\r\n"
            writer.write(asked.encode())
            with contextlib.suppress(OSError):
                seen[_status(await reader.read(20))] += 1
            writer.close()
            await asyncio.sleep(0.2)

    await asyncio.gather(*(one() for _ in range(WAITING)))


async def _connect(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    parts = urlsplit(url)
    return await asyncio.open_connection(parts.hostname, parts.port)


async def _within(seconds: float, reading: "asyncio.Future[bytes] | object") -> bytes:
    try:
        return await asyncio.wait_for(reading, seconds)  # type: ignore[arg-type]
    except TimeoutError:
        return b""


def _status(answer: bytes) -> str:
    return answer[9:12].decode("ascii", "replace") or "no answer"


def main() -> None:
    """Does what the arguments say."""
    kind, url, seconds = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    seen: Counter[str] = Counter()
    asyncio.run({"slow": slow, "headers": headers, "waiters": waiters}[kind](url, time.monotonic() + float(seconds), seen))
    del seen["open"]
    print(json.dumps(seen))


if __name__ == "__main__":
    main()
