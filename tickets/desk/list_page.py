"""One page of a list: by keyset, or of a search for words by rank."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from sqlalchemy.orm import Session
from starlette.requests import Request

from kb.config import Settings
from kb.text.whole_number import parse_whole_number
from tickets.articles_read import catalog
from tickets.lists.condition_queries import Viewpoint, conditions_of
from tickets.lists.list_request import SEARCH, ListRequest
from tickets.lists.page_queries import TicketPage, loaded, page, place_of, sort_keys
from tickets.lists.sort_orders import RELEVANCE
from tickets.models import Ticket
from tickets.search.query_words import QueryWords, query_words
from tickets.search.search_queries import MOST_RANKED, has_words, ranked
from tickets.search.snippets import Snippet, languages_searched, snippets

PER_PAGE = 25


@dataclass(frozen=True, slots=True)
class ListPage:
    """What a page of a list shows. `found` counts the hits of a search, up to MOST_RANKED; None where they are not counted."""

    page: TicketPage
    snippets: dict[int, Snippet] = field(default_factory=dict)
    found: int | None = None

    @property
    def tickets(self) -> Sequence[Ticket]:
        """Return its tickets."""
        return self.page.tickets

    @property
    def has_all(self) -> bool:
        """Return whether the search found no more than it ranks."""
        return self.found is None or self.found < MOST_RANKED


def list_page(request: Request, session: Session, viewpoint: Viewpoint, asked: ListRequest) -> ListPage:
    """Return the page that the address asks for."""
    if asked.wanted.problems or (asked.view is SEARCH and not asked.typed.text):
        return ListPage(TicketPage([]))
    before, after = request.query_params.get("before", ""), request.query_params.get("after", "")
    words = query_words(asked.wanted.words, _languages(request)) if asked.wanted.words else None
    if words is not None and asked.order == RELEVANCE:
        return _ranked_page(session, viewpoint, asked, words, after)
    group_by = asked.view.group_by
    keys = sort_keys(asked.order, asked.wanted, group_by)
    place = place_of(before or after, keys, is_before=bool(before)) if before or after else None
    more = [has_words(session, words, viewpoint.actor)] if words is not None else []
    found = page(session, asked.wanted, viewpoint, order=asked.order, place=place, limit=PER_PAGE, group_by=group_by, more=more)
    return ListPage(found, snippets(session, found.tickets, words, viewpoint.actor) if words is not None else {})


def _ranked_page(session: Session, viewpoint: Viewpoint, asked: ListRequest, words: QueryWords, after: str) -> ListPage:
    """Every page ranks the same tickets and shows another part of them: the last costs what the first does."""
    hits = ranked(session, words, viewpoint.actor, conditions_of(session, asked.wanted, viewpoint))
    start = parse_whole_number(after, most=MOST_RANKED) or 0
    start = start if start < len(hits) else 0
    tickets = loaded(session, viewpoint.actor, [hit.ticket_id for hit in hits[start : start + PER_PAGE]])
    previous = str(max(0, start - PER_PAGE)) if start else ""
    following = str(start + PER_PAGE) if start + PER_PAGE < len(hits) else ""
    return ListPage(TicketPage(tickets, previous, following, is_ranked=True), snippets(session, tickets, words, viewpoint.actor), len(hits))


def _languages(request: Request) -> tuple[str, ...]:
    settings = cast(Settings, request.app.state.settings)
    return languages_searched((settings.locale, *catalog(request).translated))
