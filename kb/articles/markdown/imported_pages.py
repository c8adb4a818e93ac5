"""Markup from other help centre software: cards whose empty link stands beside its label, and a search box."""

CARD_LABEL = "link-"
"""Begins the classes of a card's label."""
SEARCH_FORM = (
    '<form class="article-search" action="/search" role="search"><input class="input" type="search" name="q" aria-label="Search the help centre">'
    '<button class="button">Search</button></form>'
)


class CardLinks:
    """Keeps an empty link until its label comes, which then becomes the link; it is forgotten when the element around it ends."""

    def __init__(self) -> None:
        self._opening: str | None = None
        self._depth = 0

    def keep(self, opening: str, depth: int) -> None:
        """Keep the opening tag of an empty link with so many elements around it."""
        self._opening, self._depth = opening, depth

    def close(self, depth: int) -> None:
        """Forget the link where fewer elements than were around it are left."""
        if self._depth > depth:
            self._opening = None

    def take(self, classes: str) -> str:
        """Return the opening tag for a label with these classes; empty when there is none, or it is no label."""
        if not self._opening or CARD_LABEL not in classes:
            return ""
        opening, self._opening = self._opening, None
        return opening


def is_search_form(action: str) -> bool:
    """Return whether a form searched the former help centre."""
    return action.partition("?")[0].endswith("/search")
