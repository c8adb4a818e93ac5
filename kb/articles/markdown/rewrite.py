"""Rewrite sanitised HTML in one pass: anchors, links, images and players as our pages need them, and the text for search."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape, unescape
from html.parser import HTMLParser

from kb.articles.markdown.attributes import UNSEARCHED
from kb.articles.markdown.embeds import embed_frame, embed_video
from kb.articles.markdown.images import ImageUse, instead, shown
from kb.articles.markdown.imported_pages import SEARCH_FORM, CardLinks, is_search_form
from kb.articles.markdown.media import Media, media, player
from kb.articles.markdown.outline import squeeze
from kb.articles.markdown.page_ids import PageIds
from kb.articles.markdown.page_text import PageText
from kb.articles.markdown.references import Link, References, fragment, without_headers
from kb.i18n import gettext as _
from kb.text.characters import settled

_VOID = frozenset(("br", "hr", "img", "wbr", "col", "source"))
_BLOCKS = frozenset(
    (
        *("blockquote", "br", "dd", "details", "div", "dl", "dt", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li"),
        *("ol", "p", "pre", "section", "summary", "table", "td", "th", "tr", "ul"),
    )
)
_SILENT = frozenset(("alert-kind", "alert-title", "footnote-backref", "footnote-ref"))
_HANDLED = frozenset(("id", "name", "href", "src", "alt", "width", "height", "style", UNSEARCHED))
_ALIGNED = re.compile(r"text-align:\s*(center|right)\b")
_TAG = re.compile(r"<[^>]*>")


@dataclass(slots=True)
class _Element:
    """An element that is open."""

    tag: str
    given: dict[str, str]
    begins: int
    """Where its opening tag stands in what is written."""
    closing: str
    outside: list[str] | None = None
    """What was written before, where the element itself is not shown."""
    is_hidden: bool = False
    is_silent: bool = False
    video: tuple[Media, str] | None = None
    """Of a paragraph: the last video it links to, and the link's label."""
    sources: list[str] = field(default_factory=list)
    """Of a video: the files it names inside."""


