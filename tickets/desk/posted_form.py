"""A posted form of the desk that holds a message: checked, kept as a draft with its files, searched for articles. Nothing typed or chosen is ever lost."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from kb.accounts.models import User
from kb.accounts.permissions import Permission
from kb.accounts.sessions import require_staff
from kb.config import Settings
from kb.db import database, now
from kb.i18n import N_
from kb.i18n import gettext as _
from kb.web.errors import log_database_fault
from kb.web.forms import files
from kb.web.numbers import path_number
from kb.web.templates import render
from tickets import uploads
from tickets.access import person
from tickets.comment import NewComment
from tickets.desk import draft as drafts
from tickets.desk import draft_queries
from tickets.desk.articles import linked_articles, unreadable, with_links
from tickets.desk.draft import Draft, DraftChanged, read_draft
from tickets.desk.flash_messages import way_back
from tickets.desk.ticket_context import load_ticket, place
from tickets.forms import Problems, body_problem, file_problem
from tickets.models import Proof
from tickets.nonce import new_nonce, read_nonce
from tickets.tracking import site_key
from tickets.uploads import FilesRefused

NOT_SAVED = N_("This could not be saved, so nothing was sent. What you typed is still here. Send it again in a moment.")
HIDDEN = N_("The customer can’t open “%(articles)s”. Remove the link and explain it in your own words, or make this an internal note.")
CHOOSE_AGAIN = N_("Your files could not be saved. Add them again.")
OTHER_TAB = N_("Your draft was changed in another tab. Both versions are on this page. Choose which one to keep.")
OUT_OF_DATE = N_("This page was out of date. Send it again.")


class Show(Protocol):
    """Renders the page of the form."""

    def __call__(self, request: Request, user: User, draft: Draft | None = None, *, other_tab: Draft | None = None, status: int = 200) -> Response: ...


@dataclass(frozen=True, slots=True)
class FormPage:
    """The page that holds the form: `suffix` is what its address adds to the ticket's."""

    show: Show
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Posted:
    """The form as it came."""

    request: Request
    page: FormPage
    user: User
    number: int
    draft: Draft
    files: tuple[UploadFile, ...]
    is_genuine: bool
    """Whether the form was one of ours; another gets a nonce of its own now."""

    @property
    def nonce(self) -> str:
        """The form's nonce."""
        nonce = read_nonce(site_key(self.request), self.draft.nonce)
        return nonce.value if nonce is not None else ""

    @property
    def settings(self) -> Settings:
        """The settings of the app."""
        settings: Settings = self.request.app.state.settings
        return settings


Act = Callable[[Posted], Response]


def act_on(request: Request, form: FormData, page: FormPage, act: Act) -> Response:
    """Read the form and act on it; what goes wrong on the way leads back to the page, with all that was typed, here and in another tab."""
    user, number = require_staff(request), path_number(request)
    draft, chosen = read_draft(form), tuple(files(form, "files"))
    is_genuine = read_nonce(site_key(request), draft.nonce) is not None
    draft = draft if is_genuine else replace(draft, nonce=new_nonce(site_key(request), now()))
    try:
        return _acted(Posted(request, page, user, number, draft, chosen, is_genuine), act)
    except DraftChanged as change:
        draft = replace(change.draft, errors={**change.draft.errors, "other-tab": _(OTHER_TAB)})
        return page.show(request, user, draft, other_tab=change.stored, status=409)


def _acted(posted: Posted, act: Act) -> Response:
    request, user, number = posted.request, posted.user, posted.number
    try:
        with database(request).read() as session:
            load_ticket(session, person(user), number)
        return act(posted)
    except FilesRefused as error:
        return stored(replace(posted, files=()), {"files": str(error)})
    except (OperationalError, PoolTimeout) as error:
        log_database_fault(error)
        lost = {"files": _(CHOOSE_AGAIN)} if posted.files else {}
        return posted.page.show(request, user, replace(posted.draft, errors={"body": _(NOT_SAVED)} | lost), status=503)


def checked_comment(posted: Posted) -> NewComment | Problems:
    """Return the message with the links of its articles and its files, which are on the disk then; or what is wrong with it."""
    request, draft = posted.request, posted.draft
    if not posted.is_genuine:
        return {"body": _(OUT_OF_DATE)}
    if refused := _refused(posted):
        return refused
    waiting = [upload for upload in uploads.pending(request, posted.nonce, draft.kept) if upload.token in draft.kept]
    problems = body_problem("body", draft.body, _("Enter your message.")) | file_problem(posted.files, waiting, posted.settings)
    if draft.is_public and (hidden := unreadable(request, draft.body, draft.articles)):
        problems |= {"body": _(HIDDEN, articles="”, “".join(article.title for article in hidden))}
    body = with_links(request, draft.body, draft.articles) if draft.is_public else draft.body
    problems = problems or body_problem("body", body, "")
    if problems:
        return problems
    articles = linked_articles(request, body) if draft.is_public else ()
    on_disk = uploads.store_all(request, posted.files)
    return NewComment(body, draft.is_public, on_disk, draft.kept, nonce=posted.nonce, articles=articles, proof=str(Proof.SESSION))


