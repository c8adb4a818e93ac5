"""The ids of a page: those in its source, each once, and those made for headings."""

import re

from kb.articles.slug import Anchors, heading_id, safe_id

_AUTHORED = re.compile(r'<[a-z][^<>]*? (?:id|name)="([^"]*)"')


class PageIds:
    """Ids that a writer gave anywhere in `html` are kept free for where they were given."""

    def __init__(self, html: str) -> None:
        self.taken: set[str] = set()
        self._free = Anchors()
        for anchor in {safe_id(anchor) for anchor in _AUTHORED.findall(html)}:
            self._free.claim(anchor)

    def take(self, written: str) -> str:
        """Return the id a writer gave as the page uses it; empty where there is none, or an element before has it."""
        anchor = safe_id(written)
        if not anchor or anchor in self.taken:
            return ""
        self._free.claim(anchor)
        self.taken.add(anchor)
        return anchor

    def of_heading(self, written: str, text: str) -> str:
        """Return the id a writer gave to a heading, or one made of its text."""
        anchor = self.take(written) or self._free.unique(heading_id(text))
        self.taken.add(anchor)
        return anchor
