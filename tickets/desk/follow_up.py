"""Opening a follow-up to a closed ticket: a new ticket for the same requester, linked to the old one, written in the composer of replies."""

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kb.accounts.models import User
from kb.accounts.permissions import Permission
from kb.accounts.sessions import require_permission
from kb.db import database, now
from kb.i18n import gettext as _
from kb.web.numbers import path_number
from kb.web.templates import render
from tickets.access import person
from tickets.comment import NewComment
from tickets.creation import follow_up_by_agent
from tickets.desk import draft_queries, posted_form
from tickets.desk.draft import Draft
from tickets.desk.flash_messages import way_back
from tickets.desk.posted_form import FormPage, Posted, act_on, checked_comment, stored
from tickets.desk.ticket_context import composer_context, draft_to_show, load_ticket
from tickets.models import Status, Ticket


def new(request: Request) -> Response:
    """Return the form with the agent's draft on this ticket; the ticket's own page for one that is not closed."""
    user = require_permission(request, Permission.REPLY)
    ticket = _ticket(request, user)
    if ticket.status != Status.CLOSED:
        return RedirectResponse(way_back(request, ticket.id), 303)
    return show_page(request, user)


def create(request: Request, form: FormData) -> Response:
    """File the follow-up and lead to its page. The same form sent again is the same follow-up."""
    require_permission(request, Permission.REPLY)
    return act_on(request, form, PAGE, _create)


def keep(request: Request, form: FormData) -> Response:
    """Keep a draft: by itself while the agent types, or for a search for articles; or discard it, or bring it back. The closed ticket's page shows it too."""
    require_permission(request, Permission.REPLY)
    if "discard" in form or "restore" in form:
        return act_on(request, form, PAGE, posted_form.discard if "discard" in form else posted_form.restore)
    if "replaced_page" in form:
        return act_on(request, form, PAGE, posted_form.keep_this)
    return act_on(request, form, PAGE, posted_form.find if "find_articles" in form or "enter" in form else posted_form.keep)


def show_page(request: Request, user: User, draft: Draft | None = None, *, other_tab: Draft | None = None, status: int = 200) -> Response:
    """Return the page with `draft`, else with the one that is kept."""
    with database(request).read() as session:
        ticket = load_ticket(session, person(user), path_number(request))
        context = composer_context(request, session, user, ticket, draft or draft_to_show(request, session, user, ticket.id), now=now())
    headers = {"Retry-After": "5"} if status == 503 else None
    return render(request, "desk/follow_up.html", context | {"back": way_back(request, ticket.id), "other_tab": other_tab}, status=status, headers=headers)


PAGE = FormPage(show_page, "/follow-up")


def _create(posted: Posted) -> Response:
    ticket = _ticket(posted.request, posted.user)
    if ticket.status != Status.CLOSED:
        raise HTTPException(409, _("Only a closed ticket can have a follow-up. Reply on the ticket itself."))
    comment = checked_comment(posted)
    if not isinstance(comment, NewComment):
        return stored(posted, comment)
    with database(posted.request).write() as session:
        filed = follow_up_by_agent(session, ticket, comment, agent=person(posted.user), via="web", now=now())
        draft_queries.delete_draft(session, posted.user.id, ticket.id, pages=posted.draft.pages)
    return RedirectResponse(way_back(posted.request, filed.id, done="followed-up", of=str(ticket.id)), 303)


def _ticket(request: Request, user: User) -> Ticket:
    with database(request).read() as session:
        return load_ticket(session, person(user), path_number(request))
