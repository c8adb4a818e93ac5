"""Opening a follow-up to a closed ticket: a new ticket for the same requester, linked to the old one."""

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kb.accounts.models import User
from kb.accounts.sessions import require_staff
from kb.db import database, now
from kb.i18n import gettext as _
from kb.web.forms import text
from kb.web.numbers import path_number
from kb.web.templates import render
from tickets.access import person
from tickets.comment import NewComment
from tickets.creation import follow_up_by_agent
from tickets.desk.articles import linked_articles, unreadable
from tickets.desk.flash_messages import way_back
from tickets.desk.ticket_context import load_ticket
from tickets.forms import Problems, body_problem
from tickets.models import Proof, Status, Ticket
from tickets.nonce import new_nonce, read_nonce
from tickets.tracking import site_key

HIDDEN = "The customer cannot open “{}”. Leave the link out and write what matters in your own words, or make this an internal note."
OUT_OF_DATE = "This page was out of date, so nothing was sent. Your text is still here: please send it again."


def new(request: Request) -> Response:
    """Return the form; the ticket's own page for one that is not closed."""
    user = require_staff(request)
    ticket = _ticket(request, user)
    if ticket.status != Status.CLOSED:
        return RedirectResponse(way_back(request, ticket.id), 303)
    return _page(request, user, ticket)


def create(request: Request, form: FormData) -> Response:
    """File the follow-up and lead to its page. The same form sent again is the same follow-up."""
    user = require_staff(request)
    ticket = _ticket(request, user)
    if ticket.status != Status.CLOSED:
        raise HTTPException(409, "Only a closed ticket gets a follow-up. Write on the ticket itself.")
    body, is_public, nonce = text(form, "body"), text(form, "kind", 10) != "note", read_nonce(site_key(request), text(form, "nonce", 200))
    problems = _problems(request, body, is_public) if nonce is not None else {"body": OUT_OF_DATE}
    if problems or nonce is None:
        return _page(request, user, ticket, body, is_public, problems, nonce=text(form, "nonce", 200) if nonce is not None else "")
    articles = linked_articles(request, body) if is_public else ()
    comment = NewComment(body, is_public, nonce=nonce.value, articles=articles, proof=str(Proof.SESSION))
    with database(request).write() as session:
        filed = follow_up_by_agent(session, ticket, comment, agent=person(user), via="web", now=now())
    return RedirectResponse(way_back(request, filed.id, done="followed-up"), 303)


def _ticket(request: Request, user: User) -> Ticket:
    with database(request).read() as session:
        return load_ticket(session, person(user), path_number(request))


def _problems(request: Request, body: str, is_public: bool) -> Problems:
    problems = body_problem("body", body, _("Enter your message."))
    hidden = unreadable(request, body, ()) if is_public else []
    return problems or ({"body": HIDDEN.format("”, “".join(article.title for article in hidden))} if hidden else {})


def _page(
    request: Request, user: User, ticket: Ticket, body: str = "", is_public: bool = True, problems: Problems | None = None, *, nonce: str = ""
) -> Response:
    context = {
        "user": user,
        "ticket": ticket,
        "body": body,
        "is_public": is_public,
        "errors": problems or {},
        "nonce": nonce or new_nonce(site_key(request), now()),
        "back": way_back(request, ticket.id),
        "query": f"?{request.url.query}" if request.url.query else "",
        "sends_mail": bool(request.app.state.settings.smtp_url.get_secret_value()),
    }
    return render(request, "desk/follow_up.html", context, status=422 if problems else 200)
