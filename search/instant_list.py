"""Render the list under the search box. Built in Python, as Jinja takes three times as long and it changes at most keystrokes."""

from collections.abc import Callable, Iterable
from html import escape

from kb.i18n import gettext as _
from kb.web.locales import direction
from search.engine import Hit, Results
from search.popular import Link


def render_list(found: Results, reader: str, marks: Callable[[Hit, str], str], popular: Iterable[Link]) -> str:
    """The hits, or places to start from where nothing was found; `reader` is the locale on a site of several languages, else empty.

    `marks` is the macro `other_language` of `_ui.html`. The names by which a screen reader finds the parts of a hit are added by the
    script of the box; the wrapper tells it what to announce.
    """
    told = f'data-answered="{_flag(found.answered)}" data-degraded="{_flag(found.degraded)}" data-down="{_flag(found.is_down)}"'
    if found.corrected:
        told += f' data-corrected="{escape(found.corrected)}"'
    hits = "".join([_item(hit, reader, marks) for hit in found.hits])
    label = escape(_("Articles"))
    others = "".join([f'<li><a href="{escape(one.url)}">{escape(one.title)}</a></li>' for one in popular])
    return f'<div {told}><ul class="hits" role="listbox" aria-label="{label}">{hits}</ul>{others and f"<ul data-popular>{others}</ul>"}</div>'


def _item(hit: Hit, reader: str, marks: Callable[[Hit, str], str]) -> str:
    lang = f' lang="{escape(hit.locale)}" dir="{direction(hit.locale)}"' if reader else ""
    own = marks(hit, reader) if reader or hit.audience != "public" else ""
    heading = f' <span class="hit-heading">{hit.heading_marked}</span>' if hit.heading else ""
    trail = f'<span class="hit-trail">{escape(" › ".join(hit.breadcrumb))}</span>' if hit.breadcrumb else ""
    name = f'<span class="hit-name"><span class="hit-title">{hit.title_marked}{own}{heading}</span> {trail}</span>'
    return (
        f'<li class="hit" role="option"{lang} data-href="{escape(hit.href)}" aria-selected="false">{name} <span class="hit-snippet">{hit.snippet}</span></li>'
    )


def _flag(value: bool) -> str:
    return "true" if value else "false"
