"""Links and images: what an article names and where that leads."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import unquote, urlsplit

from kb.articles.markdown.sanitise import WEB_SCHEMES, scheme_of
from kb.articles.slug import safe_id

OLD_ADDRESS = re.compile(r"/hc/(?:[A-Za-z-]+/)?articles/(\d+)(?:-[^/]*)?/?")
_SCHEME = re.compile(r"[^/?#]*:")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a link leads; no `url`: it is shown as plain text. `problem` is for the writer."""

    url: str | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A link as written, where it leads now, and what is wrong with it."""

    href: str
    url: str | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """An image as the page asks for it; no `url`: its text is shown instead."""

    url: str | None
    width: int = 0
    height: int = 0
    problem: str = ""


class References(Protocol):
    """What an article's renderer asks about the rest of the content."""

    def link(self, href: str) -> Target:
        """Where the address leads that a writer wrote."""

    def image(self, src: str) -> Picture:
        """The image a writer named, when it is a file of the content."""


def refusal(href: str) -> str:
    """Why this address may not stand in a page; empty when it may."""
    is_web, is_other = href.lower().startswith(("http://", "https://")), href.lower().startswith(("mailto:", "tel:", "sms:"))
    hidden = "" if is_web else "%[01]" if is_other else "%5c|%2f|%0"
    if re.search(r"[\x00-\x1f\x7f\\]", href.strip()) or href.startswith("//") or (hidden and re.search(hidden, href, re.IGNORECASE)):
        return "is not an address"
    if _SCHEME.match(href) and not is_web and not is_other:
        return "begins with something other than http, https, mailto, tel or sms"
    return ""


def is_web_address(href: str) -> bool:
    """Return whether a browser can show what is there: a page, a file of this site, a picture or a film, not a person."""
    return scheme_of(href) in WEB_SCHEMES | {""}


def without_headers(mailto: str) -> str:
    """Return a mailto address without subject, copies or body, however its question mark is written."""
    return re.split(r"[?&]|%3f|%26", mailto, maxsplit=1, flags=re.IGNORECASE)[0]


def old_article_id(href: str) -> str | None:
    """The id in an address of the form `/hc/<locale>/articles/<id>…`, on whatever host."""
    try:
        found = OLD_ADDRESS.fullmatch(urlsplit(href).path)
    except ValueError:
        return None
    return found[1] if found else None


def fragment(href: str) -> str:
    """The `#…` of an address as our pages spell it; empty when there is none."""
    _, mark, anchor = href.partition("#")
    if ":~:" in anchor:  # A text fragment is for the browser: it finds the words by itself.
        return f"#{anchor}"
    return f"#{safe_id(unicodedata.normalize('NFC', unquote(anchor)))}" if mark and anchor else ""


class Nowhere:
    """References for text that stands alone: every address that is allowed stays as it is, no image is found."""

    def link(self, href: str) -> Target:
        """The address itself, unless it may not stand in a page."""
        problem = refusal(href)
        return Target(None if problem else href, problem)

    def image(self, src: str) -> Picture:
        """Nothing."""
        return Picture(None, problem=f"there is no image {src}")
