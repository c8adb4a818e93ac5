"""The form of a ticket's page: one message and the fields changed with it, sent, saved or kept as a draft."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kb.accounts.permissions import Permission
from kb.accounts.sessions import require_permission
from kb.db import database, now
from kb.i18n import N_
from kb.i18n import gettext as _
from kb.i18n.formats import in_sentence
from tickets import queries as ticket_queries
from tickets.access import NotAllowed, person
from tickets.articles_read import open_categories
from tickets.audit import Commented
from tickets.comment import NewComment
from tickets.desk import draft as drafts
from tickets.desk import draft_queries, posted_form
from tickets.desk.draft import Draft
from tickets.desk.posted_form import OUT_OF_DATE, FormPage, Posted, act_on, checked_comment, stored, with_files
from tickets.desk.ticket import show_page
from tickets.desk.ticket_context import InboxPosition, load_ticket, place
from tickets.fields import FIELDS, ImpossibleChange
from tickets.forms import Problems
from tickets.models import Audit
from tickets.update import TicketChanged, TicketClosed, TicketNotFound, Update, apply

NEWER = N_("A new message arrived after you opened this page. Read it, then send yours again. It is still below.")
CHANGED = N_("Someone else changed the %(field)s after you opened this page. Check it, then send or save again.")
CLOSED = N_("This ticket is closed. Open a follow-up to write to the requester.")
PAGE = FormPage(show_page)


def send(request: Request, form: FormData) -> Response:
    """Add the message and change the fields, in one update."""
    return act_on(request, form, PAGE, _send)


def save(request: Request, form: FormData) -> Response:
    """Change the fields; the message stays as a draft."""
    require_permission(request, Permission.CHANGE_TICKETS)
    return act_on(request, form, PAGE, _save)


def take(request: Request, form: FormData) -> Response:
    """Assign the ticket to the agent who asks; all else stays as a draft."""
    require_permission(request, Permission.CHANGE_TICKETS)
    return act_on(request, form, PAGE, _take)


def keep(request: Request, form: FormData) -> Response:
    """Keep a draft: by itself while the agent types, or for a search for articles; or discard it, or bring it back."""
    if "discard" in form or "restore" in form:
        return act_on(request, form, PAGE, posted_form.discard if "discard" in form else posted_form.restore)
    if "replaced_page" in form:
        return act_on(request, form, PAGE, posted_form.keep_this)
    if "enter" in form and not form.get("article_query"):
        return act_on(request, form, PAGE, _save)
    is_search = "find_articles" in form or "enter" in form
    return act_on(request, form, PAGE, posted_form.find if is_search else posted_form.keep)


def _send(posted: Posted) -> Response:
    comment, draft = checked_comment(posted), posted.draft
    if not isinstance(comment, NewComment):
        return stored(posted, comment)
    with database(posted.request).read() as session:
        way_on = place(posted.request, session, posted.user, posted.number)
    moment = now()

    def update(session: Session) -> Audit:
        audit = _apply(session, posted, Update(drafts.changes(draft), comment), moment)
        draft_queries.delete_draft(session, posted.user.id, posted.number, pages=draft.pages)
        return audit

    answer = _updated(posted, update)
    if isinstance(answer, Response):
        return answer
    is_new = answer.at == moment and any(isinstance(event, Commented) for event in answer.events)
    if not (draft.goes_on and way_on.view) and (away := _gone_from_sight(posted)):
        return away
    done = ("sent" if draft.is_public else "noted") if is_new else ("sent-before" if draft.is_public else "noted-before")
    return RedirectResponse(_way_on(posted.number, way_on, draft, done), 303)


def _save(posted: Posted) -> Response:
    def update(session: Session) -> Audit:
        return _apply(session, posted, Update(drafts.changes(posted.draft)), now())

    return _changed(posted, update, replace(posted.draft, edits={}, seen={}), "saved")


def _take(posted: Posted) -> Response:
    def update(session: Session) -> Audit:
        return _apply(session, posted, Update({"assignee_id": posted.user.id}), now())

    edits = {name: value for name, value in posted.draft.edits.items() if name != "assignee_id"}
    return _changed(posted, update, replace(posted.draft, edits=edits), "taken")


def _changed(posted: Posted, update: Callable[[Session], Audit], remaining: Draft, done: str) -> Response:
    """Change fields and keep `remaining` with the files chosen."""
    remaining, refused = with_files(posted, remaining)
    answer = _updated(replace(posted, draft=replace(posted.draft, kept=remaining.kept), files=()), update)
    if isinstance(answer, Response):
        return answer
    if away := _gone_from_sight(posted):
        return away
    return stored(replace(posted, draft=remaining, files=()), refused, done=done)


def _gone_from_sight(posted: Posted) -> Response | None:
    """Return the way to the list where the agent has handed the ticket to a group or person whose tickets they do not see."""
    with database(posted.request).read() as session:
        is_visible = ticket_queries.visible_numbers(session, person(posted.user), {posted.number})
    return None if is_visible else RedirectResponse(f"/desk?done=away&of={posted.number}", 303)


def _updated(posted: Posted, update: Callable[[Session], Audit]) -> Audit | Response:
    """Run the update; return its audit, or the way back to the page with the reason why it was not made."""
    try:
        with database(posted.request).write(is_pipelined=True) as session:
            return update(session)
    except TicketNotFound:
        raise HTTPException(404) from None
    except TicketClosed:
        return stored(posted, {"body": _(CLOSED)})
    except NotAllowed:
        return stored(posted, {"body": _(OUT_OF_DATE)})
    except ImpossibleChange as refusal:
        return stored(posted, {refusal.field: str(refusal)})
    except TicketChanged as change:
        return stored(posted, _conflict(posted, change))


def _conflict(posted: Posted, change: TicketChanged) -> Problems:
    if change.fields == {"assignee_id"}:
        with database(posted.request).read() as session:
            owner = load_ticket(session, person(posted.user), posted.number).assignee
        if owner is not None and owner.id != posted.user.id and posted.draft.edits.get("assignee_id") is None:
            return {"assignee_id": _("%(name)s has already taken this ticket.", name=owner.shown_name)}
    newer = {"newer": _(NEWER)} if change.has_newer_message else {}
    return newer | {name: _(CHANGED, field=in_sentence(_(FIELDS[name].label))) for name in sorted(change.fields)}


def _apply(session: Session, posted: Posted, update: Update, moment: datetime) -> Audit:
    update = replace(update, categories=open_categories(posted.request))
    return apply(session, posted.number, update, actor=person(posted.user), via="web", version=posted.draft.version, now=moment)


def _way_on(number: int, place: InboxPosition, draft: Draft, done: str) -> str:
    """The address that is shown next, where it is said what was done on which ticket."""
    said = f"done={done}&of={number}"
    if not (draft.goes_on and place.view):
        return f"/desk/tickets/{number}{place.query or '?'}{'&' if place.query else ''}{said}"
    if place.next_id is None:
        return f"{place.url}&{said}"
    return f"/desk/tickets/{place.next_id}{place.query}&{said}"
