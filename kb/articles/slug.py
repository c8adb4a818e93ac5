"""Slugs of files and folders, and ids of headings."""

import re
import unicodedata

from kb.text.unicode_classes import MARKS

# Names a page's own scripts look up on `document`, `window` or plain objects: an element with such an id could answer in their place.
_CLOBBERING = frozenset(
    (
        *("all", "anchors", "applets", "attributes", "body", "childnodes", "children", "classname", "constructor", "cookie", "createelement"),
        *("defaultview", "doctype", "documentelement", "domain", "embeds", "forms", "frames", "getelementbyid", "hasownproperty", "head"),
        *("images", "implementation", "innerhtml", "links", "location", "nodename", "ownerdocument", "parentnode", "plugins", "prototype"),
        *("queryselector", "referrer", "scripts", "self", "stylesheets", "submit", "tostring", "valueof", "write"),
    )
)
# Ids of the page around an article: a second one would take the place of the first for links, labels and scripts.
_PAGES_OWN = frozenset(
    (
        *("main", "q", "related-title", "search", "search-all", "search-ask", "search-browse", "search-forget-all", "search-list", "search-scope"),
        *("search-verbatim", "site-menu", "toc-title", "vote-reason", "vote-title"),
    )
)
_PAGES_OWN_NUMBERED = re.compile(r"hit-\d+(-\w+)?|search-(?:popular|recent)-\d+")
_SPELLED_OUT = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "þ": "th", "&": " "})
_ACCENTS = "\u0300-\u036f"
_BETWEEN_WORDS = re.compile(f"(?:[{_ACCENTS}]|[^\\w{MARKS}]|_)+")
_NOT_IN_HEADING = re.compile(f"[^\\w{MARKS}\\- ]")
PREFIX = "kb-"


def slugify(name: str) -> str:
    """The name as lower-case words joined by `-`, accents taken off; letters of other scripts stay with their signs. Empty when there is none."""
    letters = (_plain(character) for character in unicodedata.normalize("NFKC", name).lower().translate(_SPELLED_OUT))
    return _BETWEEN_WORDS.sub("-", "".join(letters)).strip("-")


def heading_id(text: str) -> str:
    """The anchor readers expect of a heading: as GitHub makes it, spaces to `-`, punctuation dropped."""
    kept = _NOT_IN_HEADING.sub("", unicodedata.normalize("NFC", text).strip().lower())
    return safe_id(kept.replace(" ", "-")[:120])


def safe_id(anchor: str) -> str:
    """Return the anchor as it stands in the page: without white space, and with a prefix where the page or its scripts use the name themselves."""
    anchor = re.sub(r"\s", "", anchor)
    is_taken = anchor.lower() in _CLOBBERING | _PAGES_OWN or anchor.startswith("__") or _PAGES_OWN_NUMBERED.fullmatch(anchor.lower())
    return PREFIX + anchor if is_taken else anchor


class Anchors:
    """Hands out ids that are unique within one page, in constant time each."""

    def __init__(self) -> None:
        self._next: dict[str, int] = {}

    def claim(self, anchor: str) -> bool:
        """Whether this id was still free; it is taken now."""
        if not anchor or anchor in self._next:
            return False
        self._next[anchor] = 1
        return True

    def unique(self, anchor: str) -> str:
        """The id itself, or with the first free number behind it."""
        anchor = anchor or "section"
        candidate = anchor
        while not self.claim(candidate):
            candidate = f"{anchor}-{self._next[anchor]}"
            self._next[anchor] += 1
        return candidate


def _plain(character: str) -> str:
    base = unicodedata.normalize("NFKD", character)[0]
    return base if base.isascii() else character
