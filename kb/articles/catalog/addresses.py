"""Find the article at an address: its own, in any language, an older one, or one of a former help centre."""

import re
from collections.abc import Collection, Iterator
from urllib.parse import unquote, urlsplit

import idna

from kb.articles.article import Article, Catalog

OLD_ARTICLE = re.compile(r"/hc/(?:(?P<locale>[^/]+)/)?articles/(?P<number>\d+)[^/]*")
CLOSING = ".,;:!?)]}>'\"*_»”’"


def article_at(catalog: Catalog, path: str) -> Article | None:
    """Return the article that the path of an address leads to."""
    path = unquote(path).rstrip("/")
    if old := OLD_ARTICLE.fullmatch(path):
        slug = catalog.by_external_id.get(old["number"], "")
        asked = (old["locale"] or "").lower()
        readers = next((catalog.translated[one] for one in (asked, asked.partition("-")[0]) if one in catalog.translated), catalog)
        return readers.articles.get(slug)
    if (found := catalog.at(path)) is not None:
        return found
    moved = catalog.aliases.get(path)
    return catalog.at(moved) if moved is not None else None


def articles_in(catalog: Catalog, text: str, sites: Collection[str]) -> Iterator[Article]:
    """Yield the articles whose addresses stand in `text`, in its order; `sites` are the hosts, with their ports, that are ours."""
    hosts = "|".join(sorted((form for site in sites for form in _forms(site)), key=len, reverse=True))
    for match in re.finditer(rf"(?<![\w.@-])(?:https?://)?(?:{hosts})(/[^\s<>\"]*)", text, re.I):
        yield from _one(catalog, match[1])


def articles_named(catalog: Catalog, text: str) -> Iterator[Article]:
    """Yield the articles that `text` names by the path of their own address, whatever stands before it."""
    for match in re.finditer(r"/articles/[^\s/?#<>\"]+", text):
        yield from _one(catalog, match[0])


def _one(catalog: Catalog, address: str) -> Iterator[Article]:
    """Yield the article at an address that may end with punctuation of the sentence around it."""
    path = re.split(r"[?#]", address, maxsplit=1)[0]
    while path:
        if (article := article_at(catalog, path)) is not None:
            yield article
            return
        if path[-1] not in CLOSING:
            return
        path = path[:-1]


def _forms(site: str) -> Iterator[str]:
    """Yield patterns of a host as it may be typed: as it is set, and in the other spelling of an international name."""
    optional = "" if ":" in site else "(?::[0-9]{1,5})?"
    yield re.escape(site) + optional
    host, colon, port = site.partition(":")
    try:
        other = idna.decode(host) if host.isascii() else idna.encode(host).decode()
    except idna.IDNAError:
        return
    if other != host:
        yield re.escape(f"{other}{colon}{port}") + optional


def site_of(url: str) -> str:
    """Return the host and port that addresses of the site begin with."""
    return urlsplit(url).netloc
