"""Video players that load nothing before a click: a link that works by itself, and the data a script needs to play it in place."""

import re
from dataclasses import dataclass
from html import escape
from urllib.parse import parse_qs, urlsplit

from kb.i18n import gettext as _

_YOUTUBE = frozenset(("youtube.com", "www.youtube.com", "m.youtube.com", "www.youtube-nocookie.com", "youtube-nocookie.com", "youtu.be"))
_VIDEO_FILE = re.compile(r"\.(mp4|webm)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Media:
    """`kind` is `iframe` or `video`; `embed` is loaded on a click, `page` is where the link leads."""

    kind: str
    embed: str
    page: str
    host: str


def media(url: str, iframe_hosts: tuple[str, ...]) -> Media | None:
    """How to play this address in place; None when it is no video or its host is not allowed."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    host = (parts.hostname or "").lower()
    if parts.scheme not in ("http", "https") or not re.fullmatch(r"[a-z0-9.-]+", host):
        return None
    if _VIDEO_FILE.search(parts.path):
        return Media("video", url, url, host)
    found = _youtube(host, parts.path, parts.query) or _vimeo(host, parts.path)
    return found if found and urlsplit(found.embed).hostname in iframe_hosts else None


def framed(url: str, iframe_hosts: tuple[str, ...]) -> Media | None:
    """How to show the page of an iframe in place; None when its host is not allowed."""
    if found := media(url, iframe_hosts):
        return found
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    host = (parts.hostname or "").lower()
    return Media("iframe", url, url, host) if parts.scheme == "https" and host in iframe_hosts else None


def player(found: Media, title: str) -> str:
    """The player's HTML; without a script it is a link to the video's own page."""
    name = title or (_("Video") if found.kind == "video" or "v" in urlsplit(found.page).query else _("Embedded page"))
    site = found.host.removeprefix("www.")
    return (
        f'<span class="player" data-player="{found.kind}" data-src="{escape(found.embed)}" data-title="{escape(name)}">'
        f'<a class="player-link" href="{escape(found.page)}" rel="noopener noreferrer"><span class="player-name">{escape(name)}</span>'
        f'<span class="player-note">Plays from {escape(site)}; nothing is loaded from there before you click.</span></a></span>'
    )


def host_of(url: str) -> str:
    """The host that an address names, to show to a reader; the beginning of what is no web address."""
    found = re.match(r"https?://([^/?#]*)", url)
    return found[1].rpartition("@")[2] if found else url[:60]


def _youtube(host: str, path: str, query: str) -> Media | None:
    if host not in _YOUTUBE:
        return None
    named = re.fullmatch(r"/(?:embed|shorts|live|v)/([\w-]{6,20})/?", path) or (re.fullmatch(r"/([\w-]{6,20})", path) if host == "youtu.be" else None)
    video = named[1] if named else parse_qs(query).get("v", [""])[0]
    if not re.fullmatch(r"[\w-]{6,20}", video):
        return None
    return Media("iframe", f"https://www.youtube-nocookie.com/embed/{video}", f"https://www.youtube.com/watch?v={video}", "www.youtube.com")


def _vimeo(host: str, path: str) -> Media | None:
    named = re.fullmatch(r"/(?:video/)?(\d{5,12})(?:/\w+)?/?", path) if host in ("vimeo.com", "www.vimeo.com", "player.vimeo.com") else None
    return Media("iframe", f"https://player.vimeo.com/video/{named[1]}?dnt=1", f"https://vimeo.com/{named[1]}", "vimeo.com") if named else None
