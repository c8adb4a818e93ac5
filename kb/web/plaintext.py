"""Plain text as HTML: escaped, its web addresses made links, its lines kept. For everything that is not an article."""

from linkify_it import LinkifyIt
from markupsafe import Markup, escape

LINKS = LinkifyIt(options={"fuzzy_email": False, "fuzzy_link": False})


def as_html(text: str) -> Markup:
    """`text` escaped, with http and https addresses as links that pass nothing on, and line ends as `<br>`."""
    parts: list[Markup] = []
    end = 0
    for match in LINKS.match(text) or []:
        if match.schema in ("http:", "https:"):
            parts += [escape(text[end : match.index]), _link(match.url, match.text)]
            end = match.last_index
    parts.append(escape(text[end:]))
    return Markup("").join(parts).replace("\n", Markup("<br>\n"))


def _link(url: str, text: str) -> Markup:
    return Markup('<a href="{}" rel="noopener noreferrer nofollow ugc">{}</a>').format(url, text)
