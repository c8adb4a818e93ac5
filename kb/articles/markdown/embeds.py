"""Frames and videos in an article: a player where the host is allowed, otherwise a link."""

from html import escape

from kb.articles.markdown.media import framed, host_of, media, player
from kb.articles.markdown.references import Link, References, is_web_address
from kb.i18n import gettext as _


def embed_frame(src: str, title: str, references: References, iframe_hosts: tuple[str, ...]) -> tuple[Link, str]:
    """Return the link that an iframe makes, and what is shown for it."""
    target = references.link(src)
    link = Link(src, target.url, target.problem)
    if found := framed(src, iframe_hosts):
        return link, player(found, title)
    name = title or f"Open the embedded page ({host_of(src)})"
    return link, _outside(target.url, name) if target.url and is_web_address(target.url) else ""


def embed_video(src: str, title: str, references: References, iframe_hosts: tuple[str, ...]) -> tuple[Link, str]:
    """Return the link that a video makes, and what is shown for it: files beside the article play in place."""
    if found := media(src, iframe_hosts):
        return Link(src, src), player(found, title)
    target = references.link(src)
    link = Link(src, target.url, target.problem)
    if target.url and target.url.startswith("/"):
        return link, f'<video controls preload="metadata" src="{escape(target.url)}"></video>'
    return link, _outside(target.url, title or _("Video")) if target.url and is_web_address(target.url) else ""


def _outside(url: str, name: str) -> str:
    return f'<a href="{escape(url)}" rel="noopener noreferrer">{escape(name)}</a>'