def _refused(posted: Posted) -> Problems:
    """Return what the person's role does not allow of the message and the fields sent with it."""
    allowed = posted.user.permissions
    if posted.draft.is_public and Permission.REPLY not in allowed:
        return {"body": _("Your role can’t reply to customers. Make this an internal note.")}
    if not posted.draft.is_public and Permission.WRITE_NOTES not in allowed:
        return {"body": _("Your role can’t write internal notes.")}
    if posted.draft.edits and Permission.CHANGE_TICKETS not in allowed:
        return {"body": _("Your role can’t change tickets. Send your message without changing the status or other properties.")}
    return {}


def find(posted: Posted) -> Response:
    """Keep the draft and lead to the page with the articles found."""
    return stored(posted, {}, find="1")


def keep(posted: Posted) -> Response:
    """Keep the draft by itself, while the agent types; with files that were just chosen, return the list of those kept."""
    draft, refused = with_files(posted, posted.draft)
    try:
        with database(posted.request).write() as session:
            is_kept = _store(session, posted, draft)
    except DraftChanged as change:
        with database(posted.request).read() as session:
            ticket = load_ticket(session, person(posted.user), posted.number)
            context = {"ticket": ticket, "place": place(posted.request, session, posted.user, ticket.id), "other_tab": change.stored}
        context["follows_up"] = bool(posted.page.suffix)
        return render(posted.request, "desk/_other_tab.html", context, status=409)
    if not (posted.files and is_kept):
        return Response(status_code=204 if is_kept else 413)
    context = {"kept": uploads.named(posted.request, posted.nonce, draft.kept), "errors": refused}
    return render(posted.request, "desk/_kept_files.html", context)


def keep_this(posted: Posted) -> Response:
    """Keep this page's draft in the place of the one of another tab."""
    return stored(posted, {}, done="kept")


def discard(posted: Posted) -> Response:
    """Take the draft away, until it is brought back or another one takes its place."""
    draft, _refused = with_files(posted, posted.draft)
    with database(posted.request).write() as session:
        _store(session, posted, draft)  # as it is in the form, which may hold more than the last save
        draft_queries.mark_discarded(session, posted.user.id, posted.number, is_discarded=True)
    return RedirectResponse(way_back(posted.request, posted.number, posted.page.suffix, done="discarded"), 303)


def restore(posted: Posted) -> Response:
    """Bring a discarded draft back."""
    with database(posted.request).write() as session:
        draft_queries.mark_discarded(session, posted.user.id, posted.number, is_discarded=False)
    return RedirectResponse(way_back(posted.request, posted.number, posted.page.suffix, done="restored"), 303)


def stored(posted: Posted, errors: Mapping[str, str], **said: str) -> Response:
    """Keep all that was typed and chosen, and lead back to the page that shows it; what is too large to keep is shown at once."""
    draft, refused = with_files(posted, posted.draft)
    draft = replace(draft, errors={**refused, **errors})
    with database(posted.request).write() as session:
        is_kept = _store(session, posted, draft)
    if not is_kept:
        return posted.page.show(posted.request, posted.user, draft, status=422)
    said = {"problem": "1"} if draft.errors else said
    return RedirectResponse(way_back(posted.request, posted.number, posted.page.suffix, **said), 303)


def with_files(posted: Posted, draft: Draft) -> tuple[Draft, Problems]:
    """Return the draft with the files chosen, those that can be kept; and what is wrong with the others."""
    if not posted.files:
        return draft, {}
    for file in posted.files:
        file.file.seek(0)
    waiting = [upload for upload in uploads.pending(posted.request, posted.nonce, draft.kept) if upload.token in draft.kept]
    refused = file_problem(posted.files, waiting, posted.settings)
    kept = uploads.keep(posted.request, posted.nonce, posted.files, waiting)
    return replace(draft, kept=tuple(upload.token for upload in kept)), refused


def _store(session: Session, posted: Posted, draft: Draft) -> bool:
    key, max_kb = site_key(posted.request), posted.settings.draft_max_kb
    return drafts.store(session, posted.user.id, posted.number, draft, key=key, max_kb=max_kb, now=now())
