"""Collect the words of a page: visible text by heading, and hidden text apart."""

from kb.articles.markdown.outline import Outline, squeeze


class PageText:
    """Takes the text of a page in reading order. Depths count, as elements that hide or silence may hold others."""

    def __init__(self) -> None:
        self.outline = Outline()
        self.hidden: list[str] = []
        """What was written to be found but not shown."""
        self.hidden_depth = 0
        self.silent_depth = 0
        self._heading: list[str] | None = None

    def add(self, data: str) -> None:
        """Add text at this point of the page."""
        if self.hidden_depth:
            self.hidden.append(data)
        elif not self.silent_depth:
            (self.outline.text if self._heading is None else self._heading.append)(data)

    def begin_heading(self) -> None:
        """Take the text that follows as that of a heading."""
        self._heading = []

    def end_heading(self) -> str:
        """Return the text of the heading."""
        text, self._heading = squeeze("".join(self._heading or ())), None
        return text
