"""The desk's lists: views with their counts, and the search for tickets."""

import re
from typing import cast

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kb.accounts.models import User
from kb.accounts.permissions import Permission
from kb.accounts.sessions import require_staff
from kb.config import Settings
from kb.db import database
from kb.jobs.queries import depth
from kb.text.cleanup import clean
from kb.web.numbers import query_number
from kb.web.templates import render
from search.searcher import Searcher
from tickets.access import person
from tickets.desk import queries
from tickets.desk.flash_messages import flash
from tickets.desk.ticket_lists import BY_SLUG, ORDERS, VIEWS, View
from tickets.email.delivery import mail_folder

PER_PAGE = 25
MOST_PAGES = 4000
NUMBER = re.compile(r"#?([1-9][0-9]{0,8})")


def home(request: Request) -> Response:
    """The first view."""
    return _list(request, "unassigned")


def view(request: Request) -> Response:
    """One view, by its name."""
    return _list(request, request.path_params["view"])


def search(request: Request) -> Response:
    """Tickets by number, or by words of theirs and of their requester."""
    user = require_staff(request)
    actor = person(user)
    typed = clean(request.query_params.get("q", ""))[:200]
    page = page_number(request)
    with database(request).read() as session:
        match = NUMBER.fullmatch(typed)
        if match and queries.has_ticket(session, actor, int(match[1])):
            return RedirectResponse(f"/desk/tickets/{match[1]}", 303)
        words = typed.split()[:8]
        found = queries.search(session, words, actor, limit=PER_PAGE + 1, offset=(page - 1) * PER_PAGE) if words else []
        counts = queries.counts(session, actor)
        answered, unconfirmed = queries.answered(session, found), queries.unconfirmed(session, found)
    context = {
        "tickets": found[:PER_PAGE],
        "answered": answered,
        "unconfirmed": unconfirmed,
        "has_more": len(found) > PER_PAGE,
        "page": page,
        "desk_query": typed,
    }
    return render(request, "desk/search.html", context | _frame(user, counts))


def page_number(request: Request) -> int:
    """The page asked for, from 1; the first for anything that is no page."""
    return query_number(request, "page", most=MOST_PAGES)


def order_of(request: Request, view: View | None) -> str:
    """The order asked for, else the usual one of the view."""
    asked = request.query_params.get("order", "")
    return asked if asked in ORDERS else view.order if view else "waiting"


def _list(request: Request, slug: str) -> Response:
    user = require_staff(request)
    actor = person(user)
    if slug not in BY_SLUG:
        raise HTTPException(404)
    page, order = page_number(request), order_of(request, BY_SLUG[slug])
    with database(request).read() as session:
        counts = queries.counts(session, actor)
        pages = max(1, min(MOST_PAGES, -(-counts[slug] // PER_PAGE)))
        page = min(page, pages)
        found = queries.tickets(session, slug, actor, order=order, limit=PER_PAGE, offset=(page - 1) * PER_PAGE)
        answered, unconfirmed = queries.answered(session, found), queries.unconfirmed(session, found)
        failed = depth(session)["failed"] if Permission.READ_AUDIT_LOG in user.permissions else 0
    context = {
        "view": BY_SLUG[slug],
        "tickets": found,
        "page": page,
        "pages": pages,
        "order": order,
        "orders": ORDERS,
        "failed_mails": failed,
        "answered": answered,
        "unconfirmed": unconfirmed,
    }
    settings = cast(Settings, request.app.state.settings)
    folder = str(mail_folder(settings)) if Permission.READ_AUDIT_LOG in user.permissions and not settings.smtp_url.get_secret_value() else ""
    trouble = cast(Searcher, request.app.state.searcher).trouble if Permission.READ_AUDIT_LOG in user.permissions else None
    told = {"mail_folder": folder, "search_trouble": trouble, "flash": flash(request)}
    return render(request, "desk/inbox.html", context | told | _frame(user, counts))


def _frame(user: User, counts: dict[str, int]) -> dict[str, object]:
    return {"views": VIEWS, "counts": counts, "user": user}
