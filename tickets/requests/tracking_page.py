"""The requester's page behind the secret link: the conversation, replies, files, solving and reopening."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from statistics import median

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route

from kb.accounts.sessions import current_user
from kb.db import database, now
from kb.i18n import N_, ngettext
from kb.i18n import gettext as _
from kb.rate_limit.queries import is_within_limit
from kb.web.errors import log_database_fault
from kb.web.forms import with_form
from kb.web.http.client_address import client_network
from kb.web.templates import render
from tickets import queries, uploads
from tickets.access import SYSTEM, NotAllowed, link_holder
from tickets.attachments import disposition, file_path
from tickets.comment import NewComment
from tickets.creation import FiledTicket, follow_up
from tickets.forms import Problems, ReplyForm, read_reply, reply_problems
from tickets.models import Attachment, Proof, Status, Ticket
from tickets.nonce import new_nonce, read_nonce
from tickets.requests.request_cookie import forget, remember, remembered
from tickets.timeline import latest_message, timeline
from tickets.tracking import TrackedTicket, customer_status, site_key, tracked_ticket, tracking_path
from tickets.update import TicketClosed, Update, apply
from tickets.uploads import FilesRefused

PRIVATE = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"}
FILE_HEADERS = PRIVATE | {"Content-Security-Policy": "sandbox; default-src 'none'", "Cache-Control": "private, no-store"}
REPLIES_PER_HOUR = 60
FEWEST_SAMPLES = 5
WAITS_SINCE = timedelta(days=90)
MANY = N_("Too many messages came from your network in the last hour, so yours was not sent. What you typed is still here. Send it again in an hour.")
OUT_OF_DATE = N_("This page was out of date, so nothing was sent. What you typed is still here. Send it again.")
NOT_SAVED = N_("Your message could not be saved, so nothing was sent. What you typed is still here. Send it again in a moment.")


def ask_to_forget(request: Request) -> Response:
    """Ask before the requests sent from this browser are taken off its list; without any, lead to the list."""
    with database(request).read() as session:
        here = remembered(request, session)
    if not here:
        return RedirectResponse("/requests", 303)
    context = {"sent_here": here, "sends_mail": request.app.state.settings.sends_mail}
    return render(request, "requests/removal.html", context, headers=PRIVATE)


def forget_sent(request: Request, form: FormData) -> Response:  # noqa: ARG001
    """Takes the requests sent from this browser off its list; the requests stay."""
    response = RedirectResponse("/requests?forgotten=1", 303)
    forget(request, response)
    return response


def page(request: Request) -> Response:
    """The conversation, oldest message first."""
    return _show(request, ReplyForm(nonce=new_nonce(site_key(request), now())))


def reply(request: Request, form: FormData) -> Response:
    """Adds the customer's message; a closed request gets a follow-up, whose page is shown instead."""
    draft = read_reply(form)
    try:
        return _reply(request, draft)
    except FilesRefused as error:
        return _show(request, draft, {"files": str(error)}, status=error.status, kept=_kept(request, draft))
    except (OperationalError, PoolTimeout) as error:
        log_database_fault(error)
        return _not_sent(request, draft, _(NOT_SAVED), status=503)


def resolve(request: Request, form: FormData) -> Response:  # noqa: ARG001
    """Marks the request as solved."""
    return _set_status(request, Status.SOLVED, flash="solved")


def reopen(request: Request, form: FormData) -> Response:  # noqa: ARG001
    """Opens a solved request again."""
    return _set_status(request, Status.OPEN, flash="reopened")


def file(request: Request) -> Response:
    """A file of a public message."""
    with database(request).read() as session:
        ticket = _load(session, request).ticket
        found = queries.attachment(session, request.path_params["file"])
        if found is None or found.ticket_id != ticket.id or found.comment is None or not found.comment.is_public:
            raise HTTPException(404)
    return send_file(request, found)


def send_file(request: Request, attachment: Attachment) -> Response:
    """The attachment's bytes: images to be shown, everything else to be saved, nothing ever run. Raises 404 when they are gone."""
    path = file_path(uploads.folder(request), attachment.sha256)
    if not path.is_file():
        raise HTTPException(404)
    headers = FILE_HEADERS | {"Content-Disposition": disposition(attachment)}
    return FileResponse(path, media_type=attachment.content_type, headers=headers)


def _load(session: Session, request: Request) -> TrackedTicket:
    tracked = tracked_ticket(session, site_key(request), request.path_params["token"])
    if tracked is None:
        raise HTTPException(404)
    return tracked


def _here(request: Request) -> str:
    """Return the path of this page: with the link that opened it, not another one."""
    return f"/requests/{request.path_params['token']}"


