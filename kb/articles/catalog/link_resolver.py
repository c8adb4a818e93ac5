"""Every address that the content answers to, and where each link and image of an article leads."""

import posixpath
import unicodedata
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from kb.articles.markdown.references import Picture, Target, fragment, old_article_id, refusal
from kb.articles.markdown.sanitise import scheme_of
from kb.articles.source.assets import MAX_BYTES, Assets

SITE_PATHS = frozenset(("/", "/search", "/requests", "/requests/new", "/desk", "/sign-in", "/feed.xml", "/sitemap.xml", "/healthz"))
RESERVED = frozenset(
    (
        *(".well-known", "account", "api", "assets", "desk", "events", "feed.xml", "healthz", "requests", "robots.txt", "search", "sign-in"),
        *("sign-out", "sitemap.xml", "static"),
    )
)
"""What the addresses of the site's own pages begin with."""
_IMAGES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg")


@dataclass(frozen=True, slots=True)
class Names:
    """All by their exact spelling, paths as NFC."""

    slugs: frozenset[str] = frozenset()
    paths: dict[str, str] = field(default_factory=dict)
    """Path of a file → slug."""
    ids: dict[str, str] = field(default_factory=dict)
    """External id → slug."""
    folders: dict[str, str] = field(default_factory=dict)
    """Path of a folder → URL of its category or section."""
    aliases: dict[str, str] = field(default_factory=dict)
    """Old path → URL."""

    def find(self, name: str) -> str | None:
        """The slug of the article that a writer calls by slug, external id or path."""
        if name in self.slugs:
            return name
        return self.ids.get(name) or self.paths.get(name.removeprefix("/")) or self.paths.get(f"{name.removeprefix('/')}.md")


class LinkResolver:
    """References as seen from one folder of the content; from a translation they stay in its language, by its `prefix`."""

    def __init__(self, names: Names, assets: Assets, folder: str, prefix: str = "") -> None:
        self._names, self._assets, self._folder, self._prefix = names, assets, folder, prefix

    def link(self, href: str) -> Target:
        """Where the address leads: an article of this content by id or path, an asset, a page of the site, or outside."""
        href = href.strip()
        if problem := refusal(href):
            return Target(None, f"the address {unquote(href)[:80]} {problem}")
        if (old_id := old_article_id(href)) is not None:
            return self._by_id(href, old_id)
        if scheme_of(href) or href.startswith("#"):
            return Target(href)
        return self._local(href)

    def image(self, src: str) -> Picture:
        """The image file, with its size; nothing for images from elsewhere, which no page may load unasked."""
        if src.lower().startswith(("http://", "https://")):
            return Picture(None, problem=f"the image {src[:80]} is on another site and is not loaded: put the file beside the article")
        path = None if refusal(src) else self._path(urlsplit(src).path)
        asset = self._assets.get(path) if path and path.lower().endswith(_IMAGES) else None
        if asset is None:
            return Picture(None, problem=_too_large(path) if path and path in self._assets else f"there is no image {unquote(src)[:120]}")
        return Picture(asset.url + src[len(urlsplit(src).path) :], asset.width, asset.height)

    def _by_id(self, href: str, old_id: str) -> Target:
        slug = self._names.ids.get(old_id)
        if slug:
            return Target(f"{self._prefix}/articles/{slug}{fragment(href)}")
        problem = f"the link leads to the article with the id {old_id}, which is not in this content"
        return Target(href if href.lower().startswith("http") else None, problem)

    def _local(self, href: str) -> Target:
        try:
            parts = urlsplit(href)
        except ValueError:
            return Target(None, f"{href[:80]} is not an address")
        if parts.path in SITE_PATHS:
            return Target(href)
        alias = self._names.aliases.get(parts.path.rstrip("/"))
        if alias:
            return Target(alias + fragment(href))
        kind, _, rest = parts.path.lstrip("/").partition("/")
        if parts.path.startswith("/") and kind == "articles" and rest.strip("/") in self._names.slugs:
            return Target(f"{self._prefix}/articles/{rest.strip('/')}{fragment(href)}")
        if parts.path.startswith("/") and parts.path.rstrip("/") in self._names.folders.values():
            return Target(self._prefix + parts.path.rstrip("/") + fragment(href))
        return self._file(href, parts.path)

    def _file(self, href: str, written: str) -> Target:
        path = self._path(written)
        if path is None:
            return Target(None, f"the link {unquote(href)[:80]} leads out of the content folder")
        slug = self._names.paths.get(path) or self._names.paths.get(f"{path}.md")
        if slug:
            return Target(f"{self._prefix}/articles/{slug}{fragment(href)}")
        if path in self._names.folders:
            return Target(self._prefix + self._names.folders[path] + fragment(href))
        asset = self._assets.get(path)
        if asset:
            return Target(asset.url + href[len(written) :])
        return Target(None, _too_large(path) if path in self._assets else f"the link {unquote(href)[:120]} leads nowhere: there is no such article or file")

    def _path(self, written: str) -> str | None:
        path = unicodedata.normalize("NFC", unquote(written))
        joined = posixpath.normpath(path.lstrip("/") if path.startswith("/") else posixpath.join(self._folder, path))
        return None if joined.startswith("..") or "\0" in joined else joined


def _too_large(path: str) -> str:
    return f"the file {path} is larger than {MAX_BYTES // 1_000_000} MB, or cannot be read"
