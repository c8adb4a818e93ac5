"""The allow-lists of HTML: what a writer may use, and what a page may hold."""

import re
from collections.abc import Callable

import nh3

from kb.articles.markdown.attributes import UNSEARCHED

_ANYWHERE = {"id", "class", "title", "lang", "dir"}
_ATTRIBUTES: dict[str, set[str]] = {
    "a": {"href", "name"},
    "img": {"src", "alt", "width", "height", "style"},
    "iframe": {"src", "title"},
    "video": {"src", "title"},
    "source": {"src"},
    "ol": {"start", "reversed", "type"},
    "li": {"value"},
    "td": {"colspan", "rowspan", "align", "style"},
    "th": {"colspan", "rowspan", "align", "scope", "style"},
    "details": {"open"},
    "time": {"datetime"},
    "form": {"action"},
    **{f"h{level}": {UNSEARCHED} for level in range(1, 7)},
    **{tag: {"style"} for tag in ("p", "div", "span", "figure", "figcaption", "section")},
}
_TAGS = frozenset(
    (
        *("a", "abbr", "b", "blockquote", "br", "caption", "cite", "code", "col", "colgroup", "dd", "del", "details", "dfn", "div", "dl", "dt"),
        *("em", "figcaption", "figure", "form", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "iframe", "img", "ins", "kbd", "li", "mark", "ol", "p"),
        *("pre", "q", "s", "samp", "section", "small", "source", "span", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot"),
        *("th", "thead", "time", "tr", "u", "ul", "var", "video", "wbr"),
    )
)
_UNWRAPPED = frozenset(["article", "aside", "button", "center", "font", "footer", "header", "input", "label", "main", "nav", "picture"])
KNOWN_TAGS = _TAGS | _UNWRAPPED
"""Tags that are read as HTML; those that are not kept leave their content. All others are text."""

WEB_SCHEMES = frozenset(("http", "https"))
LINK_SCHEMES = WEB_SCHEMES | {"mailto", "tel", "sms"}
_FORM_TAGS = frozenset(("form", "input", "button"))
_PAGE_TAGS = _TAGS - {"iframe", "source"} | _FORM_TAGS
"""No element whose content is raw text: whatever such an element holds, two parsers may read it differently."""
_PAGE_ATTRIBUTES = {tag: names - {"style", "name", UNSEARCHED} for tag, names in _ATTRIBUTES.items() if tag in _PAGE_TAGS} | {
    "a": {"href", "rel", "aria-label", "data-copy-link"},
    "img": {"src", "alt", "width", "height", "loading", "decoding"},
    "video": {"src", "controls"},
    "pre": {"tabindex"},
    "div": {"tabindex", "role", "aria-label"},
    "span": {"data-player", "data-src", "data-title"},
    "form": {"role"},
    "input": {"aria-label"},
}
MOST_ROUNDS = 8
_ONLY = {"form": {"action": {"/search"}}, "input": {"type": {"search"}, "name": {"q"}}, "video": {"preload": {"metadata"}}}
_SCHEME = re.compile(r"[\x00-\x20]*([^/?#:]*):")

Change = Callable[[str, str, str], str]
"""Called with a tag, an attribute and its value; what the value becomes."""

_writers = nh3.Cleaner(
    tags=set(_TAGS),
    clean_content_tags={"script", "style"},
    attributes={"*": _ANYWHERE} | _ATTRIBUTES,
    url_schemes=set(LINK_SCHEMES),
    link_rel=None,
    strip_comments=True,
)


def sanitise(html: str) -> str:
    """Return a writer's HTML, well-formed and with allowed tags and attributes only. It is to be rewritten, and then `finish`ed."""
    return _IFRAME.sub(r"\1", _writers.clean(html))


def finish(html: str, change: Change | None = None, *, without: frozenset[str] = frozenset()) -> str:
    """Return the HTML as a page may hold it: the last step before it is served, with nothing rewritten after.

    `change` rewrites the values of attributes on the way; tags and attributes named in `without` go, their content stays.
    A browser reads the result as the sanitiser did: it is repeated until nothing changes, for elements that may not be inside each other move when
    they are read again. Of a text where that has no end only the words are left.
    """
    finished = _cleaned(html, change, without)
    for _ in range(MOST_ROUNDS):
        again = _cleaned(finished, None, without)
        if again == finished:
            return finished
        finished = again
    return nh3.clean(finished, tags=set())


def _cleaned(html: str, change: Change | None, without: frozenset[str]) -> str:
    ids: set[str] = set()

    def filtered(tag: str, name: str, value: str) -> str | None:
        value = change(tag, name, value) if change else value
        if name in without or not _may_stand(name, value) or (name == "id" and value in ids):
            return None
        if name == "id":  # An element that is read again may have become two.
            ids.add(value)
        return value

    return nh3.clean(
        html,
        tags=set(_PAGE_TAGS - without),
        clean_content_tags={"script", "style"},
        attributes={"*": _ANYWHERE | {"data-align"}} | _PAGE_ATTRIBUTES,
        tag_attribute_values=_ONLY,
        attribute_filter=filtered,
        url_schemes=set(LINK_SCHEMES),
        link_rel=None,
        strip_comments=True,
    )


def scheme_of(address: str) -> str:
    """Return the scheme that a browser reads in the address, in lower case; empty for a relative one."""
    found = _SCHEME.match(re.sub(r"[\t\n\r]", "", address))
    return found[1].lower() if found else ""


def _may_stand(name: str, value: str) -> bool:
    if name not in ("href", "src", "data-src"):
        return True
    schemes = LINK_SCHEMES if name == "href" else WEB_SCHEMES
    return (scheme_of(value) or "http") in schemes and not re.match(r"\s*[/\\]{2}", value)


# The content of an iframe is text to one parser and elements to another.
_IFRAME = re.compile(r'(<iframe(?: [a-z-]+="[^"]*")*>).*?(?=</iframe>|$)', re.DOTALL)
