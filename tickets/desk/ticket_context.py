"""Everything the ticket's page shows, loaded in one session."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request

from kb.accounts.models import User
from kb.accounts.permissions import Permission
from kb.accounts.queries import active_staff
from kb.accounts.queries import groups as groups_by_name
from kb.db import now as present
from kb.i18n import gettext as _
from kb.jobs.queries import troubled_jobs
from tickets import queries as ticket_queries
from tickets.access import Actor, person
from tickets.articles_read import catalog, open_article, open_categories
from tickets.audit import Commented
from tickets.desk import queries
from tickets.desk.articles import find_articles
from tickets.desk.customer_journey import customer_journey, short_version
from tickets.desk.draft import Draft, load
from tickets.desk.draft_queries import stored_draft
from tickets.desk.flash_messages import done_at, flash
from tickets.desk.properties import differences, properties
from tickets.email import failures
from tickets.fields import next_statuses
from tickets.lists.condition_queries import Viewpoint
from tickets.lists.list_request import ListRequest, read_place
from tickets.lists.page_queries import ticket_after
from tickets.lists.views import View
from tickets.models import Ticket
from tickets.nonce import new_nonce, read_nonce
from tickets.timeline import latest_message, timeline
from tickets.tracking import site_key


@dataclass(frozen=True, slots=True)
class InboxPosition:
    """Where the agent came from: a list with its filter and order, and the way on from there."""

    list: ListRequest | None = None
    next_id: int | None = None

    @property
    def query(self) -> str:
        """The query that keeps this place in addresses of tickets."""
        return self.list.ticket_query() if self.list else ""

    @property
    def view(self) -> View | None:
        """The view of the list."""
        return self.list.view if self.list else None

    @property
    def url(self) -> str:
        """The address of the list; the desk's first one where there is none."""
        return self.list.url() if self.list else "/desk"


def load_ticket(session: Session, actor: Actor, ticket_id: int) -> Ticket:
    """Return the ticket; raises 404 when there is none that `actor` may see."""
    ticket = ticket_queries.ticket(session, actor, ticket_id)
    if ticket is None:
        raise HTTPException(404, _("There is no ticket with this number."))
    return ticket


def place(request: Request, session: Session, user: User, ticket_id: int) -> InboxPosition:
    """The list named in the address, with the ticket that follows."""
    moment = present()
    asked = read_place(session, user.id, request.query_params, moment)
    if asked is None or asked.wanted.words:
        return InboxPosition(asked)
    following = ticket_after(session, asked.wanted, Viewpoint(person(user), moment), order=asked.order, ticket_id=ticket_id, group_by=asked.view.group_by)
    return InboxPosition(asked, following if following != ticket_id else None)


def ticket_context(request: Request, session: Session, user: User, ticket: Ticket, draft: Draft, *, now: datetime) -> dict[str, Any]:
    """Return the context of `desk/ticket.html`."""
    whole = catalog(request)
    conversation = timeline(session, person(user), ticket)
    shown = properties(ticket, draft, active_staff(session), groups_by_name(session), list(open_categories(request).items()), user)
    return composer_context(request, session, user, ticket, draft, now=now) | {
        "timeline": conversation,
        "latest": latest_message(conversation),
        "parent": next(iter(ticket_queries.visible_numbers(session, person(user), {ticket.follow_up_of_id})), None) if ticket.follow_up_of_id else None,
        "follow_ups": ticket_queries.follow_ups(session, person(user), ticket.id),
        "newer": _newer(session, ticket, draft, user),
        "first": next((entry.comment for entry in conversation if entry.comment), None),
        "trail": customer_journey(queries.trail(session, ticket), whole),
        "articles": [(link, whole.articles.get(link.slug), short_version(link.digest, link.commit)) for link in ticket.articles],
        "previous": queries.previous_tickets(session, person(user), ticket),
        "mail_troubles": _mail_troubles(session, ticket.id),
        "properties": shown,
        "differences": differences(shown, draft.seen),
        "next_statuses": [value for value in ("pending", "solved") if value in next_statuses(ticket) and value != ticket.status]
        if Permission.CHANGE_TICKETS in user.permissions
        else [],
    }


def composer_context(request: Request, session: Session, user: User, ticket: Ticket, draft: Draft, *, now: datetime) -> dict[str, Any]:
    """Return the context of `desk/_composer.html`, on whichever page it is."""
    settings = request.app.state.settings
    nonce = read_nonce(site_key(request), draft.nonce)
    if Permission.REPLY not in user.permissions:
        draft = replace(draft, is_public=False)
    return {
        "user": user,
        "may": user.permissions,
        "ticket": ticket,
        "sends_mail": settings.sends_mail,
        "place": place(request, session, user, ticket.id),
        "draft": draft if nonce is not None else replace(draft, nonce=new_nonce(site_key(request), now)),
        "kept": [file for file in ticket_queries.pending_uploads(session, nonce.value) if file.token in draft.kept] if nonce and draft.kept else [],
        "chosen": [article for slug in draft.articles if (article := open_article(request, slug))],
        "found": find_articles(request, draft.article_query) if "find" in request.query_params else None,
        "next_statuses": [],
        "page_name": secrets.token_urlsafe(12),
        "errors": draft.errors,
        "limits": {"files": settings.attachments_max, "file_mb": settings.attachment_mb, "total_mb": settings.attachments_total_mb},
        "flash": flash(request),
        "done_at": done_at(request),
        "can_restore": "discarded" in request.query_params.getlist("done") and draft.is_empty and stored_draft(session, user.id, ticket.id) is not None,
    }


def draft_to_show(request: Request, session: Session, user: User, ticket_id: int) -> Draft:
    """Return the draft that is kept, whose errors are shown once, after the form was sent; an empty one where there is none."""
    draft = load(session, user.id, ticket_id) or Draft()
    return draft if "problem" in request.query_params else replace(draft, errors={})


def _newer(session: Session, ticket: Ticket, draft: Draft, user: User) -> frozenset[int]:
    """Return the ids of the messages that others wrote since the draft's page was made."""
    if not draft.has_content or not 0 < draft.version < ticket.version:
        return frozenset()
    audits = [audit for audit in ticket_queries.audits_since(session, ticket.id, draft.version) if audit.actor_id != user.id]
    return frozenset(event.comment_id for audit in audits for event in audit.events if isinstance(event, Commented))


def _mail_troubles(session: Session, ticket_id: int) -> list[tuple[bool, str]]:
    """Return of each mail that did not go out whether it was given up, and why."""
    jobs = [job for job in troubled_jobs(session, ticket_id) if job.kind.startswith("mail.")]
    return [(job.failed_at is not None, failures.shown(job.last_error or "")) for job in jobs]
