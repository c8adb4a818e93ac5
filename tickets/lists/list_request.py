"""Which list of tickets an address asks for: a view or the search, narrowed by a filter, in an order."""

from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode

from sqlalchemy.orm import Session
from starlette.datastructures import QueryParams

from kb.i18n import N_
from tickets.lists import sort_orders
from tickets.lists.conditions import Condition, TicketFilter
from tickets.lists.filter_words import BY_WORD, MAX_FILTER_CHARS, compose, parse
from tickets.lists.view_queries import view_of
from tickets.lists.views import View

SEARCH = View("search", N_("Search tickets"), "", "", "newest")


@dataclass(frozen=True, slots=True)
class ListRequest:
    """A list: `typed` is what was asked for beside the view, `wanted` both together."""

    view: View
    typed: TicketFilter
    order: str
    wanted: TicketFilter

    @property
    def path(self) -> str:
        """The address of the list without its query."""
        return "/desk/search" if self.view is SEARCH else f"/desk/views/{self.view.slug}"

    @property
    def new_view_url(self) -> str:
        """The address of the form that makes a view of this list."""
        return _address("/desk/views/new", {"filter": TicketFilter(self.wanted.conditions).text, "order": self.order, "group_by": self.view.group_by})

    def url(self, **more: str) -> str:
        """Return the list's address, with `more` in its query; an empty value is left out."""
        return _address(self.path, self._query() | more)

    def ticket_query(self) -> str:
        """Return the query of a ticket's address that leads back here, and on to the next ticket."""
        return _address("", {"view": self.view.slug} | self._query())

    def url_without(self, condition: Condition) -> str:
        """Return the address of the list without one of the conditions typed."""
        return replace(self, typed=self.typed.without(condition)).url()

    def url_without_words(self) -> str:
        """Return the address of the list without the words to search for."""
        return replace(self, typed=self.typed.without_words()).url()

    def url_sorted(self, order: str) -> str:
        """Return the address of the same list in another order."""
        return replace(self, order=order).url()

    def _query(self) -> dict[str, str]:
        return {"q": self.typed.text, "order": self.order}


def read_list(view: View, query: QueryParams, now: datetime) -> ListRequest:
    """Return the list of this view that the query asks for."""
    typed = parse(query.get("q", "")[: 4 * MAX_FILTER_CHARS], now)
    asked = query.get("order", "")
    usual = sort_orders.RELEVANCE if view is SEARCH and typed.words else view.order
    order = asked if sort_orders.is_order(asked) else typed.order or usual
    base = parse(view.filter, now)
    return ListRequest(view, typed, order, TicketFilter((*base.conditions, *typed.conditions), typed.words, problems=(*base.problems, *typed.problems)))


def read_place(session: Session, user_id: int, query: QueryParams, now: datetime) -> ListRequest | None:
    """Return the list that a ticket was opened from; None where it was opened by itself."""
    slug = query.get("view", "")
    view = SEARCH if slug == SEARCH.slug else view_of(session, user_id, slug) if slug else None
    return read_list(view, query, now) if view is not None else None


def chosen_url(path: str, query: QueryParams) -> str | None:
    """Return the address that says in words what the form of filters chose; None where it chose nothing."""
    chosen = [(word, query.getlist(word)) for word in BY_WORD if word in query]
    if not chosen:
        return None
    text = " ".join(part for part in (query.get("q", "").strip(), compose(chosen)) if part)
    return _address(path, {"q": text, "order": query.get("order", "")})


def _address(path: str, query: dict[str, str]) -> str:
    kept = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(kept)}" if kept else path
