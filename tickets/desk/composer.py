"""The form of a ticket's page: one message and the fields changed with it, sent, saved or kept as a draft. Nothing typed or chosen is ever lost."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kb.accounts.models import User
from kb.accounts.sessions import require_staff
from kb.config import Settings
from kb.db import database, now
from kb.i18n import gettext as _
from kb.web.forms import files
from kb.web.numbers import path_number
from tickets import uploads
from tickets.access import NotAllowed, person
from tickets.audit import Commented
from tickets.comment import NewComment
from tickets.desk import draft as drafts
from tickets.desk import draft_queries
from tickets.desk.articles import linked_articles, unreadable, with_links
from tickets.desk.draft import Draft, read_draft
from tickets.desk.flash_messages import way_back
from tickets.desk.ticket import show_page
from tickets.desk.ticket_context import InboxPosition, load_ticket, place
from tickets.fields import FIELDS, ImpossibleChange
from tickets.forms import Problems, body_problem, file_problem
from tickets.models import Audit, Proof
from tickets.nonce import new_nonce, read_nonce
from tickets.tracking import site_key
from tickets.update import TicketChanged, TicketClosed, TicketNotFound, Update, apply
from tickets.uploads import FilesRefused

NOT_SAVED = "This could not be saved, and nothing was sent. What you typed is still here: please send it again in a moment."
HIDDEN = "The customer cannot open “{}”. Leave the link out and write what matters in your own words, or make this an internal note."
CHOOSE_AGAIN = "Choose your files again: they could not be kept."
NEWER = "There is a new message since you opened this page. Read it, then send yours again: it is below."
CHANGED = "Someone else changed the {} after you opened this page. Check it, then send or save again."
CLOSED = "This ticket is closed. Open a follow-up to write to the requester."
OUT_OF_DATE = "This page was out of date. Please send it again."


@dataclass(frozen=True, slots=True)
class _Posted:
    """The form as it came."""

    request: Request
    user: User
    number: int
    draft: Draft
    files: tuple[UploadFile, ...]
    is_genuine: bool
    """Whether the form was one of ours; another gets a nonce of its own now."""

    @property
    def nonce(self) -> str:
        nonce = read_nonce(site_key(self.request), self.draft.nonce)
        return nonce.value if nonce is not None else ""

    @property
    def settings(self) -> Settings:
        settings: Settings = self.request.app.state.settings
        return settings


_Act = Callable[[_Posted], Response]


def send(request: Request, form: FormData) -> Response:
    """Add the message and change the fields, in one update."""
    return _act(request, form, _send)


def save(request: Request, form: FormData) -> Response:
    """Change the fields; the message stays as a draft."""
    return _act(request, form, _save)


def take(request: Request, form: FormData) -> Response:
    """Assign the ticket to the agent who asks; all else stays as a draft."""
    return _act(request, form, _take)


def keep(request: Request, form: FormData) -> Response:
    """Keep a draft: by itself while the agent types, or for a search for articles; or discard it, or bring it back."""
    if "discard" in form or "restore" in form:
        return _act(request, form, _discard if "discard" in form else _restore)
    if "enter" in form and not form.get("article_query"):
        return _act(request, form, _save)
    is_search = "find_articles" in form or "enter" in form
    return _act(request, form, _find if is_search else _keep)


def _act(request: Request, form: FormData, act: _Act) -> Response:
    user, number = require_staff(request), path_number(request)
    draft, chosen = read_draft(form), tuple(files(form, "files"))
    is_genuine = read_nonce(site_key(request), draft.nonce) is not None
    posted = _Posted(request, user, number, draft if is_genuine else replace(draft, nonce=new_nonce(site_key(request), now())), chosen, is_genuine)
    try:
        with database(request).read() as session:
            load_ticket(session, person(user), number)
        return act(posted)
    except FilesRefused as error:
        return _stored(replace(posted, files=()), {"files": str(error)})
    except (OperationalError, PoolTimeout):
        lost = {"files": CHOOSE_AGAIN} if chosen else {}
        return show_page(request, user, replace(posted.draft, errors={"body": NOT_SAVED} | lost), status=503)


def _send(posted: _Posted) -> Response:
    request, draft = posted.request, posted.draft
    if not posted.is_genuine:
        return _stored(posted, {"body": OUT_OF_DATE})
    waiting = [upload for upload in uploads.pending(request, posted.nonce, draft.kept) if upload.token in draft.kept]
    problems = body_problem("body", draft.body, _("Enter your message.")) | file_problem(posted.files, waiting, posted.settings)
    if draft.is_public and (hidden := unreadable(request, draft.body, draft.articles)):
        problems |= {"body": HIDDEN.format("”, “".join(article.title for article in hidden))}
    body = with_links(request, draft.body, draft.articles) if draft.is_public else draft.body
    problems = problems or body_problem("body", body, "")
    if problems:
        return _stored(posted, problems)
    articles = linked_articles(request, body) if draft.is_public else ()
    stored = uploads.store_all(request, posted.files)
    comment = NewComment(body, draft.is_public, stored, draft.kept, nonce=posted.nonce, articles=articles, proof=str(Proof.SESSION))
    with database(request).read() as session:
        way_on = place(request, session, posted.user, posted.number)
    moment = now()

    def update(session: Session) -> Audit:
        audit = _apply(session, posted, Update(drafts.changes(draft), comment), moment)
        draft_queries.delete_draft(session, posted.user.id, posted.number)
        return audit

    answer = _updated(posted, update)
    if isinstance(answer, Response):
        return answer
    is_new = answer.at == moment and any(isinstance(event, Commented) for event in answer.events)
    done = ("sent" if draft.is_public else "noted") if is_new else ("sent-before" if draft.is_public else "noted-before")
    return RedirectResponse(_way_on(posted.number, way_on, draft, done), 303)


def _save(posted: _Posted) -> Response:
    def update(session: Session) -> Audit:
        return _apply(session, posted, Update(drafts.changes(posted.draft)), now())

    return _changed(posted, update, replace(posted.draft, edits={}, seen={}), "saved")


def _take(posted: _Posted) -> Response:
    def update(session: Session) -> Audit:
        return _apply(session, posted, Update({"assignee_id": posted.user.id}), now())

    edits = {name: value for name, value in posted.draft.edits.items() if name != "assignee_id"}
    return _changed(posted, update, replace(posted.draft, edits=edits), "taken")


def _find(posted: _Posted) -> Response:
    return _stored(posted, {}, find="1")


def _keep(posted: _Posted) -> Response:
    with database(posted.request).write() as session:
        is_kept = _store(session, posted, posted.draft)
    return Response(status_code=204 if is_kept else 413)


def _discard(posted: _Posted) -> Response:
    draft, _ = _with_files(posted, posted.draft)
    with database(posted.request).write() as session:
        _store(session, posted, draft)  # as it is in the form, which may hold more than the last save
        draft_queries.mark_discarded(session, posted.user.id, posted.number, is_discarded=True)
    return RedirectResponse(way_back(posted.request, posted.number, done="discarded"), 303)


def _restore(posted: _Posted) -> Response:
    with database(posted.request).write() as session:
        draft_queries.mark_discarded(session, posted.user.id, posted.number, is_discarded=False)
    return RedirectResponse(way_back(posted.request, posted.number, done="restored"), 303)


def _changed(posted: _Posted, update: Callable[[Session], Audit], remaining: Draft, done: str) -> Response:
    """Change fields and keep `remaining` with the files chosen."""
    remaining, refused = _with_files(posted, remaining)
    answer = _updated(replace(posted, draft=replace(posted.draft, kept=remaining.kept), files=()), update)
    if isinstance(answer, Response):
        return answer
    return _stored(replace(posted, draft=remaining, files=()), refused, done=done)


def _updated(posted: _Posted, update: Callable[[Session], Audit]) -> Audit | Response:
    """Run the update; return its audit, or the way back to the page with the reason why it was not made."""
    try:
        with database(posted.request).write() as session:
            return update(session)
    except TicketNotFound:
        raise HTTPException(404) from None
    except TicketClosed:
        return _stored(posted, {"body": CLOSED})
    except NotAllowed:
        return _stored(posted, {"body": OUT_OF_DATE})
    except ImpossibleChange as refusal:
        return _stored(posted, {refusal.field: str(refusal)})
    except TicketChanged as change:
        return _stored(posted, _conflict(posted, change))


def _conflict(posted: _Posted, change: TicketChanged) -> Problems:
    if change.fields == {"assignee_id"}:
        with database(posted.request).read() as session:
            owner = load_ticket(session, person(posted.user), posted.number).assignee
        if owner is not None and owner.id != posted.user.id and posted.draft.edits.get("assignee_id") is None:
            return {"assignee_id": f"{owner.shown_name} has already taken this ticket."}
    newer = {"body": NEWER} if change.has_newer_message else {}
    return newer | {name: CHANGED.format(FIELDS[name].label.lower()) for name in sorted(change.fields)}


def _apply(session: Session, posted: _Posted, update: Update, moment: datetime) -> Audit:
    return apply(session, posted.number, update, actor=person(posted.user), via="web", version=posted.draft.version, now=moment)


def _stored(posted: _Posted, errors: Mapping[str, str], **said: str) -> Response:
    """Keep all that was typed and chosen, and lead back to the page that shows it; what is too large to keep is shown at once."""
    draft, refused = _with_files(posted, posted.draft)
    draft = replace(draft, errors={**refused, **errors})
    with database(posted.request).write() as session:
        is_kept = _store(session, posted, draft)
    if not is_kept:
        return show_page(posted.request, posted.user, draft, status=422)
    return RedirectResponse(way_back(posted.request, posted.number, **({"problem": "1"} if draft.errors else said)), 303)


def _store(session: Session, posted: _Posted, draft: Draft) -> bool:
    key, max_kb = site_key(posted.request), posted.settings.draft_max_kb
    return drafts.store(session, posted.user.id, posted.number, draft, key=key, max_kb=max_kb, now=now())


def _with_files(posted: _Posted, draft: Draft) -> tuple[Draft, Problems]:
    """Return the draft with the files chosen, those that can be kept; and what is wrong with the others."""
    if not posted.files:
        return draft, {}
    for file in posted.files:
        file.file.seek(0)
    waiting = [upload for upload in uploads.pending(posted.request, posted.nonce, draft.kept) if upload.token in draft.kept]
    refused = file_problem(posted.files, waiting, posted.settings)
    kept = uploads.keep(posted.request, posted.nonce, posted.files, waiting)
    return replace(draft, kept=tuple(upload.token for upload in kept)), refused


def _way_on(number: int, place: InboxPosition, draft: Draft, done: str) -> str:
    """The address that is shown next, where it is said what was done on which ticket."""
    said = f"done={done}&of={number}"
    if not (draft.goes_on and place.view):
        return f"/desk/tickets/{number}{place.query or '?'}{'&' if place.query else ''}{said}"
    if place.next_id is None:
        return f"/desk/views/{place.view.slug}?order={place.order}&{said}"
    return f"/desk/tickets/{place.next_id}{place.query}&{said}"