class Rewriter(HTMLParser):
    """Give it sanitised HTML, then read `html`, `text`, `ids`, `links` and `images`."""

    def __init__(self, html: str, references: References, iframe_hosts: tuple[str, ...]) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.ids = PageText(), PageIds(html)
        self.links: list[Link] = []
        self.images: list[ImageUse] = []
        self._references, self._iframe_hosts = references, iframe_hosts
        self._cards = CardLinks()
        self._out: list[str] = []
        self._stack: list[_Element] = []
        self.feed(html)
        self.close()
        self.text.outline.close()
        self.html = "".join(self._out)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Write the opening tag as the page needs it."""
        given = {name: (value or "") if name in ("href", "src") else settled(value or "") for name, value in attrs}
        if tag in _BLOCKS:
            self.text.add(" ")
        if tag in _VOID:
            self._write_void(tag, given)
            return
        element = _Element(tag, given, len(self._out), f"</{tag}>")
        self._stack.append(element)
        if "display:none" in re.sub(r"\s", "", given.get("style", "")):
            element.is_hidden = True
            self._set_aside(element)
        classes = set(given.get("class", "").split())
        element.is_silent = tag in ("iframe", "video") or bool(_SILENT & classes and "own-title" not in classes)
        self.text.hidden_depth += element.is_hidden
        self.text.silent_depth += element.is_silent
        _OPEN.get(tag, Rewriter._open_any)(self, element)

    def handle_endtag(self, tag: str) -> None:
        """Write the closing tag, and change what is inside where that shows only now."""
        if not self._stack or self._stack[-1].tag != tag:
            return
        element = self._stack[-1]
        _CLOSE.get(tag, Rewriter._close_any)(self, element)
        self._stack.pop()
        self._cards.close(len(self._stack))
        if element.outside is not None:
            self._out = element.outside
        self.text.hidden_depth -= element.is_hidden
        self.text.silent_depth -= element.is_silent
        if tag in _BLOCKS:
            self.text.add(" ")

    def handle_data(self, data: str) -> None:
        """Write text."""
        data = settled(data.replace("\x00", "\N{REPLACEMENT CHARACTER}"))
        self._out.append(escape(data, quote=False))
        self.text.add(data)

    def _set_aside(self, element: _Element) -> None:
        if element.outside is None:
            element.outside, self._out = self._out, []

    def _write_void(self, tag: str, given: dict[str, str]) -> None:
        if tag == "img":
            self._write_image(given)
        elif tag == "source":
            video = next((element for element in reversed(self._stack) if element.tag == "video"), None)
            if video is not None:
                video.sources.append(given.get("src", ""))
        else:
            self._out.append(f"<{tag}{self._kept(given)}>")

    def _write_image(self, given: dict[str, str]) -> None:
        src, alt = given.get("src", ""), given.get("alt")
        picture = self._references.image(src)
        self.images.append(ImageUse(src, picture.url, picture.width, picture.height, alt, picture.problem))
        if picture.url:
            self._out.append(shown(self.images[-1], given, self._kept(given)))
        elif alt or not self._is_in_card():
            self._out.append(instead(src, alt or ""))

    def _is_in_card(self) -> bool:
        # Beside the label of a card a nameless picture is an ornament.
        return bool(self._stack) and self._stack[-1].tag == "div" and "class" in self._stack[-1].given

    def _open_any(self, element: _Element) -> None:
        self._out.append(f"<{element.tag}{self._kept(element.given)}>")

    def _close_any(self, element: _Element) -> None:
        self._out.append(element.closing)

    def _open_heading(self, _element: _Element) -> None:
        self.text.begin_heading()
        self._out.append("")  # its id is made of its text

    def _close_heading(self, element: _Element) -> None:
        text = self.text.end_heading()
        if self.text.hidden_depth:
            return
        level = max(int(element.tag[1]), 2)
        anchor = self.ids.of_heading(element.given.get("id", ""), text)
        label = _("Link to “%(heading)s”", heading=text)
        link = f'<a class="permalink" href="#{escape(anchor)}" data-copy-link aria-label="{escape(label)}"></a>'
        self._out[element.begins] = f'<h{level} id="{escape(anchor)}"{self._kept(element.given)}>'
        self._out.append(f"{link}</h{level}>" if text else f"</h{level}>")
        self.text.outline.heading(level, anchor, text, is_searched=UNSEARCHED not in element.given)

    def _open_pre(self, element: _Element) -> None:
        self._out.append(f'<pre tabindex="0"{self._kept(element.given)}>')

    def _open_table(self, element: _Element) -> None:
        label = escape(_("Table"))
        self._out.append(f'<div class="table-scroll" tabindex="0" role="group" aria-label="{label}"><table{self._kept(element.given)}>')
        element.closing = "</table></div>"

    def _close_p(self, element: _Element) -> None:
        self._out.append("</p>")
        if element.video is None:
            return
        found, label = element.video
        inside = "".join(self._out[element.begins :])
        if squeeze(_TAG.sub("", inside)) == escape(label, quote=False) and "<img" not in inside:  # nothing but the link
            self._out[element.begins :] = [player(found, label)]

    def _open_span(self, element: _Element) -> None:
        self._begin_card_link(element, "</span>")
        self._open_any(element)

    def _begin_card_link(self, label: _Element, closing: str) -> None:
        if link := self._cards.take(label.given.get("class", "")):
            self._out.append(link)
            label.closing = f"{closing}</a>"

    def _open_a(self, element: _Element) -> None:
        given = element.given
        href = given.get("href", "")
        anchor = self.ids.take(given.get("id") or given.get("name", ""))
        mark = f' id="{escape(anchor)}"' if anchor else ""
        url = self._link(href) if href else None
        if url is None:
            element.closing = "</span>"
            if not href:
                self._begin_card_link(element, "</span>")
            self._out.append(f"<span{mark}{self._kept(given)}>")
            return
        rel = ' rel="noopener noreferrer"' if url.startswith(("http://", "https://")) else ""
        back = ' aria-label="Back to the text"' if "footnote-backref" in given.get("class", "") else ""
        self._out.append(f'<a href="{escape(url)}"{mark}{rel}{back}{self._kept(given)}>')

    def _link(self, href: str) -> str | None:
        target = self._references.link(href)
        self.links.append(Link(href, target.url, target.problem))
        if target.url and target.url.startswith("#"):
            return fragment(target.url)
        return without_headers(target.url) if target.url and target.url.lower().startswith("mailto:") else target.url

    def _close_a(self, element: _Element) -> None:
        opening, inside = self._out[element.begins], "".join(self._out[element.begins + 1 :])
        self._out.append(element.closing)
        if element.closing != "</a>":
            return
        label = squeeze(_TAG.sub("", inside))
        if not label and "<img" not in inside and 'aria-label="' not in opening:
            self._cards.keep(opening, len(self._stack) - 1)
            del self._out[element.begins :]
            return
        paragraph = self._stack[-2] if len(self._stack) > 1 and self._stack[-2].tag == "p" else None
        if paragraph and label and (found := media(element.given["href"], self._iframe_hosts)):
            paragraph.video = found, unescape(label)

    def _open_form(self, element: _Element) -> None:
        # A form leads nowhere and loses its frame.
        element.closing = ""
        if is_search_form(element.given.get("action", "")):
            self._out.append(SEARCH_FORM)

    def _open_embed(self, element: _Element) -> None:
        self._set_aside(element)

    def _close_frame(self, element: _Element) -> None:
        if src := element.given.get("src", ""):
            self._embed(element, *embed_frame(src, element.given.get("title", ""), self._references, self._iframe_hosts))

    def _close_video(self, element: _Element) -> None:
        src = element.given.get("src") or next(iter(element.sources), "")
        self._embed(element, *embed_video(src, element.given.get("title", ""), self._references, self._iframe_hosts))

    def _embed(self, element: _Element, link: Link, html: str) -> None:
        self.links.append(link)
        if element.outside is not None and not element.is_hidden:
            element.outside.append(html)

    def _kept(self, given: dict[str, str]) -> str:
        kept = "".join(f' {name}="{escape(value)}"' for name, value in given.items() if name not in _HANDLED)
        if aligned := _ALIGNED.search(given.get("style", "")):
            kept += f' data-align="{aligned[1]}"'
        is_placed = "href" in given or "name" in given
        anchor = "" if is_placed else self.ids.take(given.get("id", ""))
        return kept + (f' id="{escape(anchor)}"' if anchor else "")


_Step = Callable[[Rewriter, _Element], None]
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_OPEN: dict[str, _Step] = {
    **dict.fromkeys(_HEADINGS, Rewriter._open_heading),
    "a": Rewriter._open_a,
    "form": Rewriter._open_form,
    "iframe": Rewriter._open_embed,
    "pre": Rewriter._open_pre,
    "span": Rewriter._open_span,
    "table": Rewriter._open_table,
    "video": Rewriter._open_embed,
}
_CLOSE: dict[str, _Step] = {
    **dict.fromkeys(_HEADINGS, Rewriter._close_heading),
    "a": Rewriter._close_a,
    "iframe": Rewriter._close_frame,
    "p": Rewriter._close_p,
    "video": Rewriter._close_video,
}
