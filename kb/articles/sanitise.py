"""The allow-list: what survives of a writer's HTML."""

import nh3

from kb.articles.attributes import UNSEARCHED

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

_cleaner = nh3.Cleaner(
    tags=set(_TAGS),
    clean_content_tags={"script", "style"},
    attributes={"*": _ANYWHERE} | _ATTRIBUTES,
    url_schemes={"http", "https", "mailto"},
    link_rel=None,
    strip_comments=True,
)


def sanitise(html: str) -> str:
    """Well-formed HTML that holds allowed tags and attributes only; addresses are http, https, mailto or relative."""
    return _cleaner.clean(html)
