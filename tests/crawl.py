"""Walking a site as one person: every page that can be reached by its links, and what is in it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit

from starlette.testclient import TestClient

MOST_PAGES = 1000
HERE = ("testserver", "127.0.0.1:8000")


@dataclass(frozen=True, slots=True)
class Visited:
    """One answer: `text` is its body, `said` its headers and body."""

    address: str
    status: int
    content_type: str
    text: str
    said: str


@dataclass(slots=True)
class _Links(HTMLParser):
    found: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        HTMLParser.__init__(self)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in ("href", "src") and value]


def crawl(browser: TestClient, seeds: Iterable[str]) -> list[Visited]:
    """Every page of this site reached from the seeds by links, in the order found, at most 1000."""
    waiting, seen, visited = list(seeds), {_but_for_its_order(seed) for seed in seeds}, []
    while waiting and len(visited) < MOST_PAGES:
        address = waiting.pop(0)
        one = _visit(browser, address)
        visited.append(one)
        fresh = {_but_for_its_order(link): link for link in _links(one)}
        waiting += [link for name, link in fresh.items() if name not in seen]
        seen.update(fresh)
    assert not waiting, "more pages than the crawl looks at"
    return visited


def _but_for_its_order(address: str) -> str:
    """Return the address without the order of its list: each order holds the same tickets, and each leads to all the others."""
    parts = urlsplit(address)
    query = "&".join(part for part in parts.query.split("&") if not part.startswith("order="))
    return f"{parts.path}?{query}"


def _visit(browser: TestClient, address: str) -> Visited:
    answer = browser.get(address)
    kind = answer.headers.get("content-type", "").partition(";")[0]
    is_text = kind.startswith("text/") or kind.endswith(("json", "xml"))
    text = answer.text if is_text else ""
    location = [answer.headers["location"]] if "location" in answer.headers else []
    return Visited(address, answer.status_code, kind, text, "\n".join([text, *location, *(f"{name}: {value}" for name, value in answer.headers.items())]))


def _links(one: Visited) -> Iterable[str]:
    if one.content_type == "text/html":
        parser = _Links()
        parser.feed(one.text)
        found = parser.found
    elif one.content_type.endswith("xml"):
        found = [part.partition("<")[0] for part in one.text.replace("&amp;", "&").split("<loc>")[1:]]
    else:
        found = []
    for link in found:
        parts = urlsplit(urldefrag(urljoin(f"http://testserver{one.address}", link)).url)
        if parts.scheme == "http" and parts.netloc in HERE and not parts.path.startswith("/static/"):
            yield parts.path + (f"?{parts.query}" if parts.query else "")
