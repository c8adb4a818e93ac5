"""Render files, or read from the cache what an earlier process rendered."""

import hashlib
from pathlib import Path

from kb.articles.catalog.builder import Facts
from kb.articles.catalog.cache import pack, unpack
from kb.articles.catalog.link_resolver import LinkResolver
from kb.articles.markdown.complexity import TooComplex
from kb.articles.markdown.render import VERSION, Rendered, render
from kb.articles.source.markdown_file import read_source
from kb.i18n.catalogs import known_code, known_language
from kb.i18n.translate import speaking


class Renderer:
    """Renders the files of one folder, `locale` being the site's. `cached` holds what an earlier process kept, `fresh` what is to be kept of this one."""

    def __init__(self, root: Path, iframe_hosts: tuple[str, ...], locale: str, cached: dict[str, str]) -> None:
        self._root, self._iframe_hosts, self._locale, self._cached = root, iframe_hosts, locale, cached
        self._setup = hashlib.sha256(f"{VERSION} {iframe_hosts} {known_code(locale)}".encode()).hexdigest()[:12]
        self.fresh: dict[str, str] = {}

    def key(self, facts: Facts) -> str:
        """Return the cache key of this version of a file; it differs whenever the same text would render differently."""
        return f"{self._setup}:{facts.digest}:{facts.path}"

    def render(self, facts: Facts, links: LinkResolver) -> Rendered:
        """Return the file's HTML with everything taken from it. Raises BadSource and TooComplex."""
        return self._from_cache(facts, links) or self._from_file(facts, links)

    def forget_cached(self) -> None:
        """Free what an earlier process kept, once all files have been rendered."""
        self._cached = {}

    def _from_cache(self, facts: Facts, links: LinkResolver) -> Rendered | None:
        text = self._cached.get(self.key(facts))
        if text is None:
            return None
        try:
            rendered = unpack(text)
        except (ValueError, KeyError, TypeError):
            return None
        return rendered if still_leads_there(rendered, links) else None

    def _from_file(self, facts: Facts, links: LinkResolver) -> Rendered:
        source = read_source(self._root, facts.path)
        try:
            with speaking(known_language(source.locale or self._locale)):
                rendered = render(source.body, links, self._iframe_hosts)
        except TooComplex as error:
            raise error.below(source.body_line - 1) from None
        self.fresh[self.key(facts)] = pack(rendered)
        return rendered


def still_leads_there(rendered: Rendered, links: LinkResolver) -> bool:
    """Return whether every link and image still leads where it did when this was rendered."""
    for link in rendered.links:
        target = links.link(link.href)
        if target.url != link.url and not (link.url is not None and link.href == link.url):
            return False
        if target.problem != link.problem:
            return False
    for image in rendered.images:
        picture = links.image(image.src)
        if (picture.url, picture.width, picture.height) != (image.url, image.width, image.height):
            return False
    return True
