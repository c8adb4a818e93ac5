"""Plain text as HTML: escaped, its web addresses made links, its lines kept. For everything that is not an article."""

import re

from linkify_it import LinkifyIt
from markupsafe import Markup, escape

CODE = re.compile(r"`([^`\n]+)`")
LINKS = LinkifyIt(options={"fuzzy_email": False, "fuzzy_link": False})


def as_html(text: str) -> Markup:
    """`text` escaped, with web addresses as links that pass nothing on and line ends as `<br>`; the style keeps indentation."""
    parts: list[Markup] = []
    end = 0
    for match in LINKS.match(text) or []:
        if match.schema in ("http:", "https:"):
            parts += [escape(text[end : match.index]), _link(match.url, match.text)]
            end = match.last_index
    parts.append(escape(text[end:]))
    return Markup("").join(parts).replace("\n", Markup("<br>"))


def with_code(text: str) -> Markup:
    """Return `text` escaped, with what stands between backticks as code: messages to writers are read in a terminal too."""
    parts = CODE.split(text)
    return Markup("").join(Markup("<code>{}</code>").format(part) if number % 2 else escape(part) for number, part in enumerate(parts))


def _link(url: str, text: str) -> Markup:
    return Markup('<a href="{}" rel="noopener noreferrer nofollow ugc">{}</a>').format(url, text)
