"""A public article page, 32 at a time, beside a bare route that returns the same bytes."""

import gzip
import tempfile
import urllib.request
from pathlib import Path

from tests.bench.load import line, requests_per_second
from tests.bench.serving import BROWSER, bare, deskbook

CONNECTIONS = 32
RETURNING = {"Cookie": f"deskbook_visitor={'a' * 32}; deskbook_visit={'b' * 32}"}


def measure(content: Path, seconds: float, rounds: int) -> None:
    """Prints requests per second, as HTML and compressed, with the view recorded and without."""
    print(f"\nArticle page, {CONNECTIONS} at a time (goal: 0.70 of the bare route)")
    with deskbook(content) as served:
        path = _an_article(served.url)
        for name, sent in (("plain", {}), ("gzip", {"Accept-Encoding": "gzip"})):
            body, headers = _fetch(served.url + path, sent)
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder, "body")
                file.write_bytes(body)
                with bare(file, headers) as floor:
                    cases = {
                        f"bare route, {name}, {len(body):,} bytes": (floor.url + "/", sent),
                        f"Deskbook, {name}, a program": (served.url + path, sent),
                        f"Deskbook, {name}, a reader (view recorded)": (served.url + path, {"User-Agent": BROWSER, **RETURNING, **sent}),
                    }
                    _compare(cases, seconds, rounds)


def _compare(cases: dict[str, tuple[str, dict[str, str]]], seconds: float, rounds: int) -> None:
    found: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, (url, headers) in cases.items():
            found[name].append(requests_per_second(url, connections=CONNECTIONS, seconds=seconds, headers=headers))
    floor = next(iter(found.values()))
    for name, figures in found.items():
        line(name, figures, "req/s", floor)


def _an_article(url: str) -> str:
    with urllib.request.urlopen(f"{url}/sitemap.xml") as answer:
        text = answer.read().decode()
    paths = [part.partition("<")[0] for part in text.split("/articles/")[1:]]
    return f"/articles/{sorted(paths)[len(paths) // 2]}"


def _fetch(url: str, headers: dict[str, str]) -> tuple[bytes, dict[str, str]]:
    with urllib.request.urlopen(urllib.request.Request(url, headers={"User-Agent": BROWSER, **headers})) as answer:
        body = answer.read()
        fixed = {"content-type": answer.headers["content-type"]}
        if answer.headers["content-encoding"]:
            assert gzip.decompress(body)
            fixed["content-encoding"] = answer.headers["content-encoding"]
    return body, fixed
