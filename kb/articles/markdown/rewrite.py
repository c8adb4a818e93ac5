"""One pass over sanitised HTML: anchors, links, images and players as our pages need them, and the text for search."""

import re
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser

from kb.articles.markdown.attributes import UNSEARCHED
from kb.articles.markdown.images import ImageUse, instead, shown
from kb.articles.markdown.media import Media, framed, host_of, media, player
from kb.articles.markdown.outline import Outline, squeeze
from kb.articles.markdown.references import References, fragment, is_web_address, without_headers
from kb.articles.slug import Anchors, heading_id, safe_id
from kb.i18n import gettext as _
from kb.text.characters import settled

_VOID = frozenset(("br", "hr", "img", "wbr", "col", "source"))
_BLOCKS = frozenset(
    (
        *("blockquote", "br", "dd", "details", "div", "dl", "dt", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li"),
        *("ol", "p", "pre", "section", "summary", "table", "td", "th", "tr", "ul"),
    )
)
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_SILENT = frozenset(("alert-kind", "alert-title", "footnote-backref", "footnote-ref"))
_AUTHORED_ID = re.compile(r'<[a-z][^<>]*? (?:id|name)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Link:
    """A link as written, where it leads now, and what is wrong with it."""

    href: str
    url: str | None
    problem: str = ""


@dataclass(slots=True)
class _Element:
    tag: str
    closing: str
    out_was: list[str] | None = None
    is_hidden: bool = False
    is_silent: bool = False
    attributes: dict[str, str] = field(default_factory=dict)
    begins: int = 0


class Rewriter(HTMLParser):
    """Feed it sanitised HTML, close it, then read `html`, `outline`, `links`, `images`, `hidden` and `anchors`."""

    def __init__(self, html: str, references: References, iframe_hosts: tuple[str, ...]) -> None:
        super().__init__(convert_charrefs=True)
        self.outline = Outline()
        self.links: list[Link] = []
        self.images: list[ImageUse] = []
        self.hidden: list[str] = []
        self.anchors: set[str] = set()
        self._references, self._iframe_hosts = references, iframe_hosts
        self._out: list[str] = []
        self._stack: list[_Element] = []
        self._ids = Anchors()
        self._authored = {safe_id(anchor) for anchor in _AUTHORED_ID.findall(html)} - {""}
        for anchor in self._authored:
            self._ids.claim(anchor)
        self._heading: list[str] | None = None
        self._silence = 0
        self._hidden_depth = 0
        self._empty_link: str | None = None
        self._empty_link_depth = 0
        self._lone: tuple[int, Media, str] | None = None
        self.feed(html)
        self.close()
        self.outline.close()
        self.html = "".join(self._out)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: (value or "") if name in ("href", "src") else settled(value or "") for name, value in attrs}
        if tag in _BLOCKS:
            self._say(" ")
        if tag in _VOID:
            self._void(tag, given)
            return
        closing = f"</{tag}>"
        element = _Element(tag, closing, begins=len(self._out), attributes=given)
        self._stack.append(element)
        if "display:none" in re.sub(r"\s", "", given.get("style", "")):
            element.out_was, self._out = self._out, []
            element.is_hidden = True
            self._hidden_depth += 1
        if _SILENT & (classes := set(given.get("class", "").split())) and "own-title" not in classes:
            element.is_silent = True
            self._silence += 1
        opening = getattr(self, f"_open_{tag}", self._open_any)
        opening(element)

    def handle_endtag(self, tag: str) -> None:
        if not self._stack or self._stack[-1].tag != tag:
            return
        element = self._stack[-1]
        closing = getattr(self, f"_close_{'heading' if tag in _HEADINGS else tag}", self._close_any)
        closing(element)
        self._stack.pop()
        if self._empty_link_depth > len(self._stack):
            self._empty_link = None
        if element.out_was is not None:
            self._out = element.out_was
        self._hidden_depth -= element.is_hidden
        self._silence -= element.is_silent
        if tag in _BLOCKS:
            self._say(" ")

    def handle_data(self, data: str) -> None:
        data = settled(data.replace("\x00", "\N{REPLACEMENT CHARACTER}"))
        self._out.append(escape(data, quote=False))
        self._say(data)

    def _say(self, data: str) -> None:
        if self._hidden_depth:
            self.hidden.append(data)
        elif not self._silence:
            (self.outline.text if self._heading is None else self._heading.append)(data)

    def _void(self, tag: str, given: dict[str, str]) -> None:
        if tag == "img":
            self._image(given)
        elif tag == "source":
            video = next((element for element in reversed(self._stack) if element.tag == "video"), None)
            if video is not None:
                video.attributes.setdefault("src", given.get("src", ""))
        else:
            self._out.append(f"<{tag}{self._kept(given)}>")

    def _open_any(self, element: _Element) -> None:
        if element.tag in _HEADINGS:
            self._heading = []
            self._out.append("")
            return
        if element.tag == "span":
            self._fill_empty_link(element)
        self._out.append(f"<{element.tag}{self._kept(element.attributes)}>")

    def _fill_empty_link(self, label: _Element) -> None:
        # An empty link beside its label is how some help centres make a whole card clickable.
        if self._empty_link and "link-" in label.attributes.get("class", ""):
            self._out.append(self._empty_link)
            label.closing = "</span></a>"
            self._empty_link = None

    def _close_any(self, element: _Element) -> None:
        self._out.append(element.closing)

    def _close_heading(self, element: _Element) -> None:
        text = squeeze("".join(self._heading or ()))
        self._heading = None
        if self._hidden_depth:
            return
        level = max(int(element.tag[1]), 2)
        anchor = self._id(element.attributes) or self._ids.unique(heading_id(text))
        self.anchors.add(anchor)
        label = _("Link to “%(heading)s”", heading=text)
        link = f'<a class="permalink" href="#{escape(anchor)}" data-copy-link aria-label="{escape(label)}"></a>'
        self._out[element.begins] = f'<h{level} id="{escape(anchor)}"{self._kept(element.attributes)}>'
        self._out.append(f"{link}</h{level}>" if text else f"</h{level}>")
        self.outline.heading(level, anchor, text, is_searched=UNSEARCHED not in element.attributes)

    def _open_pre(self, element: _Element) -> None:
        self._out.append(f'<pre tabindex="0"{self._kept(element.attributes)}>')

    def _open_table(self, element: _Element) -> None:
        label = escape(_("Table"))
        self._out.append(f'<div class="table-scroll" tabindex="0" role="group" aria-label="{label}"><table{self._kept(element.attributes)}>')
        element.closing = "</table></div>"

    def _open_p(self, element: _Element) -> None:
        self._lone = None
        self._out.append(f"<p{self._kept(element.attributes)}>")

    def _close_p(self, element: _Element) -> None:
        self._out.append("</p>")
        if self._lone and self._lone[0] == element.begins and self._is_all(element, self._lone[2]):
            self._out[element.begins :] = [player(self._lone[1], self._lone[2])]
        self._lone = None

    def _is_all(self, element: _Element, label: str) -> bool:
        inside = "".join(self._out[element.begins :])
        return squeeze(re.sub(r"<[^>]*>", "", inside)) == escape(label, quote=False) and "<img" not in inside

    def _open_a(self, element: _Element) -> None:
        given = element.attributes
        href = given.get("href", "")
        anchor = self._id({"id": given.get("id") or given.get("name", "")})
        mark = f' id="{escape(anchor)}"' if anchor else ""
        if not href:
            element.closing = "</span>"
            self._fill_empty_link(element)
            self._out.append(f"<span{mark}{self._kept(given)}>")
            return
        target = self._references.link(href)
        self.links.append(Link(href, target.url, target.problem))
        url = _spelled(target.url)
        if url is None:
            element.closing = "</span>"
            self._out.append(f"<span{mark}{self._kept(given)}>")
            return
        rel = ' rel="noopener noreferrer"' if url.startswith(("http://", "https://")) else ""
        back = ' aria-label="Back to the text"' if "footnote-backref" in given.get("class", "") else ""
        self._out.append(f'<a href="{escape(url)}"{mark}{rel}{back}{self._kept(given)}>')

    def _close_a(self, element: _Element) -> None:
        inside = "".join(self._out[element.begins + 1 :])
        self._out.append(element.closing)
        if element.closing != "</a>":
            return
        label = squeeze(re.sub(r"<[^>]*>", "", inside))
        if not label and "<img" not in inside and 'aria-label="' not in self._out[element.begins]:
            self._empty_link, self._empty_link_depth = self._out[element.begins], len(self._stack) - 1
            del self._out[element.begins :]
        elif label and (found := media(element.attributes["href"], self._iframe_hosts)):
            paragraph = self._stack[-2] if len(self._stack) > 1 and self._stack[-2].tag == "p" else None
            self._lone = (paragraph.begins, found, label.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")) if paragraph else None

    def _open_form(self, element: _Element) -> None:
        # Pages of a former help centre bring its search box along: it becomes ours. Other forms lead nowhere and lose their frame.
        element.closing = ""
        if element.attributes.get("action", "").partition("?")[0].endswith("/search"):
            self._out.append(_SEARCH_FORM)

    def _open_iframe(self, element: _Element) -> None:
        element.out_was, self._out = self._out, []
        self._silence += 1

    def _close_iframe(self, element: _Element) -> None:
        src, title = element.attributes.get("src", ""), element.attributes.get("title", "")
        self._silence -= 1
        if not src:
            return
        found = framed(src, self._iframe_hosts)
        target = self._references.link(src)
        before = element.out_was if element.out_was is not None else self._out
        self.links.append(Link(src, target.url, target.problem))
        if found:
            before.append(player(found, title))
        elif target.url and is_web_address(target.url):
            before.append(f'<a href="{escape(target.url)}" rel="noopener noreferrer">{escape(title or f"Open the embedded page ({host_of(src)})")}</a>')

    def _open_video(self, element: _Element) -> None:
        element.out_was, self._out = self._out, []
        self._silence += 1

    def _close_video(self, element: _Element) -> None:
        src, title = element.attributes.get("src", ""), element.attributes.get("title", "")
        self._silence -= 1
        before = element.out_was if element.out_was is not None else self._out
        if found := media(src, self._iframe_hosts):
            self.links.append(Link(src, src))
            before.append(player(found, title))
            return
        target = self._references.link(src)
        self.links.append(Link(src, target.url, target.problem))
        if target.url and target.url.startswith("/"):
            before.append(f'<video controls preload="metadata" src="{escape(target.url)}"></video>')
        elif target.url and is_web_address(target.url):
            name = escape(title or _("Video"))
            before.append(f'<a href="{escape(target.url)}" rel="noopener noreferrer">{name}</a>')

    def _image(self, given: dict[str, str]) -> None:
        src, alt = given.get("src", ""), given.get("alt")
        picture = self._references.image(src)
        self.images.append(ImageUse(src, picture.url, picture.width, picture.height, alt, picture.problem))
        if picture.url:
            self._out.append(shown(self.images[-1], given, self._kept(given)))
        elif alt or not self._is_in_card():
            self._out.append(instead(src, alt or ""))

    def _is_in_card(self) -> bool:
        # Beside the label of a card a nameless picture is an ornament.
        return bool(self._stack) and self._stack[-1].tag == "div" and "class" in self._stack[-1].attributes

    def _id(self, given: dict[str, str]) -> str:
        anchor = safe_id(given.get("id", ""))
        if not anchor or anchor in self.anchors:
            return ""
        self._ids.claim(anchor)
        self.anchors.add(anchor)
        return anchor

    def _kept(self, given: dict[str, str]) -> str:
        kept = "".join(f' {name}="{escape(value)}"' for name, value in given.items() if name not in _HANDLED)
        if aligned := _ALIGNED.search(given.get("style", "")):
            kept += f' data-align="{aligned[1]}"'
        is_placed = "href" in given or "name" in given
        anchor = "" if is_placed or not given.get("id") else self._id(given)
        return kept + (f' id="{escape(anchor)}"' if anchor else "")


_ALIGNED = re.compile(r"text-align:\s*(center|right)\b")
_SEARCH_FORM = (
    '<form class="article-search" action="/search" role="search"><input class="input" type="search" name="q" aria-label="Search the help centre">'
    '<button class="button">Search</button></form>'
)
_HANDLED = frozenset(("id", "name", "href", "src", "alt", "width", "height", "style", UNSEARCHED))


def _spelled(url: str | None) -> str | None:
    if url and url.startswith("#"):
        return fragment(url)
    return without_headers(url) if url and url.lower().startswith("mailto:") else url
