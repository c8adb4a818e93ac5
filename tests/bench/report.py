"""The deflection report over a year of 10,000 visits a day: counting a day from raw events, opening the page alone and while readers read."""

import asyncio
import re
import tempfile
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path
from statistics import median
from time import perf_counter, sleep
from urllib.parse import urlsplit

import time_machine

from kb.accounts import people
from kb.accounts.authentication import links
from kb.articles.catalog.library import Library
from kb.db import Database, now
from kb.jobs.worker import Worker
from kb.migrations import migrate
from tests.bench.busy_year import analyse, copy_days, fill_customers, fill_day, raw_days
from tests.bench.measured import took_ms
from tests.bench.serving import BROWSER, deskbook
from tests.services import MissingService, postgres_cluster
from tickets.deflection.days.stored_days import count_and_store
from tickets.deflection.jobs import ask_to_count, handlers

ROUNDS = 3
VISITS, DAYS, RAW_DAYS = 10_000, 365, 4
READERS, READS_PER_SECOND = 50, 200
URL = "/desk/reports/deflection"


def measure(content: Path, seconds: float, rounds: int) -> None:
    """Prints the times on SQLite and on PostgreSQL."""
    print(f"\n## Report: {DAYS} days of {VISITS:,} visits")
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        _measure_on("SQLite", f"sqlite:///{folder}/deskbook.sqlite", content, Path(folder, "sqlite"), seconds, rounds)
        try:
            cluster = stack.enter_context(postgres_cluster())
        except MissingService as missing:
            print(f"  PostgreSQL: not measured: {missing}")
            return
        _measure_on("PostgreSQL", cluster.create("bench"), content, Path(folder, "postgresql"), seconds, rounds)


def _measure_on(name: str, url: str, content: Path, data: Path, seconds: float, rounds: int) -> None:
    data.mkdir()
    with closing(Database(url)) as database:
        migrate(database)
        _fill(name, database)
        with database.write() as session:
            agent = people.add_user(session, "agent@example.org", "", "agent", now())
        with database.write() as session:
            link = links.path(links.make_link(session, agent, now()))
    article = next(iter(Library(content).catalog.articles.values())).url
    # The worker would count days of its own accord in the middle of what is measured.
    with deskbook(content, data, DATABASE_URL=url, WORKER="false") as serving:
        cookie = _sign_in(serving.url, link)
        last = now().date()
        year = f"{serving.url}{URL}?from={last - timedelta(days=DAYS - 1)}&to={last}"
        _line(f"{name}: a year, opened while today is not counted yet", [_open_ms(year, cookie)])
        _line(f"{name}: the worker counts today, and what else is due", [took_ms(lambda: _count_due(url))])
        _line(f"{name}: a year, opened for the first time after that", [_open_ms(year, cookie)])
        _line(f"{name}: a year", [_open_ms(year, cookie) for _ in range(rounds * 2)])
        _line(f"{name}: 30 days", [_open_ms(f"{serving.url}{URL}", cookie) for _ in range(rounds * 2)])
        for words, query in (("gave up", "outcome=gave_up"), ("came back after all", "late=1"), ("of one article", "article=article-7")):
            listed = year.replace(URL, f"{URL}/visits") + f"&{query}"
            _line(f"{name}: visits, {words}", [_open_ms(listed, cookie) for _ in range(rounds)])
        with ThreadPoolExecutor(1) as pool:
            length = max(seconds, 2) * rounds
            reading = pool.submit(asyncio.run, _read(serving.url + article, length))
            sleep(1)
            ends = perf_counter() + length - 2
            opened = []
            while perf_counter() < ends:
                opened.append(_open_ms(year, cookie))
                sleep(0.5)
            _line(f"{name}: a year, while {READS_PER_SECOND} pages are read a second", opened)
            _line(f"{name}: those pages meanwhile", reading.result())
            _line(f"{name}: those pages alone", asyncio.run(_read(serving.url + article, max(seconds, 2))))


def _fill(name: str, database: Database) -> None:
    present = now()
    with database.write() as session:
        fill_customers(session, present - timedelta(days=DAYS + 5))
    days = list(raw_days(present.date(), RAW_DAYS))
    events = [fill_day(database, day, VISITS, present, seed) for seed, day in enumerate(days)]
    analyse(database)
    counted = [took_ms(lambda day=day: count_and_store(database, day, present)) for day in days[:-1]]
    _line(f"{name}: counting a day of {events[0]:,} events and storing it", counted)
    copying = took_ms(lambda: copy_days(database, days[0], DAYS - RAW_DAYS, present))
    with time_machine.travel(present - timedelta(days=1), tick=True):
        _count_due(str(database.engine.url.render_as_string(hide_password=False)))  # as the worker had done by last night
    analyse(database)
    print(f"  (the other {DAYS - RAW_DAYS} days are copies of the first, made in {copying / 1000:.0f} s)")


def _count_due(url: str) -> None:
    """What the worker does every hour, and when somebody opens the report."""
    with closing(Database(url)) as database:
        worker = Worker(database, handlers(database))
        with database.write() as session:
            ask_to_count(session, now())
        while worker.run_once(now()):
            pass


def _line(name: str, figures: list[float]) -> None:
    ordered = sorted(figures)
    print(f"  {name:<66} {median(ordered):8,.0f} ms   (p95 {ordered[int(len(ordered) * 0.95)]:,.0f}, of {len(ordered)})", flush=True)


def _sign_in(base: str, link: str) -> str:
    class NoRedirect(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_args, **_more) -> None:
            return None

    request = urllib.request.Request(base + link, data=b"", headers={"User-Agent": BROWSER})
    try:
        urllib.request.build_opener(NoRedirect).open(request)
    except urllib.error.HTTPError as answer:
        return "; ".join(part.partition(";")[0] for part in answer.headers.get_all("Set-Cookie"))
    raise RuntimeError("the link did not sign in")


def _open_ms(url: str, cookie: str) -> float:
    request = urllib.request.Request(url, headers={"User-Agent": BROWSER, "Cookie": cookie})
    began = perf_counter()
    with urllib.request.urlopen(request, timeout=120) as answer:
        page = answer.read().decode()
    took = (perf_counter() - began) * 1000
    assert re.search("visits? ended|visits?</h1>|<h1>Visits", page), page[:500]
    return took


async def _read(url: str, seconds: float) -> list[float]:
    """The waits, in ms, of readers who each open the page a few times a second."""
    ends = perf_counter() + seconds
    return [wait for waits in await asyncio.gather(*(_reader(url, number, ends) for number in range(READERS))) for wait in waits]


async def _reader(url: str, number: int, ends: float) -> list[float]:
    parts, pause, waits = urlsplit(url), READERS / READS_PER_SECOND, []
    await asyncio.sleep(pause * number / READERS)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    asked = f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUser-Agent: {BROWSER}\r\n\r\n".encode()
    while (began := perf_counter()) < ends:
        writer.write(asked)
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head.lower())
        assert length, head
        await reader.readexactly(int(length[1]))
        waits.append((perf_counter() - began) * 1000)
        await asyncio.sleep(max(0, pause - (perf_counter() - began)))
    writer.close()
    return waits
