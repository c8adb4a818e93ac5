"""What the HTML of an article may hold, looked at with a parser that has nothing to do with the one that made it."""

import re
from collections.abc import Iterator

from justhtml import JustHTML
from justhtml.dom import Node

ANYWHERE = {"id", "class", "title", "lang", "dir", "data-align"}
PLAIN = re.findall(
    r"\w+",
    """
    a abbr b blockquote br caption cite code col colgroup dd del details dfn div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark
    ol p pre q s samp section small span strong sub summary sup table tbody td tfoot th thead time tr u ul var video wbr form input button
    """,
)
ATTRIBUTES = {
    "a": {"href", "rel", "aria-label", "data-copy-link"},
    "img": {"src", "alt", "width", "height", "loading", "decoding"},
    "video": {"src", "controls", "preload"},
    "ol": {"start", "reversed", "type"},
    "li": {"value"},
    "td": {"colspan", "rowspan", "align"},
    "th": {"colspan", "rowspan", "align", "scope"},
    "details": {"open"},
    "time": {"datetime"},
    "pre": {"tabindex"},
    "div": {"tabindex", "role", "aria-label"},
    "span": {"data-player", "data-src", "data-title"},
    "form": {"action", "role"},
    "input": {"type", "name", "aria-label"},
}
SCHEMES = {"href": {"http", "https", "mailto", "tel", "sms"}, "src": {"http", "https"}, "data-src": {"https", "http"}}
AFTER = '<p id="page-after">after</p>'


def faults(html: str) -> list[str]:
    """Return everything in the HTML that no page may hold, as each way of parsing it sees it; empty when all is well."""
    found: list[str] = []
    for scripting in (True, False):
        whole = JustHTML(f'<!DOCTYPE html><body><div id="page-around">{html}</div>{AFTER}</body>', sanitize=False, scripting_enabled=scripting).root
        found += _escaped(whole)
        found += [fault for node in _inside(whole) for fault in _of(node)]
        found += [fault for node in _below(JustHTML(html, fragment=True, sanitize=False, scripting_enabled=scripting).root) for fault in _of(node)]
    return sorted(set(found))


def ids(html: str) -> list[str]:
    """Return the ids in the HTML, in order."""
    return [str(_attributes(node)["id"]) for node in _below(JustHTML(html, fragment=True, sanitize=False).root) if "id" in _attributes(node)]


def _attributes(node: Node) -> dict[str, str | None]:
    return getattr(node, "attrs", None) or {}


def _below(node: Node) -> Iterator[Node]:
    for child in getattr(node, "children", None) or ():
        yield child
        yield from _below(child)


def _inside(whole: Node) -> Iterator[Node]:
    around = next(node for node in _below(whole) if _attributes(node).get("id") == "page-around")
    return _below(around)


def _escaped(whole: Node) -> list[str]:
    """Whether the HTML leaves its place: what comes after must be beside it, and nothing else may be there."""
    body = next(node for node in _below(whole) if node.name == "body")
    places = [str(_attributes(node).get("id", "")) for node in body.children or () if not node.name.startswith("#")]
    head = next(node for node in _below(whole) if node.name == "head")
    return [f"leaves its place: {places}"] * (places != ["page-around", "page-after"]) + ["reaches the head"] * bool(head.children)


def _of(node: Node) -> Iterator[str]:
    if node.name == "#text":
        return
    if node.name.startswith(("#", "!", "?")):
        yield f"a node of the kind {node.name}"
    elif node.namespace not in (None, "html") or node.name not in PLAIN:
        yield f"<{node.name}> in {node.namespace}"
    for name, value in _attributes(node).items():
        yield from _of_attribute(node.name, name, value or "")


def _of_attribute(tag: str, name: str, value: str) -> Iterator[str]:
    if name not in ANYWHERE | ATTRIBUTES.get(tag, set()):
        yield f"<{tag} {name}={value!r}>"
    if name in SCHEMES and not _is_fine(value, SCHEMES[name]):
        yield f"<{tag} {name}={value!r}> leads elsewhere"
    if name in SCHEMES and value.lower().startswith("mailto:") and "?" in value:
        yield f"<{tag} {name}={value!r}> has headers"
    if (tag, name) == ("form", "action") and value != "/search":
        yield f"<form action={value!r}>"


def _is_fine(address: str, schemes: set[str]) -> bool:
    """As browsers read addresses (https://url.spec.whatwg.org): tabs and line ends go, and so do blanks and controls at the ends."""
    read = re.sub(r"[\t\r\n]", "", address).strip("".join(map(chr, range(33))))
    scheme = re.match(r"([a-z][a-z0-9+.-]*):", read, re.IGNORECASE)
    if scheme:
        is_whole = scheme[1].lower() not in ("http", "https") or re.match(r"https?://[^/\\]", read, re.IGNORECASE) is not None
        return scheme[1].lower() in schemes and is_whole
    return not re.match(r"[/\\]{2}", read)
