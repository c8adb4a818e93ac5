"""The plain text of a page by heading, for search and the table of contents."""

import re

from kb.articles.article import Heading, Passage


class Outline:
    """Collects headings and text in reading order."""

    def __init__(self) -> None:
        self.headings: list[Heading] = []
        self.passages: list[Passage] = []
        self._open: list[Heading] = []
        self._unsearched: Heading | None = None
        self._text: list[str] = []

    def text(self, data: str) -> None:
        """Adds text under the present heading."""
        self._text.append(data)

    def heading(self, level: int, anchor: str, text: str, *, is_searched: bool = True) -> None:
        """Ends the present passage and begins that of this heading; one that is not searched makes none, nor do the headings below it."""
        self.close()
        heading = Heading(level, anchor, text)
        self.headings.append(heading)
        self._open = [above for above in self._open if above.level < level] + [heading]
        if self._unsearched not in self._open:
            self._unsearched = None if is_searched else heading

    def close(self) -> None:
        """Keeps the present passage, if it says anything."""
        text = squeeze("".join(self._text))
        self._text = []
        if (text or self._open) and self._unsearched is None:
            self.passages.append(Passage(self._open[-1].id if self._open else "", tuple(above.text for above in self._open), text))


def squeeze(text: str) -> str:
    """The text with every run of white space as one space."""
    return re.sub(r"\s+", " ", text).strip()
