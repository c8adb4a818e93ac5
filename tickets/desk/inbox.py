"""The desk's lists: views with their counts, and the search for tickets, both narrowed by filters."""

import re
from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kb.accounts.models import User
from kb.accounts.permissions import Permission
from kb.accounts.queries import active_staff
from kb.accounts.queries import groups as groups_by_name
from kb.accounts.sessions import require_staff
from kb.config import Settings
from kb.db import database, now
from kb.jobs.queries import depth
from kb.text.cleanup import clean
from kb.web.templates import render
from search.searcher import Searcher
from tickets.access import person
from tickets.articles_read import open_categories
from tickets.desk import queries
from tickets.desk.density import density
from tickets.desk.flash_messages import flash
from tickets.desk.list_page import list_page
from tickets.email.delivery import mail_folder
from tickets.lists import filter_labels, sort_orders
from tickets.lists.condition_queries import Viewpoint
from tickets.lists.filter_form import filter_inputs
from tickets.lists.list_request import SEARCH, ListRequest, chosen_url, read_list
from tickets.lists.view_queries import counts_of, views_of
from tickets.lists.views import MOST_COUNTED, View
from tickets.lists.waiting import wait_levels
from tickets.search.jobs import is_indexing

NUMBER = re.compile(r"#?([1-9][0-9]{0,8})")


def home(request: Request) -> Response:
    """The first view."""
    return _view(request, "")


def view(request: Request) -> Response:
    """One view, by its name."""
    return _view(request, request.path_params["view"])


def search(request: Request) -> Response:
    """Tickets by number, or by filters and words of theirs and of their requester."""
    user = require_staff(request)
    if (url := chosen_url("/desk/search", request.query_params)) is not None:
        return RedirectResponse(url, 303)
    typed = clean(request.query_params.get("q", ""))
    asked = read_list(SEARCH, request.query_params, now())
    with database(request).read() as session:
        match = NUMBER.fullmatch(typed)
        if match and queries.has_ticket(session, person(user), int(match[1])):
            return RedirectResponse(f"/desk/tickets/{match[1]}", 303)
        context = _list_context(request, session, user, asked, views_of(session, user.id))
    return render(request, "desk/search.html", context | {"desk_query": asked.typed.text if asked.typed.text else typed[:200]})


def _view(request: Request, slug: str) -> Response:
    user = require_staff(request)
    with database(request).read() as session:
        views = views_of(session, user.id)
        view = next((view for view in views if view.slug == slug), None) if slug else views[0]
        if view is None:
            raise HTTPException(404)
        if (url := chosen_url(f"/desk/views/{view.slug}", request.query_params)) is not None:
            return RedirectResponse(url, 303)
        asked = read_list(view, request.query_params, now())
        context = _list_context(request, session, user, asked, views)
        failed = depth(session)["failed"] if Permission.READ_AUDIT_LOG in user.permissions else 0
    settings = cast(Settings, request.app.state.settings)
    folder = str(mail_folder(settings)) if Permission.READ_AUDIT_LOG in user.permissions and not settings.sends_mail else ""
    trouble = cast(Searcher, request.app.state.searcher).trouble if Permission.READ_AUDIT_LOG in user.permissions else None
    told = {"mail_folder": folder, "search_trouble": trouble, "failed_mails": failed, "flash": flash(request), "view": view}
    return render(request, "desk/inbox.html", context | told)


def _list_context(request: Request, session: Session, user: User, asked: ListRequest, views: Sequence[View]) -> dict[str, Any]:
    """Return what every list shows: a page of tickets, its filters as chips and as a form, and the views with their counts."""
    viewpoint = Viewpoint(person(user), now())
    categories = open_categories(request)
    found = list_page(request, session, viewpoint, asked)
    answered = queries.answered(session, found.tickets)
    group_by = asked.view.group_by
    return {
        "asked": asked,
        "tickets": found.tickets,
        "neighbours": found.page,
        "snippets": found.snippets,
        "found": found.found,
        "has_all": found.has_all,
        "is_indexing": asked.wanted.words and is_indexing(session),
        "answered": answered,
        "unconfirmed": queries.unconfirmed(session, found.tickets),
        "chips": [(filter_labels.label_of(condition, categories), asked.url_without(condition)) for condition in asked.typed.conditions],
        "filter_inputs": filter_inputs(active_staff(session), groups_by_name(session), categories),
        "orders": {
            name: sort_orders.label_of(name)
            for name in dict.fromkeys((*([sort_orders.RELEVANCE] if asked.view is SEARCH and asked.typed.words else []), *sort_orders.COMMON, asked.order))
        },
        "density": density(request),
        "waits": wait_levels(found.tickets, answered, cast(Settings, request.app.state.settings), viewpoint.now),
        "views": views,
        "counts": queries.counts(session, viewpoint.actor) | counts_of(session, views, viewpoint),
        "most_counted": MOST_COUNTED,
        "categories": categories,
        "groups": {ticket.id: filter_labels.group_label(group_by, ticket, categories) for ticket in found.tickets} if group_by else {},
        "user": user,
    }