def _show(request: Request, form: ReplyForm, problems: Problems | None = None, *, status: int = 200, kept: object = ()) -> Response:
    settings = request.app.state.settings
    with database(request).read() as session:
        ticket = _load(session, request).ticket
        conversation = timeline(session, link_holder(ticket), ticket)
        wait = _usual_wait(session) if "sent" in request.query_params else None
        follow_ups = [one for one in queries.follow_ups(session, SYSTEM, ticket.id) if one.requester_id == ticket.requester_id]
    path = _here(request)
    context = {
        "ticket": ticket,
        "status": customer_status(ticket.status),
        "timeline": conversation,
        "latest": latest_message(conversation),
        "follow_ups": [(one.id, tracking_path(site_key(request), one.id, one.salt)) for one in follow_ups],
        "form": form,
        "problems": problems or {},
        "kept": kept,
        "here": path,
        "link": settings.public_url + path,
        "usual_wait": wait,
        "sends_mail": settings.sends_mail,
        "flash": next((name for name in ("sent", "replied", "solved", "reopened") if name in request.query_params), ""),
        "limits": {"files": settings.attachments_max, "file_mb": settings.attachment_mb, "total_mb": settings.attachments_total_mb},
    }
    headers = PRIVATE | ({"Retry-After": "5"} if status == 503 else {})
    return render(request, "requests/show.html", context, status=status, headers=headers)


def _not_sent(request: Request, form: ReplyForm, problem: str, *, status: int) -> Response:
    """The page with what was typed: files that came with it before are still there, those of this time are not."""
    kept = _kept(request, form)
    return _show(request, form, {"form": problem + uploads.again(form.files, form.kept, kept)}, status=status, kept=kept)


def _kept(request: Request, form: ReplyForm) -> Sequence[Attachment]:
    nonce = read_nonce(site_key(request), form.nonce)
    return uploads.named(request, nonce.value if nonce else None, form.kept)


def _reply(request: Request, form: ReplyForm) -> Response:
    with database(request).read() as session:
        tracked = _load(session, request)
    nonce = read_nonce(site_key(request), form.nonce)
    waiting = uploads.pending(request, nonce.value if nonce else None, form.kept)
    problems = reply_problems(form, waiting, request.app.state.settings)
    if nonce is None:
        return _not_sent(request, replace(form, nonce=new_nonce(site_key(request), now())), _(OUT_OF_DATE), status=403)
    if problems:
        kept = uploads.keep(request, nonce.value, form.files, [upload for upload in waiting if upload.token in form.kept])
        return _show(request, form, problems, status=422, kept=kept)
    comment = NewComment(form.body, files=uploads.store_all(request, form.files), uploads=form.kept, nonce=nonce.value, proof=proof(request, tracked))
    with database(request).write(is_pipelined=True) as session:
        if not is_within_limit(session, f"reply:{client_network(request)}", most=REPLIES_PER_HOUR, window=timedelta(hours=1), now=now()):
            return _not_sent(request, form, _(MANY), status=429)
        filed = _add(session, tracked.ticket, comment)
    if filed:
        path = tracking_path(site_key(request), filed.id, filed.salt)
        response = RedirectResponse(f"{path}?sent=1", 303)
        remember(request, response, path)
        return response
    return RedirectResponse(f"{_here(request)}?replied=1", 303)


def _add(session: Session, ticket: Ticket, comment: NewComment) -> FiledTicket | None:
    """Add the message to the ticket; to a closed one, as a follow-up, which is returned."""
    try:
        apply(session, ticket.id, Update(comment=comment), actor=link_holder(ticket), via="web", now=now())
    except TicketClosed:
        return follow_up(session, ticket, comment, via="web", now=now())
    return None


def proof(request: Request, tracked: TrackedTicket) -> str:
    """Return how whoever writes on this page showed that the requester's address is theirs."""
    user = current_user(request)
    return str(Proof.SESSION) if user is not None and user.id == tracked.ticket.requester_id else tracked.proof


def _set_status(request: Request, status: Status, *, flash: str) -> Response:
    with database(request).write() as session:
        ticket = _load(session, request).ticket
        if ticket.status == Status.CLOSED:
            raise HTTPException(409, _("This request is closed and can’t be changed. Send a message on its page to open a follow-up."))
        with suppress(NotAllowed):  # it is so already
            apply(session, ticket.id, Update({"status": str(status)}), actor=link_holder(ticket), via="web", now=now())
    return RedirectResponse(f"{_here(request)}?{flash}=1", 303)


def _usual_wait(session: Session) -> str | None:
    """Return how soon half of the recent requests had a first reply, as a sentence; None where too few had one to say."""
    waits = queries.first_reply_waits(session, now() - WAITS_SINCE)
    if len(waits) < FEWEST_SAMPLES:
        return None
    hours = median(wait.total_seconds() for wait in waits) / 3600
    if hours < 1:
        return _("Half of our first replies come within an hour.")
    if hours < 36:
        return ngettext("Half of our first replies come within %(num)s hour.", "Half of our first replies come within %(num)s hours.", round(hours))
    return ngettext("Half of our first replies come within %(num)s day.", "Half of our first replies come within %(num)s days.", round(hours / 24))


routes = [
    Route("/requests/remembered/removal", ask_to_forget),
    Route("/requests/remembered/removal", with_form(forget_sent), methods=["POST"]),
    Route("/requests/{token}", page),
    Route("/requests/{token}/comments", with_form(reply, is_safe_in_part=True), methods=["POST"]),
    Route("/requests/{token}/resolution", with_form(resolve), methods=["POST"]),
    Route("/requests/{token}/reopening", with_form(reopen), methods=["POST"]),
    Route("/requests/{token}/attachments/{file}/{name}", file),
]
