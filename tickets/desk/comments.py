"""Writing on a ticket: a public reply, or a note among agents, with a status set in the same breath."""

from dataclasses import replace

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kb.accounts.models import User
from kb.accounts.sessions import require_staff
from kb.db import database, now
from kb.web.forms import files, text
from kb.web.numbers import path_number
from tickets import uploads
from tickets.access import person
from tickets.comment import NewComment
from tickets.desk.articles import find_articles, unreadable, with_links
from tickets.desk.loading import Draft, Place, place
from tickets.desk.properties import version_of
from tickets.desk.ticket import show_page
from tickets.fields import ImpossibleChange
from tickets.forms import Problems, body_problem, file_problem
from tickets.models import Proof
from tickets.nonce import new_nonce, read_nonce
from tickets.reading import named_articles
from tickets.tracking import site_key
from tickets.update import TicketChanged, TicketClosed, TicketNotFound, Update, apply
from tickets.uploads import FilesRefused

NOT_SAVED = "This could not be saved, and nothing was sent. What you typed is still here: please send it again in a moment."
HIDDEN = "The customer cannot open “{}”. Leave the link out and write what matters in your own words, or make this an internal note."
CHOOSE_AGAIN = "Choose your files again: a page that comes back cannot keep them."
NEWER = "Someone wrote or changed something after you opened this page. Read it, then send your message again: what you typed is below."
CLOSED = "This ticket is closed. Open a follow-up to write to the requester."


def create(request: Request, form: FormData) -> Response:
    """Adds the message; the page again, with all that was typed, for one that cannot be added."""
    user = require_staff(request)
    draft = read_draft(form)
    lost = {"files": CHOOSE_AGAIN} if files(form, "files") else {}
    if "find_articles" in form:
        return show_page(request, user, draft, found=find_articles(request, draft.article_query), errors=lost)
    try:
        return _create(request, user, form, draft, lost)
    except FilesRefused as error:
        return show_page(request, user, draft, status=error.status, errors={"files": str(error)})
    except (OperationalError, PoolTimeout):
        return show_page(request, user, draft, status=503, errors={"body": NOT_SAVED} | lost)


def read_draft(form: FormData) -> Draft:
    """What the composer was sent with."""
    return Draft(
        body=text(form, "body"),
        is_public=text(form, "kind", 10) != "note",
        status=text(form, "status", 10),
        goes_on=bool(text(form, "goes_on", 1)),
        articles=tuple(dict.fromkeys(value[:200] for value in form.getlist("article") if isinstance(value, str)))[:20],
        nonce=text(form, "nonce", 200),
        article_query=text(form, "article_query", 200),
    )


def _create(request: Request, user: User, form: FormData, draft: Draft, lost: Problems) -> Response:
    """`lost` is what to say of the files where the page comes back."""
    moment, nonce, number = now(), read_nonce(site_key(request), draft.nonce), path_number(request)
    if nonce is None:
        return show_page(request, user, replace(draft, nonce=""), status=403, errors={"body": "This page was out of date. Please send it again."} | lost)
    chosen = files(form, "files")
    problems = body_problem("body", draft.body, "Write your message.") | file_problem(chosen, [], request.app.state.settings)
    if draft.is_public and (hidden := unreadable(request, draft.body, draft.articles)):
        problems |= {"body": HIDDEN.format("”, “".join(article.title for article in hidden))}
    if problems:
        return show_page(request, user, draft, status=422, errors=lost | problems)
    articles = named_articles(request, draft.articles)
    body = with_links(request, draft.body, [article.slug for article in articles]) if draft.is_public else draft.body
    comment = NewComment(body, draft.is_public, files=uploads.store_all(request, chosen), nonce=nonce.value, articles=articles, proof=str(Proof.SESSION))
    with database(request).read() as session:
        way_on = place(request, session, user, number)
    try:
        with database(request).write() as session:
            apply(session, number, _update(draft, comment), actor=person(user), via="web", version=version_of(form), now=moment)
    except TicketNotFound:
        raise HTTPException(404) from None
    except TicketClosed:
        return show_page(request, user, draft, status=422, errors={"body": CLOSED} | lost)
    except ImpossibleChange as refusal:
        return show_page(request, user, draft, status=422, errors={refusal.field: str(refusal)} | lost)
    except TicketChanged:
        # A fresh number: the version that is sent next is the one that is shown now.
        return show_page(request, user, replace(draft, nonce=new_nonce(site_key(request), moment)), status=409, errors={"body": NEWER} | lost)
    return RedirectResponse(_way_on(number, way_on, draft), 303)


def _way_on(number: int, place: Place, draft: Draft) -> str:
    """The address that is shown next, where it is said what was done on which ticket."""
    said = f"done={'sent' if draft.is_public else 'noted'}&of={number}"
    if not (draft.goes_on and place.view):
        return f"/desk/tickets/{number}{place.query or '?'}{'&' if place.query else ''}{said}#latest"
    if place.next_id is None:
        return f"/desk/views/{place.view.slug}?order={place.order}&{said}"
    return f"/desk/tickets/{place.next_id}{place.query}&{said}"


def _update(draft: Draft, comment: NewComment) -> Update:
    return Update({"status": draft.status} if draft.status else {}, comment)
