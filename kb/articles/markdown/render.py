"""Render Markdown to safe HTML with its outline and links, once, when a file is loaded."""

import re
import threading
from dataclasses import dataclass
from typing import Any

from markdown_it import MarkdownIt

from kb.articles.article import Heading, Passage
from kb.articles.markdown.complexity import refuse_too_complex
from kb.articles.markdown.dialect import dialect
from kb.articles.markdown.images import ImageUse
from kb.articles.markdown.outline import squeeze
from kb.articles.markdown.references import Link, Nowhere, References
from kb.articles.markdown.rewrite import Rewriter
from kb.articles.markdown.sanitise import finish, sanitise

VERSION = 14
"""Increase it whenever the same text renders differently, also by another translation: stored renderings of an older version are made again."""
_own = threading.local()


@dataclass(frozen=True, slots=True)
class Rendered:
    """A rendered text: safe HTML and what it holds. `hidden` is text that was written to be found but not shown."""

    html: str
    headings: tuple[Heading, ...] = ()
    passages: tuple[Passage, ...] = ()
    links: tuple[Link, ...] = ()
    images: tuple[ImageUse, ...] = ()
    anchors: frozenset[str] = frozenset()
    hidden: str = ""


def render(text: str, references: References | None = None, iframe_hosts: tuple[str, ...] = ()) -> Rendered:
    """The text rendered; raises TooComplex, with the line, when it is too large, too deep or takes too many steps."""
    refuse_too_complex(text)
    text = re.sub("[\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", text)
    environment: dict[str, Any] = {"chars": len(text), "line": 1}
    html = sanitise(_parser().render(text, environment))
    page = Rewriter(html, references or Nowhere(), iframe_hosts)
    outline = page.text.outline
    return Rendered(
        finish(page.html),
        tuple(outline.headings),
        tuple(outline.passages),
        tuple(dict.fromkeys(page.links)),
        tuple(dict.fromkeys(page.images)),
        frozenset(page.ids.taken),
        squeeze("".join(page.text.hidden)),
    )


def _parser() -> MarkdownIt:
    # A parser is not safe to share between threads (its linkifier keeps state).
    if not hasattr(_own, "parser"):
        _own.parser = dialect()
    parser: MarkdownIt = _own.parser
    return parser
